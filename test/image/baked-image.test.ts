import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { bakedImage } from '../../lib/image/bake/baked-image-step';
import type { BakeClients } from '../../lib/image/bake/clients';
import { Killed, runSteps } from '../custom-resource/run-steps';

const START = Date.UTC(2026, 0, 1);
const BAKE_MS = 25 * 60_000;
const PIPELINE = 'arn:aws:imagebuilder:eu-central-1:000000000000:image-pipeline/imagebased-pipeline';
/** The log of a build that failed: the failure, and the tear-down that follows it. */
const LOG = [
  'ExecuteBash: STARTED EXECUTION',
  'CmdExecution: Stderr: sha256sum: WARNING: 1 computed checksum did NOT match',
  'CmdExecution: ExitCode 1',
  'TOE has completed execution with failure - Execution failed!',
  ...Array.from({ length: 30 }, (_, index) => `Waiting for command. Attempt number: ${index + 1}.`),
];

const request: ResourceRequest = {
  RequestType: 'Create',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/',
  StackId: 'stack-1',
  ResourceType: 'Custom::BakedImage',
  LogicalResourceId: 'BakedImage',
  ResourceProperties: {
    Application: 'guestbook',
    Version: '1.1.0',
    PipelineArn: PIPELINE,
    RecipeName: 'ImageBased-recipe',
    ContentDigest: 'content-1',
    BaseImageId: 'ami-base',
    ReleaseDigest: 'd'.repeat(64),
  },
};

interface FakeBuild {
  arn: string;
  startedAt: number;
  tags: Record<string, string>;
  token?: string;
}

/** A pipeline whose builds take their time and then have an AMI. */
class FakePipeline implements BakeClients {
  readonly calls: string[] = [];
  builds: FakeBuild[] = [];
  images: { id: string; createdAt: number; tags: Record<string, string> }[] = [];
  bakeMs = BAKE_MS;
  fails = false;
  interrupt: () => void = () => undefined;

  constructor(readonly time: { now: number }) {}

  add(content: string, requestId: string, startedAt = this.time.now): void {
    this.builds.push({
      arn: `arn:aws:imagebuilder:eu-central-1:000000000000:image/imagebased-recipe/1.0.0/${this.builds.length + 1}`,
      startedAt,
      tags: {
        'image-rollouts:content': content,
        'image-rollouts:base-image': 'ami-base',
        'image-rollouts:request': requestId,
      },
      token: requestId,
    });
  }

  private stateOf(build: FakeBuild) {
    if (this.time.now - build.startedAt < this.bakeMs) return { status: 'BUILDING' as const };
    return this.fails
      ? { status: 'FAILED' as const, reason: 'Workflow wf-1 failed.' }
      : { status: 'AVAILABLE' as const };
  }

  private available() {
    const baked = this.fails
      ? []
      : this.builds
          .filter((build) => this.stateOf(build).status === 'AVAILABLE')
          .map((build, index) => ({
            id: `ami-baked-${index + 1}`,
            createdAt: build.startedAt + this.bakeMs,
            tags: build.tags,
          }));
    return [...this.images, ...baked];
  }

  private async call<T extends object>(name: string, act: () => T): Promise<T & { $metadata: object }> {
    this.interrupt();
    this.calls.push(name);
    const answer = act();
    this.interrupt();
    return { $metadata: {}, ...answer };
  }

  readonly ec2: BakeClients['ec2'] = {
    describeImages: ({ Filters = [] }) =>
      this.call('describeImages', () => ({
        Images: this.available()
          .filter(({ tags }) =>
            Filters.every(
              ({ Name = '', Values = [] }) =>
                !Name.startsWith('tag:') || Values.includes(tags[Name.slice('tag:'.length)] ?? ''),
            ),
          )
          .map(({ id, createdAt }) => ({ ImageId: id, CreationDate: new Date(createdAt).toISOString() })),
      })),
  };

