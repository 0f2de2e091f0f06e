import { expectTold, type LongRunning, type Outcome, type Round } from '../custom-resource/step';
import { key } from '../rollout/fleet';
import type { LaunchClients, PreflightClients } from './clients';
import { type Finding, patienceMs, report, without } from './finding';
import { findings } from './findings';
import { observePreflight } from './observe';
import { observeLaunch } from './observe-launch';
import { type PreflightSpec, preflightSpec } from './properties';
import { type Questions, questionsOf } from './questions';
import { nameOf, wantedRelease } from './release-findings';
import { rootDeviceGoingBack, rootDeviceOf } from './root-device';
import { isNumbered, type PreflightObserved, type PreflightSubject, targetOf } from './subject';

/** Looks for all that would make a deployment's rollout fail, before the deployment changes anything. */
export function preflight(clients: PreflightClients & LaunchClients): LongRunning<PreflightSpec> {
  return {
    parse: preflightSpec,
    async step(round) {
      if (round.requestType === 'Delete') return succeed('There is nothing to look for.');
      // What the stack rolls back to was deployed before; refusing it could only leave the stack stuck.
      if (round.isGoingBack) {
        const { name, message } = await rootDeviceGoingBack(clients, round.spec.subject);
        return succeed(message, name);
      }
      const observed = await observePreflight(clients, round.spec.subject);
      expectTargetTold(round, observed);
      const questions = questionsOf(round, observed);
      const { subject = round.spec.subject } = observed;
      const { launch } = subject;
      if (!launch) return decidePreflight(round, observed, questions);
      const question = { subject, launch, stackId: round.stackId, isStarting: questions.isStarting };
      return decidePreflight(
        round,
        {
          ...observed,
          launch: {
            ...(await observeLaunch(clients, question, observed)),
            isBaseUsed: questions.isBaseUsed,
          },
        },
        questions,
      );
    },
  };
}

/** The version that the rollout goes to was made a moment ago; where it is not told of, all about it would be. */
function expectTargetTold(round: Round<PreflightSpec>, observed: PreflightObserved): void {
  const { subject = round.spec.subject, templates, group } = observed;
  const target = targetOf(subject, observed);
  if (group && target && isNumbered(target))
    expectTold(templates.has(key(target)), `launch template version ${target.version}`, round);
}

/**
 * A preflight's next step. What may pass by itself is waited for as long as the rollout would wait, unless
 * something else is found, which will not pass.
 */
export function decidePreflight(
  round: Round<PreflightSpec>,
  observed: PreflightObserved,
  questions: Questions,
): Outcome {
  const { subject = round.spec.subject } = observed;
  const wanted = wantedRelease(subject, observed);
  const rootDevice = rootDeviceOf(observed);
  const all = findings(subject, observed, round.now, questions.isReplacing);
  // Who rolls back to a kept revision is told what is doubtful, and not refused for it.
  const doubtful = subject.pinnedRevision === undefined ? [] : ['ebs-key-unread'];
  const refusing = without([...round.spec.acceptedFindings, ...doubtful], all);
  if (refusing.length === 0) {
    const message = [summary(all, observed, questions), newBaseImage(subject, observed)].filter(Boolean);
    return succeed(message.join(' '), rootDevice);
  }
  if (refusing.every((finding) => round.now < round.startedAt + patienceMs(finding)))
    return { kind: 'wait', seconds: 15, message: refusing.map(({ message }) => message).join(' ') };
  const what = wanted ? nameOf(wanted) : `revision ${subject.pinnedRevision}`;
  const refused = observed.group
    ? `The rollout of ${what} to ${subject.groupName} is refused, and nothing was changed.`
    : `The first deployment of ${what} to ${subject.groupName} is refused.`;
  return { kind: 'fail', reason: `${refused} ${report(refusing)}` };
}

function summary(
  accepted: readonly Finding[],
  { group, inService }: PreflightObserved,
  { isReplacing }: Questions,
) {
  if (accepted.length > 0) return `Accepted: ${accepted.map(({ code }) => code).join(', ')}.`;
  if (!group) return 'Nothing was found against starting machines.';
  if (!isReplacing && inService) return `${nameOf(inService.release)} is in service already.`;
  return 'Nothing was found against the rollout.';
}

/** What comes with the rollout besides what was asked for. */
function newBaseImage(
  { launch, pinnedRevision }: PreflightSubject,
  { inService }: PreflightObserved,
): string | undefined {
  const [now, before] = [launch?.baseImage.id, inService?.baseImageId];
  if (pinnedRevision !== undefined || !now || !before || now === before) return undefined;
  return `The base image changes from ${before} to ${now}.`;
}

/** @param rootDevice device name of the base image's root volume */
function succeed(message: string, rootDevice?: string): Outcome {
  return { kind: 'succeed', data: rootDevice === undefined ? {} : { RootDeviceName: rootDevice }, message };
}
