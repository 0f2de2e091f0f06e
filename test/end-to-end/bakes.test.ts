import { CancelUpdateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import {
  CancelImageCreationCommand,
  ListImagePipelineImagesCommand,
  ListImagePipelinesCommand,
} from '@aws-sdk/client-imagebuilder';
import { STAGES } from '../../local-aws/imagebuilder/timing';
import { type Template, VirtualAws } from '../harness/virtual-aws';

// Bakes that do not end well, with the real stack and the real handlers under their roles, in virtual time.

const MINUTE = 60_000;

/** AMIs and snapshots of the account's own, and machines that are not gone. */
async function left(aws: VirtualAws) {
  const { Images = [] } = await aws.core.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const { Snapshots = [] } = await aws.core.send(new DescribeSnapshotsCommand({}));
  const { Reservations = [] } = await aws.core.send(new DescribeInstancesCommand({}));
  const machines = Reservations.flatMap(({ Instances = [] }) => Instances);
  return {
    images: Images.length,
    snapshots: Snapshots.length,
    machines: machines.filter(({ State }) => State?.Name !== 'terminated').length,
  };
}

/** The pipeline's builds, oldest first. */
async function summaries(aws: VirtualAws) {
  const { imagePipelineList = [] } = await aws.core.send(new ListImagePipelinesCommand({}));
  const { imageSummaryList = [] } = await aws.core.send(
    new ListImagePipelineImagesCommand({ imagePipelineArn: imagePipelineList[0]!.arn }),
  );
  return imageSummaryList;
}

/** Statuses of the pipeline's builds, oldest first. */
async function builds(aws: VirtualAws) {
  return (await summaries(aws)).map(({ state }) => state!.status!);
}

/** Does something once a build is at its components, with its machine in the stack's subnet. */
function whenBuilding(aws: VirtualAws, action: () => Promise<unknown>): void {
  aws.when(
    async () => aws.count('StartImagePipelineExecution') > 0 && (await builds(aws)).includes('BUILDING'),
    action,
  );
}

/** Adds resources that come after the image pipeline, one after the other, the last of which fails after two minutes. */
function failingLater({ Resources }: Template): void {
  let DependsOn = Object.keys(Resources).find(
    (id) => Resources[id]!.Type === 'AWS::ImageBuilder::ImagePipeline',
  )!;
  for (let number = 1; number <= 60; number++) {
    const Name = number === 60 ? '/late/1' : `/late/${number}`;
    const Properties = { Name, Type: 'String', Value: 'late' };
    Resources[`Late${number}`] = Object.assign({ DependsOn }, { Type: 'AWS::SSM::Parameter', Properties });
    DependsOn = `Late${number}`;
  }
}

test('a failed bake quotes the first failure of its log in the stack events', async () => {
  const aws = await VirtualAws.start({ bakeFailure: () => 'Error: Unable to find a match: nodejs222' });
  const { status, failures } = await aws.deploy('ImageBased', '1.0.0');
  expect(status).toBe('ROLLBACK_COMPLETE');
  const [reason] = failures.filter((failure) => failure.includes('The bake of'));
  expect(reason).toContain(
    'The first failure in its log (/aws/imagebuilder/ImageBased-recipe, stream 1.0.0/1):\nExecuteBash: STARTED EXECUTION\nCmdExecution: Stderr: Error: Unable to find a match: nodejs222\nCmdExecution: ExitCode 1',
  );
  expect(await left(aws)).toEqual({ images: 0, snapshots: 0, machines: 0 });
});

test('a failed test phase leaves neither AMI nor snapshot', async () => {
  const aws = await VirtualAws.start({ testFailure: () => '/health answered 404' });
  const { status, failures } = await aws.deploy('ImageBased', '1.0.0');
  expect(status).toBe('ROLLBACK_COMPLETE');
  const [reason] = failures.filter((failure) => failure.includes('The bake of'));
  expect(reason).toContain('Step ApplyTestComponents failed: /health answered 404');
  expect(reason).toContain('which the build left, was removed with its snapshots.');
  expect(await left(aws)).toEqual({ images: 0, snapshots: 0, machines: 0 });
});

test('a creation that fails while it bakes goes, network included, once the build and its machine have ended', async () => {
  const aws = await VirtualAws.start();
  const { status, failures } = await aws.deploy('ImageBased', '1.0.0', {}, failingLater);
  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(failures.join('\n')).toMatch(/^Late\d+: .*already exists/m);
  // More than once where the build goes on for a while.
  expect(aws.count('CancelImageCreation')).toBeGreaterThan(0);
  expect(await left(aws)).toEqual({ images: 0, snapshots: 0, machines: 0 });
});

test('an update that is cancelled while it bakes goes back, and its build is cancelled', async () => {
  const aws = await VirtualAws.start();
  expect((await aws.deploy('ImageBased', '1.0.0')).status).toBe('CREATE_COMPLETE');
  whenBuilding(aws, () => aws.core.send(new CancelUpdateStackCommand({ StackName: 'ImageBased' })));
  const { status } = await aws.deploy('ImageBased', '1.1.0');
  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await builds(aws)).toEqual(['AVAILABLE', 'CANCELLED']);
  expect(await aws.versionsInService('ImageBased')).toEqual(['1.0.0', '1.0.0']);
  // The fleet's.
  expect(await left(aws)).toEqual({ images: 1, snapshots: 1, machines: 2 });
  expect((await aws.deploy('ImageBased', '1.1.0')).status).toBe('UPDATE_COMPLETE');
});

