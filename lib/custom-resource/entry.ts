import { isAwaited, NotAwaited, type ResourceEvent } from './awaited';
import type { StepFunction } from './bundle';
import { answerBody, type ResourceRequest } from './protocol';
import { isStackGoingBack } from './stack-status';
import { untilPermitted } from './until-permitted';

/** What the entry calls. */
export interface EntryClients {
  /**
   * Starts an execution.
   * @throws ExecutionAlreadyExists when one of that name has already ended
   */
  startExecution(stateMachineArn: string, name: string, input: string): Promise<void>;
  /** Status of a stack: `UPDATE_IN_PROGRESS`. */
  stackStatus(stackId: string): Promise<string>;
  /** The last that the stack's events tell of one of its resources; undefined when they tell nothing. */
  newestEvent(stackId: string, logicalId: string): Promise<ResourceEvent | undefined>;
  deliver(url: string, body: string): Promise<void>;
  /** Waits between two attempts of a call that is denied. */
  sleep(ms: number): Promise<void>;
}

/** A kind of resource, as the entry knows it. */
interface Kind {
  /** Its step function, which its state machine is named after. */
  readonly step: StepFunction;
  parse(properties: Readonly<Record<string, unknown>>): unknown;
}

/** Kinds of resources by resource type. */
export type Kinds = Readonly<Record<string, Kind>>;

/**
 * Takes a request of CloudFormation's: checks it, and starts the state machine of its kind under the
 * request's id, so that a repeated request starts nothing twice. What is wrong is answered at once.
 * @param stateMachinePrefix what the ARNs of the stack's state machines begin with
 * @throws what may be gone with the next attempt, and NotAwaited
 */
export async function enter(
  request: ResourceRequest,
  kinds: Kinds,
  stateMachinePrefix: string,
  clients: EntryClients,
): Promise<void> {
  try {
    await start(request, kinds, stateMachinePrefix, clients);
  } catch (error) {
    if (isPassing(error) || error instanceof NotAwaited) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    await clients.deliver(request.ResponseURL, answerBody(request, { kind: 'fail', reason }));
  }
}

/**
 * Whether an error of a call may be gone with the next attempt, which Lambda makes after one and after two
 * minutes. It is no reason for an answer: where the answer to StartExecution was lost, the execution runs,
 * and a failure told now would leave its rollout to itself.
 */
function isPassing(error: unknown): boolean {
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (/throttl|TooManyRequests/i.test(name)) return true;
  const isOfCall = $metadata !== undefined || /Timeout|Network|ECONN|ConnectionLost/i.test(name);
  const status = $metadata?.httpStatusCode;
  return isOfCall && (status === undefined || status >= 500);
}

async function start(
  request: ResourceRequest,
  kinds: Kinds,
  stateMachinePrefix: string,
  clients: EntryClients,
): Promise<void> {
  const kind = kinds[request.ResourceType];
  if (!kind) {
    // What an update to a later version had created and its rollback deletes, when this function is back already.
    if (request.RequestType === 'Delete') {
      await clients.deliver(
        request.ResponseURL,
        answerBody(request, { kind: 'succeed', data: {}, message: 'There is nothing to delete.' }),
      );
      return;
    }
    throw new Error(
      `There is no resource type ${request.ResourceType} here; there are ${Object.keys(kinds).join(', ')}.`,
    );
  }
  if (request.RequestType !== 'Delete') kind.parse(request.ResourceProperties);
  const permitted = <T>(call: () => Promise<T>) => untilPermitted(call, clients.sleep);
  const isGoingBack =
    request.RequestType === 'Update' &&
    isStackGoingBack(await permitted(() => clients.stackStatus(request.StackId)));
  if (request.RequestType !== 'Delete') {
    const event = await permitted(() => clients.newestEvent(request.StackId, request.LogicalResourceId));
    // Thrown, and so looked at again after a minute: the events may be behind.
    if (!isAwaited(request, event))
      throw new NotAwaited(
        `CloudFormation does not wait for this request: ${request.LogicalResourceId} is ${event?.status}.`,
      );
  }
  const input = JSON.stringify({ request, isGoingBack, step: { note: '' } });
  try {
    await permitted(() => clients.startExecution(stateMachinePrefix + kind.step, request.RequestId, input));
  } catch (error) {
    // The request came a second time, after its execution had ended: it was answered then.
    if ((error as Error).name !== 'ExecutionAlreadyExists') throw error;
  }
}
