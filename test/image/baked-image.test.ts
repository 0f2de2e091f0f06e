import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { bakedImage } from '../../lib/image/bake/baked-image-step';
import { Killed, runSteps } from '../custom-resource/run-steps';
import { awsError, BAKE_MS, FakePipeline, LOG, PIPELINE, SECURITY_GROUP, STACK_ID } from './fake-pipeline';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

const request: ResourceRequest = {
  RequestType: 'Create',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/',
  StackId: STACK_ID,
  ResourceType: 'Custom::BakedImage',
  LogicalResourceId: 'BakedImage',
  ResourceProperties: {
    Application: 'guestbook',
    Version: '1.1.0',
    PipelineArn: PIPELINE,
    RecipeName: 'ImageBased-recipe',
    SecurityGroupId: SECURITY_GROUP,
    ContentDigest: 'content-1',
    BaseImageId: 'ami-base',
    ReleaseDigest: 'd'.repeat(64),
    TimeoutMinutes: '55',
    Part: '0',
    Parts: '1',
  },
};

const run = (fake: FakePipeline, given = request, isGoingBack = false) =>
  runSteps(bakedImage(fake), given, fake.time, { isGoingBack });
const withProperties = (properties: object): ResourceRequest => ({
  ...request,
  ResourceProperties: { ...request.ResourceProperties, ...properties },
});
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
    const refused = () => Promise.reject(awsError('AccessDenied', 'no permission.'));
    fake.imageBuilder.listWorkflowExecutions = refused;
    fake.logs.getLogEvents = refused;
    expect((await run(fake)).result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining(
        'Its steps could not be read: AccessDenied: no permission. Its log (/aws/imagebuilder/ImageBased-recipe, stream 1.0.0/1) could not be read: AccessDenied: no permission.',
      ),
    });
  });

  test('that fails is told without its log by code that takes the log group from the ARN: the fake is able to fail', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    const { getLogEvents } = fake.logs;
    fake.logs.getLogEvents = (input) =>
      getLogEvents({ ...input, logGroupName: input.logGroupName!.toLowerCase() });
    expect((await run(fake)).result.outcome).toMatchObject({
      reason: expect.stringContaining('could not be read: ResourceNotFoundException'),
    });
  });

  test('that failed in an earlier deployment is tried again', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    fake.add('content-1', 'request-0', START - 2 * BAKE_MS);
    await run(fake);
    expect(starts(fake)).toBe(1);
  });

  test('that EC2 does not tell of at once is waited for', async () => {
    const fake = new FakePipeline({ now: START });
    const { describeImages } = fake.ec2;
    fake.ec2.describeImages = async (input) =>
      fake.time.now < START + BAKE_MS + MINUTE ? { $metadata: {}, Images: [] } : describeImages(input);
    expect((await run(fake)).result.outcome).toMatchObject({ data: { ImageId: 'ami-baked-1' } });
  });

  test('that got no tags is an error that says who is to set them', async () => {
    const fake = new FakePipeline({ now: START });
    fake.ec2.describeImages = async () => ({ $metadata: {}, Images: [] });
    expect((await run(fake)).result.outcome).toMatchObject({
      reason: expect.stringContaining('the distribution configuration is to set them'),
    });
  });

  test('is started anew where the build that was waited for is cancelled, because another request began it', async () => {
    const fake = new FakePipeline({ now: START });
    const other = fake.add('content-1', 'request-0', START - MINUTE);
    fake.interrupt = () => {
      if (fake.time.now > START + 5 * MINUTE) other.cancelledAt ??= fake.time.now;
    };
    expect((await run(fake)).result.outcome).toMatchObject({ data: { ImageId: 'ami-baked-2' } });
    expect(starts(fake)).toBe(1);
  });

  test('is not begun by a function that comes when the deployment is over', async () => {
    const fake = new FakePipeline({ now: START });
    fake.stackStatus = 'ROLLBACK_IN_PROGRESS';
    expect((await run(fake)).result.outcome).toMatchObject({
      reason: 'The deployment is over: guestbook 1.1.0 is not baked for it any more.',
    });
    expect(starts(fake)).toBe(0);
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

describe('a build that takes longer than it is given', () => {
  test('is cancelled when the only resource that waits for it has to answer', async () => {
    const fake = new FakePipeline({ now: START });
    fake.bakeMs = 70 * MINUTE;
    const { result, seconds } = await run(fake);
    expect(seconds).toBe(55 * 60);
    expect(result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(
        /is BUILDING\. It takes longer than the 55 minutes that it is given \(imageBuildTimeoutMinutes\), and is cancelled\.$/,
      ),
    });
    expect(fake.builds[0]!.cancelledAt).toBe(fake.time.now);
  });

  test('is cancelled at its own end, where that is shorter', async () => {
    const fake = new FakePipeline({ now: START });
    const { seconds } = await run(fake, withProperties({ TimeoutMinutes: '20' }));
    expect(seconds).toBeLessThan(21 * 60);
    expect(fake.builds[0]!.cancelledAt).toBeDefined();
  });

  test('is waited for by as many resources as it has hours, by which each knows it again', async () => {
    const fake = new FakePipeline({ now: START });
    fake.bakeMs = 120 * MINUTE;
    const properties = { TimeoutMinutes: '150', Parts: '3' };
    let startedBy = '';
    for (const part of [0, 1]) {
      const given = withProperties({ ...properties, Part: String(part), StartedBy: startedBy });
      const { result, seconds } = await run(fake, { ...given, RequestId: `request-${part}` });
      expect(seconds).toBe(55 * 60);
      expect(result.outcome).toMatchObject({ kind: 'succeed', data: { Request: 'request-0' } });
      startedBy = (result.outcome as { data: Record<string, string> }).data.Request!;
    }
    const last = withProperties({ ...properties, Part: '2', StartedBy: startedBy });
    const { result } = await run(fake, { ...last, RequestId: 'request-2' });
    expect(result.outcome).toMatchObject({ data: { ImageId: 'ami-baked-1', Reused: 'false' } });
    expect(starts(fake)).toBe(1);
  });

  test('and fails meanwhile is told by the part that waits for it then, and not begun again', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    fake.add('content-1', 'request-0', START - 60 * MINUTE);
    const given = withProperties({ TimeoutMinutes: '150', Parts: '3', Part: '1', StartedBy: 'request-0' });
    expect((await run(fake, given)).result.outcome).toMatchObject({
      reason: expect.stringContaining('ended as FAILED'),
    });
    expect(starts(fake)).toBe(0);
  });

  test('is not ended here where somebody else has begun it', async () => {
    const fake = new FakePipeline({ now: START });
    fake.bakeMs = 200 * MINUTE;
    const tags = { 'image-rollouts:content': 'content-1', 'image-rollouts:base-image': 'ami-base' };
    fake.builds.push({ ...fake.add('content-1'), tags });
    fake.builds.shift();
    expect((await run(fake)).result.outcome.kind).toBe('fail');
    expect(fake.calls).not.toContain('cancelImageCreation');
  });
});

