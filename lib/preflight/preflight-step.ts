import type { LongRunning, Outcome, Round } from '../custom-resource/step';
import { PATIENCE_MS } from '../rollout/timing';
import type { PreflightClients } from './clients';
import { type Finding, isPassing, report, without } from './finding';
import { findings } from './findings';
import { observePreflight } from './observe';
import { type PreflightSpec, preflightSpec } from './properties';
import { nameOf, wantedRelease } from './release-findings';
import type { PreflightObserved } from './subject';

/** Looks for all that would make a deployment's rollout fail, before the deployment changes anything. */
export function preflight(clients: PreflightClients): LongRunning<PreflightSpec> {
  return {
    parse: preflightSpec,
    step: async (round) =>
      isNeedless(round)
        ? succeed('There is nothing to look for.')
        : decidePreflight(round, await observePreflight(clients, round.spec.subject)),
  };
}

/** What the stack goes back to was deployed before; refusing it could only leave the stack stuck. */
function isNeedless(round: Round<PreflightSpec>): boolean {
  return round.requestType === 'Delete' || round.isGoingBack;
}

/**
 * A preflight's next step. What may pass by itself is waited for as long as the rollout would wait, unless
 * something else is found, which will not pass.
 */
export function decidePreflight(round: Round<PreflightSpec>, observed: PreflightObserved): Outcome {
  const { acceptedFindings } = round.spec;
  const { subject = round.spec.subject } = observed;
  const wanted = wantedRelease(subject, observed);
  // Whatever else the deployment changes: the rollout looks again, right before it replaces a machine.
  if (wanted && observed.inService?.release.digest === wanted.digest)
    return succeed(`${nameOf(wanted)} is in service already.`);
  const all = findings(subject, observed, round.now);
  const refusing = without(acceptedFindings, all);
  if (refusing.length === 0) return succeed(summary(all, observed));
  if (refusing.every(isPassing) && round.now < round.startedAt + PATIENCE_MS)
    return { kind: 'wait', seconds: 15, message: refusing.map(({ message }) => message).join(' ') };
  const what = wanted ? nameOf(wanted) : `revision ${subject.pinnedRevision}`;
  return {
    kind: 'fail',
    reason: `The rollout of ${what} to ${subject.groupName} is refused, and nothing was changed. ${report(refusing)}`,
  };
}

function summary(accepted: readonly Finding[], { group }: PreflightObserved): string {
  if (accepted.length > 0) return `Accepted: ${accepted.map(({ code }) => code).join(', ')}.`;
  return group ? 'Nothing was found against the rollout.' : 'There is no group yet that could be harmed.';
}

function succeed(message: string): Outcome {
  return { kind: 'succeed', data: {}, message };
}