  readonly imageBuilder: BakeClients['imageBuilder'] = {
    listImagePipelineImages: ({ nextToken, imagePipelineArn }) =>
      this.call('listImagePipelineImages', () => ({
        ...expecting({ imagePipelineArn }, { imagePipelineArn: PIPELINE }),
        // One to a page.
        imageSummaryList: this.builds
          .slice(Number(nextToken ?? 0), Number(nextToken ?? 0) + 1)
          .map((build) => ({ arn: build.arn, tags: build.tags, state: this.stateOf(build) })),
        nextToken:
          Number(nextToken ?? 0) + 1 < this.builds.length ? String(Number(nextToken ?? 0) + 1) : undefined,
      })),
    startImagePipelineExecution: ({ clientToken, imagePipelineArn, tags = {} }) =>
      this.call('startImagePipelineExecution', () => {
        expecting({ imagePipelineArn }, { imagePipelineArn: PIPELINE });
        if (!this.builds.some(({ token }) => token === clientToken))
          this.add(tags['image-rollouts:content'] ?? '', tags['image-rollouts:request'] ?? '');
        return {};
      }),
    listWorkflowExecutions: ({ imageBuildVersionArn }) =>
      this.call('listWorkflowExecutions', () => ({
        ...expecting({ imageBuildVersionArn }, { imageBuildVersionArn: this.builds.at(-1)?.arn }),
        workflowExecutions: [{ workflowExecutionId: 'wf-1', status: 'FAILED' as const }],
      })),
    listWorkflowStepExecutions: ({ workflowExecutionId }) =>
      this.call('listWorkflowStepExecutions', () => ({
        ...expecting({ workflowExecutionId }, { workflowExecutionId: 'wf-1' }),
        steps: [
          { name: 'LaunchBuildInstance', status: 'COMPLETED' as const },
          { name: 'ApplyBuildComponents', status: 'FAILED' as const, message: 'sha256 differs' },
        ],
      })),
  };

  readonly logs: BakeClients['logs'] = {
    getLogEvents: ({ logGroupName, logStreamName, nextToken }) =>
      this.call('getLogEvents', () => {
        const stream = `1.0.0/${this.builds.length}`;
        // The group's name is the recipe's as it was written, though the ARN has it in lower case.
        if (logGroupName !== '/aws/imagebuilder/ImageBased-recipe' || logStreamName !== stream) {
          throw Object.assign(new Error('The specified log group does not exist.'), {
            name: 'ResourceNotFoundException',
          });
        }
        const at = Number(nextToken ?? 0);
        return {
          events: LOG.slice(at, at + 10).map((message) => ({ message: `${message}\n` })),
          nextForwardToken: String(Math.min(at + 10, LOG.length)),
        };
      }),
  };
}

/** A fake that knows only the right answer. @throws Error where it is asked for another thing */
function expecting(input: object, expected: object): object {
  expect(input).toEqual(expected);
  return {};
}

const run = (fake: FakePipeline, given = request) => runSteps(bakedImage(fake), given, fake.time);
const starts = (fake: FakePipeline) => fake.calls.filter((name) => name.startsWith('start')).length;
const tags = (content: string, base = 'ami-base') => ({
  'image-rollouts:content': content,
  'image-rollouts:base-image': base,
});

