import { randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-sfn';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import type { Definition } from './definition';
import { Execution, type RealTimer } from './execution';
import { pageOfList } from './pages';
import { publishStatus } from './status-event';

/** A state machine as it is kept. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  roleArn: string;
  /** The definition as it was given. */
  text: string;
  definition: Definition;
  readonly createdAt: Date;
  updatedAt: Date;
  revisionId: string;
  loggingConfiguration?: sdk.LoggingConfiguration;
  readonly tags: Map<string, string>;
}

const maximumInputBytes = 256 * 1024;

/** The executions of all state machines, and the operations on them. */
export class Executions {
  private readonly byArn = new Map<string, Execution>();

  constructor(
    private readonly core: Core,
    private readonly machines: ReadonlyMap<string, StateMachine>,
    private readonly realTimer: RealTimer,
  ) {}

  halt(): void {
    for (const execution of this.byArn.values()) execution.halt();
  }

  operations(): Operations<typeof sdk> {
    const onExecution = ({ executionArn }: { executionArn?: string }) => [executionArn ?? '*'];
    return {
      StartExecution: {
        accepts: { stateMachineArn: true, name: true, input: true },
        resources: ({ stateMachineArn }) => [stateMachineArn ?? '*'],
        run: (input) => this.start(input),
      },
      StopExecution: {
        accepts: { executionArn: true, error: true, cause: true },
        resources: onExecution,
        run: ({ executionArn, error, cause }) => {
          const execution = this.find(executionArn);
          execution.abort(error, cause);
          return { stopDate: execution.stoppedAt };
        },
      },
      DescribeExecution: {
        accepts: { executionArn: true, includedData: only('ALL_DATA') },
        resources: onExecution,
        run: ({ executionArn }) => {
          const execution = this.find(executionArn);
          return {
            ...summary(execution),
            input: execution.spec.input,
            inputDetails: { included: true },
            output: execution.output,
            outputDetails: execution.output === undefined ? undefined : { included: true },
            error: execution.error,
            cause: execution.cause,
          };
        },
      },
      DescribeStateMachineForExecution: {
        accepts: { executionArn: true, includedData: only('ALL_DATA') },
        resources: onExecution,
        run: ({ executionArn }) => {
          const { stateMachine } = this.find(executionArn).spec;
          return {
            stateMachineArn: stateMachine.arn,
            name: stateMachine.name,
            definition: stateMachine.text,
            roleArn: stateMachine.roleArn,
            updateDate: stateMachine.updatedAt,
          };
        },
      },
      ListExecutions: {
        accepts: { stateMachineArn: true, statusFilter: true, maxResults: true, nextToken: true },
        resources: ({ stateMachineArn }) => [stateMachineArn ?? '*'],
        run: ({ stateMachineArn = '', statusFilter, ...page }) => {
          if (!this.machines.has(stateMachineArn)) throw noMachine(stateMachineArn);
          const found = [...this.byArn.values()].filter(
            ({ spec, status }) =>
              spec.stateMachine.arn === stateMachineArn &&
              (statusFilter === undefined || status === statusFilter),
          );
          const { items, next } = pageOfList(found.reverse(), page, { newestFirst: true });
          return { executions: items.map(summary), nextToken: next };
        },
      },
      GetExecutionHistory: {
        accepts: {
          executionArn: true,
          maxResults: true,
          reverseOrder: true,
          nextToken: true,
          includeExecutionData: true,
        },
        resources: onExecution,
        run: ({ executionArn, reverseOrder, includeExecutionData = true, ...page }) => {
          const events = [...this.find(executionArn).history.events];
          if (reverseOrder) events.reverse();
          const { items, next } = pageOfList(events, page, { newestFirst: reverseOrder });
          return {
            events: items.map((event) => (includeExecutionData ? event : bare(event))),
            nextToken: next,
          };
        },
      },
    };
  }

  private start(request: sdk.StartExecutionInput): sdk.StartExecutionOutput {
    const { stateMachineArn = '', name = randomUUID(), input = '{}' } = request;
    const machine = this.machines.get(stateMachineArn);
    if (!machine) throw noMachine(stateMachineArn);
    if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(name))
      throw new Fault('InvalidName', `Invalid Name: '${name}'`);
    checkInput(input);
    const arn = this.core.arn('states', `execution:${machine.name}:${name}`);
    const present = this.byArn.get(arn);
    if (present) {
      // A repeated request starts nothing twice.
      if (present.status === 'RUNNING' && present.spec.input === input)
        return { executionArn: arn, startDate: present.startedAt };
      throw new Fault('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const { name: machineName, roleArn, text, definition, updatedAt } = machine;
    const stateMachine = { arn: machine.arn, name: machineName, roleArn, text, definition, updatedAt };
    const execution = new Execution(
      this.core,
      { arn, name, input, stateMachine },
      this.realTimer,
      // An event that nobody could take changes nothing about the execution; the call's log has it.
      (changed) => void publishStatus(this.core, changed).catch(() => undefined),
    );
    this.byArn.set(arn, execution);
    execution.start();
    return { executionArn: arn, startDate: execution.startedAt };
  }

  private find(arn = ''): Execution {
    const execution = this.byArn.get(arn);
    if (!execution) throw new Fault('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }
}

function summary(execution: Execution) {
  const { spec, status, startedAt, stoppedAt } = execution;
  return {
    executionArn: spec.arn,
    stateMachineArn: spec.stateMachine.arn,
    name: spec.name,
    status,
    startDate: startedAt,
    stopDate: stoppedAt,
    redriveCount: 0,
  };
}

/** The fault for a state machine that is not there. */
export function noMachine(arn: string): Fault {
  return new Fault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

/** An event without the data that went through it. */
function bare({ timestamp, type, id, previousEventId, stateEnteredEventDetails }: sdk.HistoryEvent) {
  const name = stateEnteredEventDetails?.name;
  return {
    timestamp,
    type,
    id,
    previousEventId,
    stateEnteredEventDetails: name === undefined ? undefined : { name },
  };
}

function checkInput(input: string): void {
  let problem = Buffer.byteLength(input) > maximumInputBytes ? 'it is larger than 256 KiB' : undefined;
  try {
    JSON.parse(input);
  } catch (error) {
    problem = (error as Error).message;
  }
  if (problem !== undefined)
    throw new Fault('InvalidExecutionInput', `Invalid State Machine Execution Input: '${problem}'`);
}
