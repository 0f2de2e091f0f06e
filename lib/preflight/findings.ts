import type { Finding } from './finding';
import { groupFindings } from './group-findings';
import { imageFindings } from './image-findings';
import { releaseFindings } from './release-findings';
import type { PreflightObserved, PreflightSubject } from './subject';

/**
 * All that would make the rollout, or its way back, fail, from what was observed and the time alone.
 * @param now milliseconds since the epoch
 */
export function findings(
  subject: PreflightSubject,
  observed: PreflightObserved,
  now: number,
): readonly Finding[] {
  const { group } = observed;
  const ledger: readonly Finding[] = observed.isLedgerThere
    ? []
    : [
        {
          code: 'ledger-missing',
          message: `There is no DynamoDB table ${subject.ledgerTable}, in which rollouts are kept: deploy the stack with the ledger first, or name its table with -c ledgerTable=NAME.`,
        },
      ];
  // The first deployment replaces nothing.
  if (!group) return ledger;
  return [
    ...ledger,
    ...releaseFindings(subject, observed),
    ...imageFindings(subject, observed, group, now),
    ...groupFindings(subject, observed, group),
  ];
}
