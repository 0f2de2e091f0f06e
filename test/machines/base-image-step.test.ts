import type { Image } from '@aws-sdk/client-ec2';
import type { Outcome, Round } from '../../lib/custom-resource/step';
import type { Revision } from '../../lib/ledger/types';
import { type BaseImageSpec, baseImageSpec } from '../../lib/machines/base-image-properties';
import { baseImage } from '../../lib/machines/base-image-step';
import { formatRestart } from '../../lib/rollout/pin';

// Which base image a template gets, by what the ledger knows and what EC2 still has.

const AT = Date.UTC(2026, 10, 27);
const PROPERTIES = {
  NewestImageId: 'ami-newest',
  GroupName: 'fleet',
  LedgerTable: 'ledger',
  ReleaseDigest: 'b',
  Restart: '',
};
const RESTART = formatRestart({ by: 'operator', at: '2026-11-27T00:00:00Z' });
const RESTART_NEWEST = formatRestart({ by: 'operator', at: '2026-11-27T00:00:00Z', newestBase: true });

function revision(
  number: number,
  digest: string,
  baseImageId: string | undefined,
  kind: 'Complete' | 'RolledBack' | 'Failed' = 'Complete',
  imageId = 'ami-baked',
): Revision {
  return {
    number,
    baseImageId,
    release: { application: 'guestbook', version: '1.0.0', digest },
    software: { imageId },
    outcome: { kind, reason: '', at: AT },
  } as Revision;
}

const image = (ImageId: string, more: Partial<Image> = {}): Image => ({
  ImageId,
  State: 'available',
  ImageOwnerAlias: 'amazon',
  ...more,
});

interface Case {
  readonly revisions?: readonly Revision[];
  readonly images?: readonly Image[];
  readonly properties?: Partial<typeof PROPERTIES>;
  readonly old?: Partial<typeof PROPERTIES>;
  readonly round?: Partial<Round<BaseImageSpec>>;
}

async function chosen({ revisions = [], images = [], properties, old, round }: Case): Promise<string> {
  const kind = baseImage({
    ledger: () => ({ revisions: async () => revisions }),
    ec2: {
      async describeImages({ Filters = [], IncludeDeprecated }) {
        expect(IncludeDeprecated).toBe(true);
        const ids = Filters.flatMap(({ Values }) => Values ?? []);
        return { Images: images.filter(({ ImageId }) => ids.includes(ImageId!)), $metadata: {} };
      },
    },
  });
  const outcome = await kind.step({
    requestType: 'Update',
    requestId: 'request',
    stackId: 'stack',
    spec: baseImageSpec({ ...PROPERTIES, ...properties }),
    oldSpec: old && baseImageSpec({ ...PROPERTIES, ...old }),
    isGoingBack: false,
    startedAt: AT,
    now: AT,
    answerBy: AT + 1,
    note: '',
    ...round,
  });
  return (outcome as Outcome & { kind: 'succeed' }).data.ImageId!;
}

const THERE = [image('ami-a'), image('ami-b'), image('ami-newest')];

test.each<[string, string, Case]>([
  ['a first deployment', 'ami-newest', { round: { requestType: 'Create' } }],
  [
    'the next release',
    'ami-newest',
    { revisions: [revision(1, 'a', 'ami-a')], images: THERE, old: { ReleaseDigest: 'a' } },
  ],
  [
    'a changed setting of the release in service',
    'ami-b',
    { revisions: [revision(1, 'a', 'ami-a'), revision(2, 'b', 'ami-b')], images: THERE, old: {} },
  ],
  [
    'a release that completed before another one',
    'ami-b',
    {
      revisions: [revision(1, 'b', 'ami-b'), revision(2, 'a', 'ami-a')],
      images: THERE,
      old: { ReleaseDigest: 'a' },
    },
  ],
  [
    'a changed setting where the base image is gone',
    'ami-newest',
    { revisions: [revision(1, 'b', 'ami-b')], images: [image('ami-newest')], old: {} },
  ],
  [
    'a changed setting where the base image is disabled',
    'ami-newest',
    { revisions: [revision(1, 'b', 'ami-b')], images: [image('ami-b', { State: 'disabled' })], old: {} },
  ],
  [
    'a release whose own base image is configured no more',
    'ami-newest',
    {
      revisions: [revision(1, 'b', 'ami-b')],
      images: [image('ami-b', { ImageOwnerAlias: undefined })],
      round: { requestType: 'Create' },
    },
  ],
  [
    'a restart',
    'ami-b',
    { revisions: [revision(1, 'b', 'ami-b')], images: [], old: {}, properties: { Restart: RESTART } },
  ],
  [
    'a restart with the newest base image',
    'ami-newest',
    {
      revisions: [revision(1, 'b', 'ami-b')],
      images: THERE,
      old: {},
      properties: { Restart: RESTART_NEWEST },
    },
  ],
  [
    'a changed setting after such a restart',
    'ami-b',
    {
      revisions: [revision(1, 'b', 'ami-b')],
      images: THERE,
      old: { Restart: RESTART_NEWEST },
      properties: { Restart: RESTART_NEWEST },
    },
  ],
  [
    'a stack that goes back to the release before',
    'ami-b',
    {
      revisions: [revision(1, 'b', 'ami-b'), revision(2, 'a', 'ami-newest', 'Failed')],
      old: { ReleaseDigest: 'a' },
      round: { isGoingBack: true },
    },
  ],
  [
    'a stack that goes back from a restart with the newest base image',
    'ami-b',
    {
      revisions: [revision(1, 'b', 'ami-b'), revision(2, 'b', 'ami-newest', 'Failed')],
      old: { Restart: RESTART_NEWEST },
      round: { isGoingBack: true },
    },
  ],
  [
    'a release that failed, tried again as the template has it',
    'ami-b',
    { revisions: [revision(1, 'b', 'ami-b', 'Failed')], images: THERE, old: {} },
  ],
  [
    'a release that failed, deployed again after another one',
    'ami-newest',
    {
      revisions: [revision(1, 'a', 'ami-a'), revision(2, 'b', 'ami-b', 'RolledBack')],
      images: THERE,
      old: { ReleaseDigest: 'a' },
    },
  ],
  [
    'a revision that does not say it, whose AMI does by its tag',
    'ami-b',
    {
      revisions: [revision(1, 'b', undefined)],
      images: [
        ...THERE,
        image('ami-baked', { Tags: [{ Key: 'image-rollouts:base-image', Value: 'ami-b' }] }),
      ],
      old: {},
    },
  ],
  [
    'a revision that does not say it, whose AMI is its base image',
    'ami-b',
    { revisions: [revision(1, 'b', undefined, 'Complete', 'ami-b')], images: THERE, old: {} },
  ],
  [
    'a revision that does not say it, whose AMI is gone',
    'ami-newest',
    { revisions: [revision(1, 'b', undefined)], images: THERE, old: {} },
  ],
])('%s gets %s', async (_, expected, given) => {
  expect(await chosen(given)).toBe(expected);
});
