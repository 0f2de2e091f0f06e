import type * as sdk from '@aws-sdk/client-lambda';
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import { only } from '../core/accepts';
import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Call, Operations } from '../core/service';
import type { Invocation } from './function-process';
import type { FunctionRecord, Functions } from './functions';
import { checkInvoker } from './permissions';
import type { Pause, Runner } from './runner';
import { timing } from './timing';

const MAXIMUM_SYNCHRONOUS_BYTES = 6 * 1024 * 1024;
const MAXIMUM_ASYNCHRONOUS_BYTES = 1024 * 1024;
const MAXIMUM_EVENT_AGE_SECONDS = 21_600;

/** Invocations: synchronous ones, and asynchronous ones with their retries. */
export function invokeOperation(
  functions: Functions,
  runner: Runner,
  asynchronous: AsynchronousInvocations,
): NonNullable<Operations<typeof sdk>['Invoke']> {
  return {
    accepts: {
      FunctionName: true,
      InvocationType: true,
      Payload: true,
      LogType: only('None'),
      Qualifier: only('$LATEST'),
    },
    action: 'lambda:InvokeFunction',
    resources: ({ FunctionName }) => [functions.arn(FunctionName)],
    run: async (input, call: Call) => {
      const record = functions.find(input.FunctionName);
      checkInvoker(record, call.principal, call.core.account);
      const type = input.InvocationType ?? 'RequestResponse';
      const event = eventOf(input.Payload as Uint8Array | string | undefined);
      checkSize(event, type);
      const invocation = { requestId: call.requestId, event };
      switch (type) {
        case 'DryRun':
          return { StatusCode: 204 };
        case 'Event':
          asynchronous.start(record, invocation);
          return { StatusCode: 202, Payload: Uint8ArrayBlobAdapter.fromString('') };
        case 'RequestResponse': {
          const { failed, payload } = await runner.run(record, invocation);
          return {
            StatusCode: 200,
            ExecutedVersion: '$LATEST',
            FunctionError: failed ? 'Unhandled' : undefined,
            Payload: Uint8ArrayBlobAdapter.fromString(payload),
          };
        }
        default:
          throw new Fault(
            'InvalidParameterValueException',
            `The InvocationType is RequestResponse, Event or DryRun; found ${input.InvocationType}.`,
          );
      }
    },
  };
}

/** @throws Fault for an event that is larger than Lambda takes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
function checkSize(event: string, type: string): void {
  const maximum = type === 'Event' ? MAXIMUM_ASYNCHRONOUS_BYTES : MAXIMUM_SYNCHRONOUS_BYTES;
  const size = Buffer.byteLength(event);
  if (size > maximum)
    throw new Fault(
      'RequestTooLargeException',
      `${size} byte payload is too large for the ${type} invocation type (limit ${maximum} bytes)`,
      413,
    );
}

/** Invocations that nobody waits for: what fails is tried again, after modelled waits, as often as Lambda does it. */
export class AsynchronousInvocations {
  private readonly waiting = new Set<Timer>();
  private closed = false;

  constructor(
    private readonly core: Core,
    private readonly runner: Runner,
  ) {}

  start(record: FunctionRecord, invocation: Invocation): void {
    const maximumAgeMs = (record.maximumEventAgeSeconds ?? MAXIMUM_EVENT_AGE_SECONDS) * 1000;
    const retries = timing.retryMs
      .slice(0, record.maximumRetries ?? timing.retryMs.length)
      .filter((_, index, all) => sum(all.slice(0, index + 1)) <= maximumAgeMs);
    const announced = () => ({ functionName: record.name, event: JSON.parse(invocation.event) as unknown });
    for (const ms of this.core.faults.invocation?.(announced()) ?? [0]) {
      if (ms === 0) void this.attempt(record, invocation, retries);
      else this.later(ms, record, invocation, retries);
    }
  }

  /** Gives up what waits for another attempt. */
  close(): void {
    this.closed = true;
    for (const timer of this.waiting) timer.cancel();
  }

  private async attempt(
    record: FunctionRecord,
    invocation: Invocation,
    [wait, ...later]: readonly number[],
  ): Promise<void> {
    const { clock } = this.core;
    let release = clock.hold(timing.pace);
    let isOver = false;
    const pause: Pause = async (ms) => {
      release();
      await clock.sleep(ms);
      if (!isOver) release = clock.hold(timing.pace);
    };
    const failed = await this.runner.run(record, invocation, pause).then(
      (outcome) => outcome.failed,
      // The function could not even be started: an attempt that failed like any other.
      () => true,
    );
    isOver = true;
    release();
    if (failed && wait !== undefined && !this.closed) this.later(wait, record, invocation, later);
  }

  private later(
    ms: number,
    record: FunctionRecord,
    invocation: Invocation,
    retries: readonly number[],
  ): void {
    const timer = this.core.clock.after(ms, () => {
      this.waiting.delete(timer);
      void this.attempt(record, invocation, retries);
    });
    this.waiting.add(timer);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The event as JSON text. A direct call may bring text where the wire brings bytes. */
function eventOf(payload: Uint8Array | string | undefined): string {
  const text = typeof payload === 'string' ? payload : Buffer.from(payload ?? []).toString();
  if (text === '') return '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Fault(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
  return text;
}
