import type { Finding } from './finding';
import { groupFindings } from './group-findings';
import { imageFindings } from './image-findings';
import { launchFindings } from './launch-findings';
import { releaseFindings } from './release-findings';
import type { PreflightObserved, PreflightSubject } from './subject';

/**
 * All that would make the rollout, or its way back, fail, from what was observed and the time alone.
 * @param now milliseconds since the epoch
 * @param isReplacing whether machines of a group that is there will be replaced
 */
export function findings(
  subject: PreflightSubject,
  observed: PreflightObserved,
  now: number,
  isReplacing = true,
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
  const starting = [...ledger, ...launchFindings(subject, observed)];
  if (!group || !isReplacing) return starting;
  return [
    ...starting,
    ...releaseFindings(subject, observed),
    ...imageFindings(subject, observed, group, now),
    ...groupFindings(subject, observed, group),
  ];
}