describe('a baked image', () => {
  test('is reused where its content is there already, the first of several, so that what was deployed with it finds it again', async () => {
    const fake = new FakePipeline({ now: START });
    fake.images = [
      { id: 'ami-old', createdAt: START - 2000, tags: tags('content-1') },
      { id: 'ami-new', createdAt: START - 1000, tags: tags('content-1') },
      { id: 'ami-other', createdAt: START, tags: tags('content-2') },
    ];
    const { result } = await run(fake);
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { ImageId: 'ami-old', Reused: 'true' } });
    expect(fake.calls).toEqual(['describeImages']);
  });

  test('is baked where there is none, or only one on another base', async () => {
    const fake = new FakePipeline({ now: START });
    fake.images = [{ id: 'ami-old', createdAt: 0, tags: tags('content-1', 'ami-older-base') }];
    const { result, seconds } = await run(fake);
    expect(result.outcome).toMatchObject({
      kind: 'succeed',
      data: { ImageId: 'ami-baked-1', Reused: 'false' },
    });
    expect(seconds).toBeLessThan(BAKE_MS / 1000 + 31);
    expect(starts(fake)).toBe(1);
  });

  test('is waited for where a build of it is running already', async () => {
    const fake = new FakePipeline({ now: START });
    fake.add('content-2', 'request-0', START);
    fake.add('content-1', 'request-0', START - 60_000);
    const { result } = await run(fake);
    expect(result.outcome.kind).toBe('succeed');
    expect(starts(fake)).toBe(0);
  });

  test('is baked again where its AMI was deregistered', async () => {
    const fake = new FakePipeline({ now: START });
    fake.add('content-1', 'request-0', START - 2 * BAKE_MS);
    const images = fake.ec2.describeImages;
    fake.ec2.describeImages = async (input) => {
      const { Images = [] } = await images(input);
      return { $metadata: {}, Images: Images.filter(({ ImageId }) => ImageId !== 'ami-baked-1') };
    };
    expect((await run(fake)).result.outcome).toMatchObject({ data: { ImageId: 'ami-baked-2' } });
  });

  test('that fails gives the failing step and the first failure in its log, whose name has capitals', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    const { reason } = (await run(fake)).result.outcome as { reason: string };
    expect(reason).toMatch(
      /^The bake of guestbook 1\.1\.0 \(arn:.*\) ended as FAILED\. Workflow wf-1 failed\. Step ApplyBuildComponents failed: sha256 differs The first failure in its log \(\/aws\/imagebuilder\/ImageBased-recipe, stream 1\.0\.0\/1\):\n/,
    );
    expect(reason.split('\n').slice(1)).toEqual(LOG.slice(0, 3));
    expect(starts(fake)).toBe(1);
  });

  test('that fails says so where its steps or its log could not be read', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    const refused = () =>
      Promise.reject(Object.assign(new Error('no permission.'), { name: 'AccessDenied' }));
    fake.imageBuilder.listWorkflowExecutions = refused;
    fake.logs.getLogEvents = refused;
    expect((await run(fake)).result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining(
        'Its steps could not be read: AccessDenied: no permission. Its log (/aws/imagebuilder/ImageBased-recipe, stream 1.0.0/1) could not be read: AccessDenied: no permission.',
      ),
    });
  });

  test('that failed in an earlier deployment is tried again', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    fake.add('content-1', 'request-0', START - 2 * BAKE_MS);
    await run(fake);
    expect(starts(fake)).toBe(1);
  });

  test('that takes longer than a deployment may wait goes on, and the next deployment takes it', async () => {
    const fake = new FakePipeline({ now: START });
    fake.bakeMs = 70 * 60_000;
    const first = await run(fake);
    expect(first.seconds).toBeLessThanOrEqual(55 * 60);
    expect(first.result.outcome).toMatchObject({
      reason: expect.stringContaining('It goes on; deploy again'),
    });
    const second = await run(fake, { ...request, RequestId: 'request-2' });
    expect(second.result.outcome).toMatchObject({ data: { ImageId: 'ami-baked-1' } });
    expect(starts(fake)).toBe(1);
  });

  test('that got no tags is an error that says who is to set them', async () => {
    const fake = new FakePipeline({ now: START });
    fake.ec2.describeImages = async () => ({ $metadata: {}, Images: [] });
    expect((await run(fake)).result.outcome).toMatchObject({
      reason: expect.stringContaining('the distribution configuration is to set them'),
    });
  });

  test('is kept on Delete', async () => {
    const fake = new FakePipeline({ now: START });
    const { result } = await run(fake, { ...request, RequestType: 'Delete' });
    expect(result.outcome.kind).toBe('succeed');
    expect(fake.calls).toEqual([]);
  });

  test('is baked once when the function is killed between any two calls', async () => {
    for (let moment = 0; moment < 20; moment++) {
      const fake = new FakePipeline({ now: START });
      let passed = 0;
      fake.interrupt = () => {
        if (passed++ === moment) throw new Killed();
      };
      expect((await run(fake)).result.outcome.kind).toBe('succeed');
      expect(fake.builds).toHaveLength(1);
    }
  });
});
