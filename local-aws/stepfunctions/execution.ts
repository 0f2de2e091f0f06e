import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import type { Principal } from '../core/principal';
import { openSession } from '../sts/session';
import { holds } from './choice';
import type { Definition, State, TaskState, WaitState } from './definition';
import { History } from './history';
import { readPath } from './json-path';
import { catcherOf, Retries } from './retry';
import { type Exit, failureOf, leave, place, select } from './state-data';
import { runtimeError, StateError } from './state-error';
import { runTask } from './task';
import { fillTemplate, type Scope } from './template';

/** Calls back after so many milliseconds of real time, unless it is cancelled before. */
export type RealTimer = (ms: number, callback: () => void) => Timer;

/** What is executed, and with what. */
export interface ExecutionSpec {
  readonly arn: string;
  readonly name: string;
  /** As JSON text. */
  readonly input: string;
  /** The state machine as it is when the execution starts; later changes do not reach it. */
  readonly stateMachine: {
    readonly arn: string;
    readonly name: string;
    readonly roleArn: string;
    readonly text: string;
    readonly definition: Definition;
    readonly updatedAt: Date;
  };
}

/** Bytes of JSON that may go from one state to the next. */
const maximumBytes = 256 * 1024;

/** One run of a state machine, on the clock of the local AWS. */
export class Execution {
  readonly startedAt: Date;
  readonly history: History;
  stoppedAt: Date | undefined;
  status: ExecutionStatus = 'RUNNING';
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;

  private readonly principal: Principal;
  private readonly accessKeyId: string;
  private readonly timers = new Set<Timer>();
  private halted = false;

  /** @param onStatus called when the execution has started and when it has ended */
  constructor(
    private readonly core: Core,
    readonly spec: ExecutionSpec,
    private readonly realTimer: RealTimer,
    private readonly onStatus: (execution: Execution) => void,
  ) {
    this.startedAt = new Date(core.clock.now());
    this.history = new History(core);
    const { roleArn, definition } = spec.stateMachine;
    this.accessKeyId = openSession(core, roleArn, spec.name.slice(0, 64)).accessKeyId;
    this.principal = core.sessions.get(this.accessKeyId)!;
    if (definition.TimeoutSeconds !== undefined)
      this.after(definition.TimeoutSeconds * 1000, () => this.end('TIMED_OUT', { error: 'States.Timeout' }));
  }

  /** Begins, and returns at once. */
  start(): void {
    const { input, stateMachine } = this.spec;
    this.history.add('ExecutionStarted', {
      executionStartedEventDetails: { input, roleArn: stateMachine.roleArn },
    });
    this.onStatus(this);
    this.run().then(
      (output) => this.end('SUCCEEDED', { output: JSON.stringify(output) }),
      (error: unknown) => {
        const { error: name, cause } =
          error instanceof StateError
            ? error
            : runtimeError(error instanceof Error ? error.message : String(error));
        this.end('FAILED', { error: name, cause });
      },
    );
  }

  /** StopExecution. Does nothing when it has ended already. */
  abort(error: string | undefined, cause: string | undefined): void {
    this.end('ABORTED', { error, cause });
  }

  /** Leaves everything as it is, for the end of the local AWS. */
  halt(): void {
    this.halted = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }

  private end(
    status: 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT',
    result: { output?: string; error?: string; cause?: string },
  ): void {
    if (this.status !== 'RUNNING') return;
    this.halt();
    this.core.sessions.delete(this.accessKeyId);
    this.status = status;
    this.stoppedAt = new Date(this.core.clock.now());
    this.output = result.output;
    this.error = result.error;
    this.cause = result.cause;
    const failure = { error: result.error, cause: result.cause };
    switch (status) {
      case 'SUCCEEDED':
        this.history.add('ExecutionSucceeded', { executionSucceededEventDetails: { output: result.output } });
        break;
      case 'FAILED':
        this.history.add('ExecutionFailed', { executionFailedEventDetails: failure });
        break;
      case 'ABORTED':
        this.history.add('ExecutionAborted', { executionAbortedEventDetails: failure });
        break;
      case 'TIMED_OUT':
        this.history.add('ExecutionTimedOut', { executionTimedOutEventDetails: failure });
        break;
    }
    this.onStatus(this);
  }

  private async run(): Promise<unknown> {
    const { definition } = this.spec.stateMachine;
    let name = definition.StartAt;
    let data: unknown = JSON.parse(this.spec.input);
    for (;;) {
      const state = definition.States[name]!;
      this.history.entered(name, state, data);
      const { next, output } = await this.visit(name, state, data);
      // It was stopped, or timed out, while the state was at work: what the state gave is not used.
      if (this.status !== 'RUNNING') return undefined;
      if (Buffer.byteLength(JSON.stringify(output)) > maximumBytes)
        throw new StateError(
          'States.DataLimitExceeded',
          `The state '${name}' returned a result with a size exceeding the maximum number of bytes.`,
        );
      this.history.exited(name, state, output);
      if (next === undefined) return output;
      name = next;
      data = output;
    }
  }