test('a build that somebody else cancels fails the deployment with that reason, changes no machine, and the next one bakes again', async () => {
  const aws = await VirtualAws.start();
  expect((await aws.deploy('ImageBased', '1.0.0')).status).toBe('CREATE_COMPLETE');
  whenBuilding(aws, async () => {
    const imageBuildVersionArn = (await summaries(aws)).at(-1)!.arn;
    await aws.core.send(new CancelImageCreationCommand({ imageBuildVersionArn, clientToken: 'by-hand' }));
  });
  const { status, failures } = await aws.deploy('ImageBased', '1.1.0');
  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failures.join()).toContain(
    'ended as CANCELLED. Image build was cancelled by the user. Step ApplyBuildComponents was cancelled.',
  );
  expect(aws.count('StartInstanceRefresh')).toBe(0);
  expect(await left(aws)).toEqual({ images: 1, snapshots: 1, machines: 2 });
  expect((await aws.deploy('ImageBased', '1.1.0')).status).toBe('UPDATE_COMPLETE');
  expect(await aws.versionsInService('ImageBased')).toEqual(['1.1.0', '1.1.0']);
});

describe('a bake of an hour and a half', () => {
  const slow = STAGES.map((stage) => ({
    ...stage,
    steps: stage.steps.map((step) => ({ ...step, minutes: step.minutes * 4 })),
  }));

  test('is waited for, where it is given two hours, by two resources', async () => {
    const aws = await VirtualAws.start({ stages: slow });
    const { status, failures } = await aws.deploy('ImageBased', '1.0.0', { imageBuildTimeoutMinutes: 110 });
    expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
    expect(aws.count('StartImagePipelineExecution')).toBe(1);
  });

  test('is cancelled where it is given less, and the stack goes back', async () => {
    const aws = await VirtualAws.start({ stages: slow });
    const began = aws.clock.now();
    const { status, failures } = await aws.deploy('ImageBased', '1.0.0');
    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(failures.join()).toContain(
      'takes longer than the 55 minutes that it is given (imageBuildTimeoutMinutes)',
    );
    expect(await left(aws)).toEqual({ images: 0, snapshots: 0, machines: 0 });
    expect(aws.clock.now() - began).toBeLessThan(75 * MINUTE);
  });
});
