import { PropertyError } from './properties';
import type { Ending, ResourceRequest } from './protocol';

/** What one round of a long-running resource ends with. */
export type Outcome =
  | Ending
  | {
      readonly kind: 'wait';
      readonly seconds: number;
      /** What is being waited for. */
      readonly message: string;
      /** Replaces the note, which the following rounds get. @default the note stays as it is */
      readonly note?: string;
    };

/** One round: what it is about, and the time. */
export interface Round<Spec> {
  readonly requestType: ResourceRequest['RequestType'];
  readonly requestId: string;
  readonly stackId: string;
  readonly spec: Spec;
  /** On Update: what the resource was before; absent when it can't be read any more. */
  readonly oldSpec?: Spec;
  /** The stack goes back to what it was before: whatever fails now has nothing left to go back to. */
  readonly isGoingBack: boolean;
  /** Times in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: number;
  /** When the request has to be answered, finished or not. */
  readonly answerBy: number;
  /**
   * What an earlier round found out and a later one will tell; it lies in the state machine and survives
   * every function. It is for reasons and messages: no decision rests on it.
   */
  readonly note: string;
}

/**
 * AWS does not tell yet of something that was made a moment ago, because what it tells is eventually consistent: the
 * round is made again some seconds later.
 */
export class NotToldYet extends Error {
  override readonly name = 'NotToldYet';
}

const NOT_TOLD_YET_SECONDS = 5;

/** How long after its beginning a request waits for what CloudFormation made before it; later that is gone. */
const TELLING_PATIENCE_MS = 60_000;

/** @throws NotToldYet when something that was made for this deployment is missing in what AWS tells, and may be told of yet */
export function expectTold(
  isTold: boolean,
  what: string,
  round: Pick<Round<unknown>, 'now' | 'startedAt'>,
): void {
  if (!isTold && round.now - round.startedAt < TELLING_PATIENCE_MS)
    throw new NotToldYet(`AWS does not tell of ${what} yet.`);
}

/** A kind of resource that takes its time. */
export interface LongRunning<Spec> {
  /** @throws PropertyError */
  parse(properties: Readonly<Record<string, unknown>>): Spec;
  /** Observes, decides, carries out at most one action. It may be run again after any call in it. */
  step(round: Round<Spec>): Promise<Outcome>;
}

/** What the state machine passes to a step function. */
export interface StepEvent {
  readonly request: ResourceRequest;
  readonly isGoingBack: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly now: string;
  readonly note: string;
}

/** What it gets back. */
export interface StepResult {
  readonly done: boolean;
  readonly waitSeconds: number;
  readonly note: string;
  readonly outcome: Outcome;
}

/**
 * How long a request may take before it has to be answered. CloudFormation waits an hour; the state
 * machine's own time-out (`STATE_MACHINE_TIMEOUT_SECONDS`) and the rule behind it come in between.
 */
export const BUDGET_SECONDS = 55 * 60;
export const STATE_MACHINE_TIMEOUT_SECONDS = 58 * 60;

/** Runs one round, and sees to it that there is an answer when the time is up. */
export async function runStep<Spec>(event: StepEvent, kind: LongRunning<Spec>): Promise<StepResult> {
  const round = roundOf(event, kind);
  const outcome: Outcome = round
    ? withinBudget(await kind.step(round).catch(againSoon), round)
    : { kind: 'succeed', data: {}, message: 'There is nothing to delete.' };
  const waits = outcome.kind === 'wait';
  return {
    done: !waits,
    waitSeconds: waits ? outcome.seconds : 0,
    note: (waits ? outcome.note : undefined) ?? event.note,
    outcome,
  };
}

function againSoon(error: unknown): Outcome {
  if (!(error instanceof NotToldYet)) throw error;
  return { kind: 'wait', seconds: NOT_TOLD_YET_SECONDS, message: error.message };
}

/** Undefined for a Delete of a resource whose properties never were valid. */
function roundOf<Spec>(event: StepEvent, kind: LongRunning<Spec>): Round<Spec> | undefined {
  const { request } = event;
  const spec = parsed(kind, request.ResourceProperties);
  if (spec instanceof PropertyError) {
    if (request.RequestType === 'Delete') return undefined;
    throw spec;
  }
  const oldSpec = request.OldResourceProperties && parsed(kind, request.OldResourceProperties);
  const startedAt = Date.parse(event.startedAt);
  return {
    requestType: request.RequestType,
    requestId: request.RequestId,
    stackId: request.StackId,
    spec,
    oldSpec: oldSpec instanceof PropertyError ? undefined : oldSpec,
    isGoingBack: event.isGoingBack,
    startedAt,
    now: Date.parse(event.now),
    answerBy: startedAt + BUDGET_SECONDS * 1000,
    note: event.note,
  };
}

function parsed<Spec>(
  kind: LongRunning<Spec>,
  properties: Readonly<Record<string, unknown>>,
): Spec | PropertyError {
  try {
    return kind.parse(properties);
  } catch (error) {
    if (error instanceof PropertyError) return error;
    throw error;
  }
}

/** The last net of all kinds; a kind that has more to say decides before. */
function withinBudget<Spec>(outcome: Outcome, round: Round<Spec>): Outcome {
  if (outcome.kind !== 'wait') return outcome;
  if (round.now < round.answerBy) {
    const left = Math.ceil((round.answerBy - round.now) / 1000);
    return { ...outcome, seconds: Math.max(1, Math.min(outcome.seconds, left)) };
  }
  return {
    kind: 'fail',
    reason: `Not finished after ${BUDGET_SECONDS / 60} minutes, and CloudFormation waits no more than an hour: ${outcome.message}`,
  };
}