describe('when its stack is deleted', () => {
  const deletion: ResourceRequest = { ...request, RequestType: 'Delete', RequestId: 'request-9' };

  test('the AMI is kept', async () => {
    const fake = new FakePipeline({ now: START });
    fake.images = [{ id: 'ami-old', createdAt: 0, tags: tags('content-1') }];
    const { result } = await run(fake, deletion);
    expect(result.outcome).toEqual({
      kind: 'succeed',
      data: {},
      message: 'The AMI is kept: going back takes it.',
    });
    expect(fake.deregistered).toEqual([]);
  });

  test('what this stack is building is cancelled, and the end of its machine is waited for', async () => {
    const fake = new FakePipeline({ now: START });
    fake.add('content-1', 'request-1', START - MINUTE);
    const { result, seconds } = await run(fake, deletion);
    expect(result.outcome.kind).toBe('succeed');
    expect(fake.builds[0]!.cancelledAt).toBe(START);
    // The build is CANCELLED at once, its machine goes after that.
    expect(seconds).toBeGreaterThanOrEqual(40);
    expect(starts(fake)).toBe(0);
  });

  test('a build that somebody else began is waited for, and not cancelled', async () => {
    const fake = new FakePipeline({ now: START });
    fake.add('content-1', undefined, START - 5 * MINUTE);
    const { result, seconds } = await run(fake, deletion);
    expect(result.outcome.kind).toBe('succeed');
    expect(seconds).toBeGreaterThan(20 * 60);
    expect(fake.calls).not.toContain('cancelImageCreation');
  });

  test('a build that has just ended when it is cancelled is seen to have ended', async () => {
    const fake = new FakePipeline({ now: START });
    fake.add('content-1', 'request-1', START - BAKE_MS + 1000);
    const cancel = fake.imageBuilder.cancelImageCreation;
    fake.imageBuilder.cancelImageCreation = async (input) => {
      fake.time.now += 2000;
      return cancel(input);
    };
    const { result } = await run(fake, deletion);
    expect(result.outcome.kind).toBe('succeed');
    expect(fake.builds[0]!.cancelledAt).toBeUndefined();
  });

  test('a machine that does not end fails the deletion by name', async () => {
    const fake = new FakePipeline({ now: START });
    fake.bakeMs = 90 * MINUTE;
    fake.add('content-1', 'request-1');
    fake.imageBuilder.cancelImageCreation = () =>
      Promise.reject(awsError('AccessDeniedException', 'not allowed.'));
    expect((await run(fake, deletion)).result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining(
        'image/imagebased-recipe/1.0.0/1 is BUILDING; machine i-1 is not terminated yet',
      ),
    });
  });

  test.each(['error', 'empty list'] as const)(
    'a pipeline that somebody has deleted builds nothing: %s',
    async (answer) => {
      const fake = new FakePipeline({ now: START });
      fake.missingPipeline = answer;
      const { result } = await run(fake, {
        ...withProperties({ PipelineArn: 'arn:gone' }),
        RequestType: 'Delete',
      });
      expect(result.outcome.kind).toBe('succeed');
    },
  );

  test('all of it comes to its end when the function is killed between any two calls', async () => {
    for (let moment = 0; moment < 16; moment++) {
      const fake = new FakePipeline({ now: START });
      fake.add('content-1', 'request-1', START - MINUTE);
      let passed = 0;
      fake.interrupt = () => {
        if (passed++ === moment) throw new Killed();
      };
      expect((await run(fake, deletion)).result.outcome.kind).toBe('succeed');
      expect(fake.builds[0]!.cancelledAt).toBeDefined();
    }
  });
});

