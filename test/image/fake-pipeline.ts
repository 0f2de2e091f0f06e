import type { BakeClients } from '../../lib/image/bake/clients';

export const PIPELINE = 'arn:aws:imagebuilder:eu-central-1:000000000000:image-pipeline/imagebased-pipeline';
export const STACK_ID = 'arn:aws:cloudformation:eu-central-1:000000000000:stack/ImageBased/1';
export const SECURITY_GROUP = 'sg-0123456789abcdef0';
export const BAKE_MS = 25 * 60_000;
/** From the end of a build until its machine is terminated. */
const SHUT_DOWN_MS = 40_000;

/** The log of a build that failed: the failure, and the tear-down that follows it. */
export const LOG = [
  'ExecuteBash: STARTED EXECUTION',
  'CmdExecution: Stderr: sha256sum: WARNING: 1 computed checksum did NOT match',
  'CmdExecution: ExitCode 1',
  'TOE has completed execution with failure - Execution failed!',
  ...Array.from({ length: 30 }, (_, index) => `Waiting for command. Attempt number: ${index + 1}.`),
];

interface FakeBuild {
  readonly arn: string;
  readonly startedAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly token?: string;
  cancelledAt?: number;
}

interface FakeImage {
  readonly id: string;
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** An error with the name that AWS gives it. */
export function awsError(name: string, message = 'no.'): Error {
  return Object.assign(new Error(message), { name });
}

/** A pipeline whose builds take their time and then have an AMI. It knows only the right answer, and refuses all else. */
export class FakePipeline implements BakeClients {
  readonly calls: string[] = [];
  builds: FakeBuild[] = [];
  images: FakeImage[] = [];
  bakeMs = BAKE_MS;
  fails = false;
  /** A build that fails leaves its AMI. */
  leaves = false;
  /** What is answered of a pipeline that is gone. */
  missingPipeline: 'error' | 'empty list' = 'empty list';
  stackStatus = 'CREATE_IN_PROGRESS';
  interrupt: () => void = () => undefined;

  constructor(readonly time: { now: number }) {}

  /** Starts a build. Without a request, by hand. */
  add(content: string, requestId?: string, startedAt = this.time.now): FakeBuild {
    const build: FakeBuild = {
      arn: `arn:aws:imagebuilder:eu-central-1:000000000000:image/imagebased-recipe/1.0.0/${this.builds.length + 1}`,
      startedAt,
      tags:
        requestId === undefined
          ? {}
          : {
              'image-rollouts:content': content,
              'image-rollouts:base-image': 'ami-base',
              'image-rollouts:request': requestId,
            },
      token: requestId,
    };
    this.builds.push(build);
    return build;
  }

  private endOf({ startedAt, cancelledAt }: FakeBuild): number {
    return cancelledAt ?? startedAt + this.bakeMs;
  }

  stateOf(build: FakeBuild) {
    if (build.cancelledAt !== undefined) return { status: 'CANCELLED' as const, reason: 'By the user.' };
    if (this.time.now < this.endOf(build)) return { status: 'BUILDING' as const };
    return this.fails
      ? { status: 'FAILED' as const, reason: 'Workflow wf-1 failed.' }
      : { status: 'AVAILABLE' as const };
  }

  private available(): readonly FakeImage[] {
    const baked = this.builds.flatMap((build, index) => {
      const { status } = this.stateOf(build);
      const image = { id: `ami-baked-${index + 1}`, createdAt: this.endOf(build) };
      if (status === 'AVAILABLE') return [{ ...image, tags: build.tags }];
      return status === 'FAILED' && this.leaves && !this.deregistered.includes(image.id)
        ? [{ ...image, tags: { CreatedBy: 'EC2 Image Builder', Ec2ImageBuilderArn: build.arn } }]
        : [];
    });
    return [...this.images, ...baked];
  }

  readonly deregistered: string[] = [];

  private async call<T extends object>(name: string, act: () => T): Promise<T & { $metadata: object }> {
    this.interrupt();
    this.calls.push(name);
    const answer = act();
    this.interrupt();
    return { $metadata: {}, ...answer };
  }

  readonly cloudFormation: BakeClients['cloudFormation'] = {
    describeStacks: ({ StackName }) =>
      this.call('describeStacks', () => {
        expect(StackName).toBe(STACK_ID);
        return {
          Stacks: [
            { StackName, StackStatus: this.stackStatus as 'CREATE_COMPLETE', CreationTime: new Date(0) },
          ],
        };
      }),
  };

