import type { DescribeStackEventsOutput } from '@aws-sdk/client-cloudformation';
import type { ResourceRequest } from './protocol';
import { isResourceBusy } from './stack-status';

/** The last that a stack's events tell of a resource. */
export interface ResourceEvent {
  /** `UPDATE_IN_PROGRESS` */
  readonly status: string;
  /** What the resource is made or changed with, as JSON; absent where CloudFormation does not say. */
  readonly properties?: string;
}

/** CloudFormation has given a request up, or answered it itself, before the entry came to it. */
export class NotAwaited extends Error {
  override readonly name = 'NotAwaited';
}

/**
 * Whether CloudFormation still waits for a request. Lambda may run the entry twice, and runs it again minutes
 * after an attempt that failed; by then the deployment may have been cancelled, and what is done for the request
 * then nobody follows. The same resource may even be on its way back: then the events name other properties.
 */
export function isAwaited(request: ResourceRequest, event: ResourceEvent | undefined): boolean {
  if (!event) return true;
  if (!isResourceBusy(event.status)) return false;
  const { ResourceProperties: wanted, OldResourceProperties: old } = request;
  const told = parsed(event.properties);
  if (!told || !old) return true;
  const changed = Object.keys({ ...wanted, ...old }).filter((name) => text(wanted[name]) !== text(old[name]));
  return changed.length === 0 || changed.some((name) => text(told[name]) === text(wanted[name]));
}

/** Looks through a stack's events, newest first, for the last one of a resource. */
export async function newestEvent(
  read: (nextToken: string | undefined) => Promise<DescribeStackEventsOutput>,
  logicalId: string,
): Promise<ResourceEvent | undefined> {
  let token: string | undefined;
  do {
    const { StackEvents = [], NextToken } = await read(token);
    const event = StackEvents.find(({ LogicalResourceId }) => LogicalResourceId === logicalId);
    if (event) return { status: event.ResourceStatus ?? '', properties: event.ResourceProperties };
    token = NextToken;
  } while (token);
  return undefined;
}

function parsed(properties: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(properties ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // CloudFormation cuts properties that are long: what is no JSON any more tells nothing.
    return undefined;
  }
}

/** Requests have numbers and truth values as texts, events may have them as they are. */
function text(value: unknown): string {
  return (
    JSON.stringify(value, (_, member) =>
      typeof member === 'number' || typeof member === 'boolean' ? String(member) : member,
    ) ?? ''
  );
}