describe('when its stack goes back', () => {
  const back = (properties: object = {}): ResourceRequest => ({
    ...withProperties(properties),
    RequestType: 'Update',
    RequestId: 'request-2',
  });

  test('the build of what is given up is cancelled, its machine is waited for, and the image of before is taken', async () => {
    const fake = new FakePipeline({ now: START });
    fake.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    fake.images = [{ id: 'ami-old', createdAt: 0, tags: tags('content-0') }];
    fake.add('content-1', 'request-1', START - MINUTE);
    const { result, seconds } = await run(fake, back({ ContentDigest: 'content-0' }), true);
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { ImageId: 'ami-old' } });
    expect(fake.builds[0]!.cancelledAt).toBe(START);
    expect(seconds).toBeGreaterThanOrEqual(40);
    expect(starts(fake)).toBe(0);
  });

  test('a build of what is gone back to is waited for', async () => {
    const fake = new FakePipeline({ now: START });
    fake.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    fake.add('content-1', 'request-1', START - MINUTE);
    const { result } = await run(fake, back(), true);
    expect(result.outcome).toMatchObject({ data: { ImageId: 'ami-baked-1' } });
    expect(fake.calls).not.toContain('cancelImageCreation');
  });

  test('it succeeds though a build does not end: nothing is in the way of the image that is there', async () => {
    const fake = new FakePipeline({ now: START });
    fake.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    fake.bakeMs = 200 * MINUTE;
    fake.images = [{ id: 'ami-old', createdAt: 0, tags: tags('content-0') }];
    fake.add('content-1', 'request-1', START - MINUTE);
    fake.imageBuilder.cancelImageCreation = () =>
      Promise.reject(awsError('AccessDeniedException', 'not allowed.'));
    const { result } = await run(fake, back({ ContentDigest: 'content-0' }), true);
    expect(result.outcome).toMatchObject({ kind: 'succeed', data: { ImageId: 'ami-old' } });
  });
});

describe('a failed test phase leaves an AMI, which', () => {
  test('is removed with its snapshots, and told of', async () => {
    const fake = new FakePipeline({ now: START });
    Object.assign(fake, { fails: true, leaves: true });
    expect((await run(fake)).result.outcome).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining(
        'AMI ami-baked-1, which the build left, was removed with its snapshots.',
      ),
    });
    expect(fake.deregistered).toEqual(['ami-baked-1']);
  });

  test('is named where it could not be removed', async () => {
    const fake = new FakePipeline({ now: START });
    Object.assign(fake, { fails: true, leaves: true });
    fake.ec2.deregisterImage = () => Promise.reject(awsError('UnauthorizedOperation', 'not allowed.'));
    expect((await run(fake)).result.outcome).toMatchObject({
      reason: expect.stringContaining('left, could not be removed (UnauthorizedOperation: not allowed.)'),
    });
  });

  test('is told of where its snapshots could not be removed with it', async () => {
    const fake = new FakePipeline({ now: START });
    Object.assign(fake, { fails: true, leaves: true });
    const { deregisterImage } = fake.ec2;
    fake.ec2.deregisterImage = async (input) => ({
      ...(await deregisterImage(input)),
      DeleteSnapshotResults: [{ SnapshotId: 'snap-1', ReturnCode: 'missing-permissions' }],
    });
    expect((await run(fake)).result.outcome).toMatchObject({
      reason: expect.stringContaining(
        'AMI ami-baked-1, which the build left, was removed; delete its snapshots, which could not be: snap-1 (missing-permissions).',
      ),
    });
  });

  test('is kept where it has the tags of its content: it was distributed, and may be in use', async () => {
    const fake = new FakePipeline({ now: START });
    fake.fails = true;
    fake.add('content-0', 'request-0', START - 2 * BAKE_MS);
    const Ec2ImageBuilderArn = fake.builds[0]!.arn;
    fake.images = [{ id: 'ami-old', createdAt: 0, tags: { ...tags('content-0'), Ec2ImageBuilderArn } }];
    await run(fake, { ...request, RequestType: 'Delete' });
    expect(fake.deregistered).toEqual([]);
  });
});
