import type { Ending, ResourceRequest } from './protocol';
import type { Outcome } from './step';

/** How the state machine, or the rule that watches it, asks for an answer. */
export type AnswerEvent =
  /** A round ended with an outcome. */
  | { readonly request: ResourceRequest; readonly outcome: Outcome }
  /** The step function failed in every attempt. */
  | {
      readonly request: ResourceRequest;
      readonly error: { readonly Error?: string; readonly Cause?: string };
    }
  /** EventBridge: the execution itself ended badly, with nothing answered. */
  | {
      readonly detail: {
        readonly executionArn: string;
        readonly status: string;
        readonly input?: string;
        readonly cause?: string;
      };
    };

/** Which request to answer, and with what. */
export function endingOf(event: AnswerEvent): { request: ResourceRequest; ending: Ending } {
  if ('detail' in event) {
    const { executionArn, status, input, cause } = event.detail;
    if (!input) throw new Error(`The event about ${executionArn} carries no input: it can't be answered.`);
    const { request } = JSON.parse(input) as { request: ResourceRequest };
    const detail = cause ? `: ${messageOf(cause)}` : '.';
    return {
      request,
      ending: {
        kind: 'fail',
        reason: `${executionArn} ended as ${status} before it had answered${detail}`,
      },
    };
  }
  if ('error' in event) return { request: event.request, ending: { kind: 'fail', reason: failureOf(event) } };
  const { request, outcome } = event;
  if (outcome.kind === 'wait')
    throw new Error(`An answer was asked for, but the outcome is to wait: ${outcome.message}`);
  return { request, ending: outcome };
}

function failureOf(event: { request: ResourceRequest; error: { Error?: string; Cause?: string } }): string {
  const { Error: name, Cause: cause } = event.error;
  return cause
    ? messageOf(cause)
    : `${event.request.ResourceType} failed with ${name ?? 'an unknown error'}.`;
}

/** A function's error arrives as JSON with `errorType`, `errorMessage`, `trace`; others are plain text. */
function messageOf(cause: string): string {
  try {
    const { errorMessage, errorType } = JSON.parse(cause) as { errorMessage?: string; errorType?: string };
    if (!errorMessage) return errorType ?? cause;
    return errorType && errorType !== 'Error' ? `${errorType}: ${errorMessage}` : errorMessage;
  } catch {
    // Plain text: it is the message.
    return cause;
  }
}
