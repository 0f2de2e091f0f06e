import type { OpenRollout } from '../ledger/types';
import type { Action } from './action';
import { sentences } from './fleet';
import { quoteOf } from './machine-console';
import type { Observed } from './observe';

/** What is seen of the first sick machine goes into the ledger before the machine is replaced. */
export function withFindings(
  wait: Action & { kind: 'wait' },
  { findings, console }: Observed,
  open: OpenRollout | undefined,
): Action {
  if (!open || !findings?.machine || !console) return wait;
  const message = sentences(findings.machine, quoteOf(console));
  return { ...wait, event: { kind: 'Evidence', by: 'rollout', message, revision: open.revision } };
}