  readonly ec2: BakeClients['ec2'] = {
    describeImages: ({ Owners, Filters = [] }) =>
      this.call('describeImages', () => {
        expect(Owners).toEqual(['self']);
        return {
          Images: this.available()
            .filter(({ tags }) =>
              Filters.every(
                ({ Name = '', Values = [] }) =>
                  !Name.startsWith('tag:') || Values.includes(tags[Name.slice('tag:'.length)] ?? ''),
              ),
            )
            .map(({ id, createdAt, tags }) => ({
              ImageId: id,
              CreationDate: new Date(createdAt).toISOString(),
              Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
            })),
        };
      }),
    describeInstances: ({ Filters }) =>
      this.call('describeInstances', () => {
        expect(Filters?.[0]).toEqual({ Name: 'instance.group-id', Values: [SECURITY_GROUP] });
        const present = this.builds.flatMap((build, index) =>
          this.time.now < this.endOf(build) + SHUT_DOWN_MS ? [{ InstanceId: `i-${index + 1}` }] : [],
        );
        return { Reservations: present.map((instance) => ({ Instances: [instance] })) };
      }),
    deregisterImage: ({ ImageId, DeleteAssociatedSnapshots }) =>
      this.call('deregisterImage', () => {
        expect(DeleteAssociatedSnapshots).toBe(true);
        if (!this.available().some(({ id }) => id === ImageId)) throw awsError('InvalidAMIID.NotFound');
        this.deregistered.push(ImageId!);
        return {};
      }),
  };

  readonly imageBuilder: BakeClients['imageBuilder'] = {
    cancelImageCreation: ({ imageBuildVersionArn }) =>
      this.call('cancelImageCreation', () => {
        const build = this.builds.find(({ arn }) => arn === imageBuildVersionArn);
        if (!build || this.stateOf(build).status !== 'BUILDING') throw awsError('InvalidRequestException');
        build.cancelledAt = this.time.now;
        return {};
      }),
    listImagePipelineImages: ({ nextToken, imagePipelineArn }) =>
      this.call('listImagePipelineImages', () => {
        if (imagePipelineArn !== PIPELINE) {
          if (this.missingPipeline === 'error') throw awsError('ResourceNotFoundException');
          return { imageSummaryList: [] };
        }
        // One to a page.
        const at = Number(nextToken ?? 0);
        return {
          imageSummaryList: this.builds.slice(at, at + 1).map((build) => ({
            arn: build.arn,
            tags: { ...build.tags },
            state: this.stateOf(build),
            dateCreated: new Date(build.startedAt).toISOString(),
          })),
          nextToken: at + 1 < this.builds.length ? String(at + 1) : undefined,
        };
      }),
    startImagePipelineExecution: ({ clientToken, imagePipelineArn, tags = {} }) =>
      this.call('startImagePipelineExecution', () => {
        expect(imagePipelineArn).toBe(PIPELINE);
        if (!this.builds.some(({ token }) => token === clientToken))
          this.add(tags['image-rollouts:content'] ?? '', tags['image-rollouts:request']);
        return {};
      }),
    listWorkflowExecutions: ({ imageBuildVersionArn }) =>
      this.call('listWorkflowExecutions', () => {
        expect(imageBuildVersionArn).toBe(this.builds.at(-1)?.arn);
        const build = this.builds.at(-1)!;
        const status = this.stateOf(build).status === 'FAILED' ? ('FAILED' as const) : ('COMPLETED' as const);
        const endTime = new Date(this.endOf(build)).toISOString();
        return { workflowExecutions: [{ workflowExecutionId: 'wf-1', status, endTime }] };
      }),
    listWorkflowStepExecutions: ({ workflowExecutionId }) =>
      this.call('listWorkflowStepExecutions', () => {
        expect(workflowExecutionId).toBe('wf-1');
        return {
          steps: [
            { name: 'LaunchBuildInstance', status: 'COMPLETED' as const },
            { name: 'ApplyBuildComponents', status: 'FAILED' as const, message: 'sha256 differs' },
          ],
        };
      }),
  };

  readonly logs: BakeClients['logs'] = {
    getLogEvents: ({ logGroupName, logStreamName, nextToken }) =>
      this.call('getLogEvents', () => {
        // The group's name is the recipe's as it was written, though the ARN has it in lower case.
        const isThere = logGroupName === '/aws/imagebuilder/ImageBased-recipe';
        if (!isThere || logStreamName !== `1.0.0/${this.builds.length}`)
          throw awsError('ResourceNotFoundException', 'The specified log group does not exist.');
        const at = Number(nextToken ?? 0);
        return {
          events: LOG.slice(at, at + 10).map((message) => ({ message: `${message}\n` })),
          nextForwardToken: String(Math.min(at + 10, LOG.length)),
        };
      }),
  };
}
