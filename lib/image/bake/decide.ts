import { BUDGET_SECONDS, type Outcome, type Round } from '../../custom-resource/step';
import { type Build, isOurs, isRemainder, type LeftImage } from './build';
import { buildStage } from './build-status';
import type { BakeObserved } from './observe';
import type { BakedImageSpec } from './properties';
import { deploymentStart, isLastPart, isOverdue } from './timing';

/**
 * How long EC2 may not tell of an AMI, or its tags, that are there: it promises no time.
 * https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
const UNSEEN_MS = 2 * 60_000;

/** What to do next. */
export type BakeAction =
  | Outcome
  | { readonly kind: 'start' }
  /** Ends builds; `afterwards` is what comes of it once AWS has taken that. */
  | { readonly kind: 'cancel'; readonly builds: readonly string[]; readonly afterwards: Outcome }
  /** Removes AMIs that builds have left. */
  | { readonly kind: 'remove'; readonly images: readonly LeftImage[]; readonly afterwards: Outcome };

/** The next action, from what was observed and the time alone. */
export function decideBake(round: Round<BakedImageSpec>, observed: BakeObserved): BakeAction {
  const isDelete = round.requestType === 'Delete';
  const end = isDelete || round.isGoingBack ? decideEnd(round, observed) : undefined;
  if (end) return end;
  if (isDelete) return removing(observed, succeedWith({}, 'The AMI is kept: going back takes it.'));
  return decideForward(round, observed);
}

/**
 * What of a bake has to end before the stack can continue: its machine is in the stack's subnets, and its components are
 * the stack's. Nothing when all of it has ended.
 */
function decideEnd(round: Round<BakedImageSpec>, observed: BakeObserved): BakeAction | undefined {
  const isDelete = round.requestType === 'Delete';
  const running = observed.builds.filter(({ status }) => buildStage(status) === 'running');
  const remainders = running.filter((build) => isRemainder(build, isDelete));
  const others = isDelete ? running.filter(({ request }) => request === undefined) : [];
  const left = [...remainders, ...others].map(({ arn, status }) => `${arn} is ${status}`);
  const machines = observed.machines.map((id) => `machine ${id} is not terminated yet`);
  const message = [...left, ...machines].join('; ');
  if (message === '') return undefined;
  if (round.now >= round.answerBy) {
    // Rolling back is not to fail for what is in nobody's way there.
    if (!isDelete) return undefined;
    return {
      kind: 'fail',
      reason: `Builds of the image pipeline have not ended within ${BUDGET_SECONDS / 60} minutes, and their machines are in the subnets: ${message}. Delete the stack again once they have.`,
    };
  }
  const afterwards: Outcome = { kind: 'wait', seconds: 15, message };
  return remainders.length > 0
    ? { kind: 'cancel', builds: remainders.map(({ arn }) => arn), afterwards }
    : afterwards;
}

function decideForward(round: Round<BakedImageSpec>, observed: BakeObserved): BakeAction {
  const { spec } = round;
  const name = `${spec.application} ${spec.version}`;
  const { image } = observed;
  const ours = observed.builds.findLast((build) => isOurs(build, round));
  const request = ours?.request ?? (spec.startedBy || round.requestId);
  if (image) {
    const isReused = image.createdAt < deploymentStart(round);
    return removing(
      observed,
      succeedWith(
        { ImageId: image.id, Reused: String(isReused), Request: request },
        `${name} is AMI ${image.id}, ${isReused ? 'baked before' : 'baked for this deployment'}.`,
      ),
    );
  }
  const stage = ours && buildStage(ours.status);
  if (ours && stage === 'failed') {
    const why =
      ours.status === 'CANCELLED' && isOverdue(round, ours.startedAt)
        ? tooLong(spec)
        : [ours.reason, observed.failure].filter(Boolean).join(' ');
    return removing(observed, {
      kind: 'fail',
      reason: `The bake of ${name} (${ours.arn}) ended as ${ours.status}. ${why}`.trim(),
    });
  }
  if (ours && (stage === 'available' || stage === 'retired')) {
    const { availableSince } = observed;
    if (availableSince !== undefined && round.now - availableSince < UNSEEN_MS)
      return {
        kind: 'wait',
        seconds: 15,
        message: `${ours.arn} is ${ours.status}, and its AMI not yet to be seen.`,
      };
    return {
      kind: 'fail',
      reason: `The bake of ${name} (${ours.arn}) ended as ${ours.status}, but there is no available AMI with the tags of its content; the distribution configuration is to set them.`,
    };
  }
  const running = observed.builds.find(
    ({ status, hasContent }) => hasContent && buildStage(status) === 'running',
  );
  if (running) return decideRunning(round, running, name, request);
  if (observed.isOver)
    return { kind: 'fail', reason: `The deployment is over: ${name} is not baked for it any more.` };
  if (round.now >= round.answerBy) {
    return isLastPart(spec)
      ? { kind: 'fail', reason: `The bake of ${name} could not begin before the time was up.` }
      : succeedWith({ Request: request }, `The bake of ${name} could not begin yet; the next part goes on.`);
  }
  return { kind: 'start' };
}

function decideRunning(
  round: Round<BakedImageSpec>,
  build: Build,
  name: string,
  request: string,
): BakeAction {
  const { spec } = round;
  const { arn, status, request: startedBy } = build;
  if (isOverdue(round, isOurs(build, round) ? build.startedAt : deploymentStart(round))) {
    const reason = `The bake of ${name} (${arn}) is ${status}. ${tooLong(spec)}`;
    // What somebody else has started is not ours to end.
    return startedBy === undefined
      ? { kind: 'fail', reason }
      : { kind: 'cancel', builds: [arn], afterwards: { kind: 'fail', reason } };
  }
  if (round.now >= round.answerBy)
    return succeedWith({ Request: request }, `${arn} is ${status}; the next part waits for it.`);
  return {
    kind: 'wait',
    seconds: round.now - round.startedAt < 60_000 ? 15 : 30,
    message: `${arn} is ${status}.`,
  };
}

function tooLong({ timeoutMinutes }: BakedImageSpec): string {
  return `It takes longer than the ${timeoutMinutes} minutes that it is given (imageBuildTimeoutMinutes), and is cancelled.`;
}

function removing({ left }: BakeObserved, afterwards: Outcome): BakeAction {
  return left.length > 0 ? { kind: 'remove', images: left, afterwards } : afterwards;
}

function succeedWith(data: Readonly<Record<string, string>>, message: string): Outcome {
  return { kind: 'succeed', data, message };
}