  private async visit(name: string, state: State, raw: unknown): Promise<Exit> {
    const context = this.contextOf(name);
    const effective = state.Type === 'Fail' ? raw : select(state.InputPath, raw);
    const scope: Scope = { input: effective, context };
    switch (state.Type) {
      case 'Task':
        return this.visitTask(state, raw, scope, context);
      case 'Pass': {
        const given = state.Parameters === undefined ? effective : fillTemplate(state.Parameters, scope);
        const result = state.Result === undefined ? given : state.Result;
        return leave(state, place(state.ResultPath, raw, result));
      }
      case 'Wait':
        await this.sleep(this.waitMs(state, effective));
        return leave(state, effective);
      case 'Choice': {
        const next = state.Choices.find((rule) => holds(rule, effective))?.Next ?? state.Default;
        if (next === undefined)
          throw new StateError('States.NoChoiceMatched', `No rule of the state '${name}' holds.`);
        return { next, output: select(state.OutputPath, effective) };
      }
      case 'Succeed':
        return { next: undefined, output: select(state.OutputPath, effective) };
      case 'Fail':
        throw failureOf(state, scope);
    }
  }

  private async visitTask(
    state: TaskState,
    raw: unknown,
    scope: Scope,
    context: ReturnType<Execution['contextOf']>,
  ): Promise<Exit> {
    const retries = new Retries(state.Retry ?? []);
    for (;;) {
      try {
        context.State.RetryCount = retries.count;
        const input = state.Parameters === undefined ? scope.input : fillTemplate(state.Parameters, scope);
        const answer = await this.attempt(state, input);
        const result =
          state.ResultSelector === undefined
            ? answer
            : fillTemplate(state.ResultSelector, { input: answer, context: scope.context });
        return leave(state, place(state.ResultPath, raw, result));
      } catch (error) {
        if (!(error instanceof StateError) || this.status !== 'RUNNING') throw error;
        const wait = retries.next(error);
        if (wait !== undefined) {
          await this.sleep(wait);
          continue;
        }
        const catcher = catcherOf(state.Catch, error);
        if (!catcher) throw error;
        const caught = { Error: error.error, Cause: error.cause };
        return { next: catcher.Next, output: place(catcher.ResultPath, raw, caught) };
      }
    }
  }

  private async attempt(state: TaskState, input: unknown): Promise<unknown> {
    this.history.task(state, 'Scheduled', { input: JSON.stringify(input) });
    this.history.task(state, 'Started', {});
    try {
      const work = runTask(this.core, this.principal, state.Resource, input);
      const answer = await this.limited(work, state.TimeoutSeconds);
      if (this.status === 'RUNNING')
        this.history.task(state, 'Succeeded', { output: JSON.stringify(answer) });
      return answer;
    } catch (error) {
      if (error instanceof StateError && this.status === 'RUNNING')
        this.history.task(state, error.error === 'States.Timeout' ? 'TimedOut' : 'Failed', {
          error: error.error,
          cause: error.cause,
        });
      throw error;
    }
  }

  /** A function does real work, so its limit counts real time, as the function's own does. */
  private limited<T>(work: Promise<T>, seconds: number | undefined): Promise<T> {
    if (seconds === undefined) return work;
    return new Promise((resolve, reject) => {
      const timer = this.realTimer(seconds * 1000, () => {
        this.timers.delete(timer);
        reject(new StateError('States.Timeout', `The task took longer than ${seconds} s.`));
      });
      this.timers.add(timer);
      const done = () => {
        timer.cancel();
        this.timers.delete(timer);
      };
      work.then(resolve, reject).finally(done);
    });
  }

  private waitMs(state: WaitState, input: unknown): number {
    const timestamp =
      state.TimestampPath === undefined ? state.Timestamp : readPath(state.TimestampPath, input);
    if (timestamp !== undefined) return Date.parse(String(timestamp)) - this.core.clock.now();
    const seconds = state.SecondsPath === undefined ? state.Seconds : readPath(state.SecondsPath, input);
    if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0)
      throw runtimeError(`The seconds of a Wait are an integer from 0 up; found ${JSON.stringify(seconds)}.`);
    return seconds * 1000;
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  private after(ms: number, callback: () => void): void {
    if (this.halted) return;
    const timer = this.core.clock.after(ms, () => {
      this.timers.delete(timer);
      callback();
    });
    this.timers.add(timer);
  }

  private contextOf(state: string) {
    const { arn, name, input, stateMachine } = this.spec;
    return {
      Execution: {
        Id: arn,
        Input: JSON.parse(input) as unknown,
        Name: name,
        RoleArn: stateMachine.roleArn,
        StartTime: this.startedAt.toISOString(),
        RedriveCount: 0,
      },
      State: { EnteredTime: new Date(this.core.clock.now()).toISOString(), Name: state, RetryCount: 0 },
      StateMachine: { Id: stateMachine.arn, Name: stateMachine.name },
    };
  }
}
