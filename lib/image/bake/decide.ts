import type { Outcome, Round } from '../../custom-resource/step';
import { buildStage } from './build-status';
import type { BakeObserved } from './observe';
import type { BakedImageSpec } from './properties';

/** What to do next. */
export type BakeAction = Outcome | { readonly kind: 'start' };

/** The next action, from what was observed and the time alone. */
export function decideBake(round: Round<BakedImageSpec>, observed: BakeObserved): BakeAction {
  const { spec } = round;
  const name = `${spec.application} ${spec.version}`;
  const { image } = observed;
  if (image) {
    const isReused = image.createdAt < round.startedAt;
    return {
      kind: 'succeed',
      data: { ImageId: image.id, Reused: String(isReused) },
      message: `${name} is AMI ${image.id}, ${isReused ? 'baked before' : 'baked for this deployment'}.`,
    };
  }
  const ours = observed.builds.find(({ isOurs }) => isOurs);
  const stage = ours && buildStage(ours.status);
  if (ours && stage === 'failed') {
    const why = [ours.reason, observed.failure].filter(Boolean).join(' ');
    return {
      kind: 'fail',
      reason: `The bake of ${name} (${ours.arn}) ended as ${ours.status}. ${why}`.trim(),
    };
  }
  if (ours && (stage === 'available' || stage === 'retired')) {
    return {
      kind: 'fail',
      reason: `The bake of ${name} (${ours.arn}) ended as ${ours.status}, but there is no available AMI with the tags of its content; the distribution configuration is to set them.`,
    };
  }
  const running = observed.builds.find(({ status }) => buildStage(status) === 'running');
  if (running) {
    if (round.now >= round.answerBy) {
      return {
        kind: 'fail',
        reason: `The bake of ${name} (${running.arn}) is ${running.status} and takes longer than a deployment may wait. It goes on; deploy again, and its image is taken.`,
      };
    }
    return {
      kind: 'wait',
      seconds: round.now - round.startedAt < 60_000 ? 15 : 30,
      message: `${running.arn} is ${running.status}.`,
    };
  }
  if (round.now >= round.answerBy)
    return { kind: 'fail', reason: `The bake of ${name} could not begin before the time was up.` };
  return { kind: 'start' };
}
