import type { DescribeImagesCommandInput, DescribeImagesCommandOutput, Image } from '@aws-sdk/client-ec2';
import type { LongRunning, Outcome, Round } from '../custom-resource/step';
import { BASE_IMAGE_TAG } from '../image/bake/build';
import type { Ledger } from '../ledger/ledger';
import type { Revision } from '../ledger/types';
import { codeOf } from '../rollout/clients';
import { type BaseImageSpec, baseImageSpec } from './base-image-properties';

/** What choosing a base image calls. The SDK's own clients fit. */
export interface BaseImageClients {
  readonly ec2: { describeImages(input: DescribeImagesCommandInput): Promise<DescribeImagesCommandOutput> };
  /** The ledger in a table. */
  ledger(tableName: string): Pick<Ledger, 'revisions'>;
}

/**
 * The base image of the release that a template names: the one that it ran with when it completed last, so that
 * machines are not moved to a newer one by a changed setting, a restart or a rollback; else the newest.
 */
export function baseImage(clients: BaseImageClients): LongRunning<BaseImageSpec> {
  return {
    parse: baseImageSpec,
    async step(round) {
      const { spec } = round;
      if (round.requestType === 'Delete') return succeed(spec.newestId, 'There is nothing to delete.');
      if (isNewestAsked(round)) return succeed(spec.newestId, 'The newest one is asked for.');
      const revision = keptRevision(round, await readRevisions(spec, clients));
      if (!revision) return succeed(spec.newestId, 'The release has none yet, and gets the newest one.');
      const name = `revision ${revision.number} of ${revision.release.application} ${revision.release.version}`;
      const kept = await baseOf(revision, clients);
      if (kept === undefined)
        return succeed(spec.newestId, `That of ${name} is not known any more; it gets the newest one.`);
      if (kept === spec.newestId) return succeed(kept, `That of ${name} is the newest one.`);
      // A restart is of what the fleet runs, and what a stack rolls back to was deployed before: the preflight
      // says what is gone, and nothing else is put in its place.
      if (round.isGoingBack || isRestart(round) || (await isThere(kept, clients)))
        return succeed(kept, `That of ${name} is kept.`);
      return succeed(
        spec.newestId,
        `${kept}, that of ${name}, is gone, or was configured before; it gets the newest one.`,
      );
    },
  };
}

function succeed(imageId: string, why: string): Outcome {
  return { kind: 'succeed', data: { ImageId: imageId }, message: `The base image is ${imageId}. ${why}` };
}

function isRestart({ spec, oldSpec }: Round<BaseImageSpec>): boolean {
  return spec.restart !== '' && oldSpec !== undefined && oldSpec.restart !== spec.restart;
}

function isNewestAsked(round: Round<BaseImageSpec>): boolean {
  return round.spec.wantsNewest && isRestart(round) && !round.isGoingBack;
}

/**
 * The revision whose base image the template's release has: its last one that completed. A template that names the
 * same release as before keeps that of its last attempt, too, as "rollout retry" needs it.
 */
function keptRevision(
  { spec, oldSpec }: Round<BaseImageSpec>,
  revisions: readonly Revision[],
): Revision | undefined {
  const own = revisions.filter(({ release }) => release.digest === spec.releaseDigest);
  const completed = own.findLast(({ outcome }) => outcome?.kind === 'Complete');
  return completed ?? (oldSpec?.releaseDigest === spec.releaseDigest ? own.at(-1) : undefined);
}

/** Without a table there is no revision; the preflight refuses that. */
async function readRevisions(
  { ledgerTable, groupName }: BaseImageSpec,
  clients: BaseImageClients,
): Promise<readonly Revision[]> {
  try {
    return await clients.ledger(ledgerTable).revisions(groupName);
  } catch (error) {
    if (codeOf(error) === 'ResourceNotFound') return [];
    throw error;
  }
}

/** A revision of before this was written down has it as its AMI's tag, or as its AMI. */
async function baseOf(
  { baseImageId, software }: Revision,
  clients: BaseImageClients,
): Promise<string | undefined> {
  if (baseImageId !== undefined) return baseImageId;
  const image = await findImage(software.imageId, clients);
  return image?.Tags?.find(({ Key }) => Key === BASE_IMAGE_TAG)?.Value ?? image?.ImageId;
}

/** One of anybody else than Amazon was configured before, and is not any more. */
async function isThere(imageId: string, clients: BaseImageClients): Promise<boolean> {
  const image = await findImage(imageId, clients);
  return image?.State === 'available' && image.ImageOwnerAlias === 'amazon';
}

/** By a filter: asked for by its id, one that is gone would be an error. */
async function findImage(imageId: string, { ec2 }: BaseImageClients): Promise<Image | undefined> {
  if (imageId === '') return undefined;
  const { Images } = await ec2.describeImages({
    Filters: [{ Name: 'image-id', Values: [imageId] }],
    IncludeDeprecated: true,
  });
  return Images?.[0];
}
