import { isMixed } from '../rollout/mixing';
import type { RolloutSpec } from '../rollout/properties';
import type { PreflightSubject } from './subject';

/**
 * What a preflight is about right before a refresh starts. The deployment has changed the target group by
 * then, and the rollout looks after its alarms itself.
 */
export function lastLook(spec: RolloutSpec): PreflightSubject {
  const { groupName, ledgerTable, target, releaseFacts, origin } = spec;
  const { minHealthyPercentage, maxHealthyPercentage } = spec;
  return {
    groupName,
    ledgerTable,
    target,
    release: releaseFacts,
    pinnedRevision: origin.kind === 'undo' ? origin.of : undefined,
    minHealthyPercentage,
    maxHealthyPercentage,
    isMixed: isMixed(spec, spec.gates),
    alarmNames: [],
  };
}
