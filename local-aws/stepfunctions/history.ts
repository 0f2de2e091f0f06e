import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import type { Core } from '../core/core';
import { lambdaInvoke, type State, type TaskState } from './definition';

/** What happened in an execution, in order, in the terms of GetExecutionHistory. */
export class History {
  readonly events: HistoryEvent[] = [];

  constructor(private readonly core: Core) {}

  add(type: HistoryEventType, details: Partial<HistoryEvent> = {}): void {
    const id = this.events.length + 1;
    this.events.push({
      timestamp: new Date(this.core.clock.now()),
      type,
      id,
      previousEventId: id - 1,
      ...details,
    });
  }

  entered(name: string, state: State, data: unknown): void {
    const stateEnteredEventDetails = { name, input: JSON.stringify(data) };
    this.add(`${state.Type}StateEntered`, { stateEnteredEventDetails });
  }

  exited(name: string, state: State, data: unknown): void {
    if (state.Type === 'Fail') return;
    const stateExitedEventDetails = { name, output: JSON.stringify(data) };
    this.add(`${state.Type}StateExited`, { stateExitedEventDetails });
  }

  /** A task's events are named after its kind, and so are their details. */
  task(
    { Resource }: TaskState,
    what: 'Scheduled' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut',
    { input, ...rest }: { input?: string; output?: string; error?: string; cause?: string },
  ): void {
    if (Resource === lambdaInvoke) {
      const call = { resourceType: 'lambda', resource: 'invoke', ...rest };
      const scheduled = { region: this.core.region, parameters: input };
      const details = what === 'Scheduled' ? { ...call, ...scheduled } : call;
      this.add(`Task${what}`, { [`task${what}EventDetails`]: details });
      return;
    }
    const details = what === 'Scheduled' ? { resource: Resource, input } : rest;
    // A function's start has no details in AWS's shapes.
    this.add(
      `LambdaFunction${what}`,
      what === 'Started' ? {} : { [`lambdaFunction${what}EventDetails`]: details },
    );
  }
}
