/** How image builds end that do not end well: by chance, in each of the ways that Image Builder has. */
import type { Image } from '@aws-sdk/client-ec2';
import {
  CancelImageCreationCommand,
  type ImagePipeline,
  type ImageSummary,
} from '@aws-sdk/client-imagebuilder';
import type { Random } from '../../local-aws/core/random';
import type { World } from './world';

/** A build that was made to end badly. */
export interface BrokenBuild {
  readonly how: 'fails' | 'fails its tests' | 'is cancelled by somebody else';
  /** What the deployment has to say of it. */
  readonly reason: string;
}

const FAILURE = 'Error: Unable to find a match: nodejs222';
const TEST_FAILURE = '/health answered 404';
const ENDED = ['AVAILABLE', 'FAILED', 'CANCELLED'];

/** What becomes of builds. */
export class BuildEndings {
  /** In the order in which they happened. */
  readonly broken: BrokenBuild[] = [];
  private failing: BrokenBuild['how'] | undefined;

  /** @param random absent: every build ends well */
  constructor(
    private readonly world: World,
    private readonly random: Random | undefined,
  ) {}

  /** Lets somebody cancel what is built some time after a build was started. */
  watch(): void {
    const { world, random } = this;
    world.tap('imagebuilder', 'StartImagePipelineExecution', () => {
      if (!random?.chance(0.12)) return;
      world.clock.after(random.whole(1, 1_300) * 1000, () => void this.cancel());
    });
  }

  /** Why a bake fails; undefined when it does not. Asked once for each, before `testFailure`. */
  bakeFailure(): string | undefined {
    const { random } = this;
    if (!random) return undefined;
    this.failing = random.weighted([
      [8, undefined],
      [1, 'fails'],
      [1, 'fails its tests'],
    ] as const);
    if (this.failing !== 'fails') return undefined;
    this.breaks({ how: 'fails', reason: FAILURE });
    return FAILURE;
  }

  /** Why the test phase of what was baked last fails; undefined when it does not. */
  testFailure(): string | undefined {
    if (this.failing !== 'fails its tests') return undefined;
    this.breaks({ how: 'fails its tests', reason: TEST_FAILURE });
    return TEST_FAILURE;
  }

  /** AMIs of the account's own. */
  images(): number {
    return this.world.peek<{ Images: Image[] }>('ec2', 'DescribeImages', { Owners: ['self'] }).Images.length;
  }

  private breaks(build: BrokenBuild): void {
    this.broken.push(build);
    this.world.faults.strike(`builds: ${build.how}`, `a build ${build.how}`);
  }

  private async cancel(): Promise<void> {
    const { core } = this.world;
    for (const { arn, state } of this.builds()) {
      if (ENDED.includes(state!.status!)) continue;
      this.breaks({ how: 'is cancelled by somebody else', reason: 'ended as CANCELLED' });
      await core.send(
        new CancelImageCreationCommand({ imageBuildVersionArn: arn, clientToken: arn!.slice(-64) }),
      );
    }
  }

  private builds(): readonly ImageSummary[] {
    const { world } = this;
    const { imagePipelineList } = world.peek<{ imagePipelineList: ImagePipeline[] }>(
      'imagebuilder',
      'ListImagePipelines',
      {},
    );
    return imagePipelineList.flatMap(
      ({ arn }) =>
        world.peek<{ imageSummaryList: ImageSummary[] }>('imagebuilder', 'ListImagePipelineImages', {
          imagePipelineArn: arn,
        }).imageSummaryList,
    );
  }
}
