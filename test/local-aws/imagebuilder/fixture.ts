import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as ib from '@aws-sdk/client-imagebuilder';
import * as ssm from '@aws-sdk/client-ssm';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import type { Operation } from '../../../local-aws/core/service';
import type { VariationOptions } from '../../../local-aws/core/variations';
import { BASE_IMAGES, type Ec2Options, Ec2Service } from '../../../local-aws/ec2/service';
import { ImageBuilderService } from '../../../local-aws/imagebuilder/service';
import { MemoryDriver, type MemoryDriverOptions } from '../../../local-aws/machines/memory-driver';
import { operation } from '../../harness/stand-in';

export const DOCUMENT = `schemaVersion: 1.0
parameters:
  - Version: {type: string}
  - Port: {type: string, default: '8080'}
phases:
  - name: build
    steps:
      - name: Install
        action: ExecuteBash
        inputs: {commands: ['echo {{ Version }}']}
`;

export const PARENT = BASE_IMAGES.x86_64;
export const ROLE = 'arn:aws:iam::000000000000:role/build';

/** Image Builder with just those answers of its neighbours that it asks for. */
export function world(
  options: MemoryDriverOptions & {
    readonly variations?: VariationOptions;
    /** Whether a zone has machines of a type. @default every zone has all */
    readonly isOffered?: Ec2Options['isOffered'];
  } = {},
) {
  const clock = new VirtualClock();
  const core = new Core({ clock, variations: options.variations });
  const driver = new MemoryDriver(core, options);
  const log: string[] = [];
  const bakes: Parameters<MemoryDriver['bake']>[0][] = [];
  const adopted: [string, string][] = [];
  const bake = driver.bake.bind(driver);
  driver.bake = async (request) => {
    bakes.push(request);
    request.log('installing');
    await bake(request);
  };
  const adopt = driver.adoptImage.bind(driver);
  driver.adoptImage = (provisional, image) => {
    adopted.push([provisional, image]);
    adopt(provisional, image);
  };

  const register = (
    signingName: string,
    sdk: Readonly<Record<string, unknown>>,
    operations: Record<string, Operation>,
  ) => core.register({ signingName, sdk, operations });
  core.register(new Ec2Service(core, driver, { isOffered: options.isOffered }));
  register('ssm', ssm, {
    GetParameter: operation<ssm.GetParameterRequest, ssm.GetParameterResult>({
      run: ({ Name }) => {
        if (Name !== '/aws/service/ami') throw new Fault('ParameterNotFound', '');
        return { Parameter: { Name, Value: PARENT } };
      },
    }),
  });
  register('iam', iam, {
    GetInstanceProfile: operation<iam.GetInstanceProfileRequest, object>({
      run: ({ InstanceProfileName }) => {
        if (InstanceProfileName !== 'build') throw new Fault('NoSuchEntity', 'none', 404);
        const Arn = 'arn:aws:iam::000000000000:instance-profile/build';
        return { InstanceProfile: { Arn, InstanceProfileId: 'AIPA', Roles: [{ Arn: ROLE }] } };
      },
    }),
  });
  register('logs', logs, {
    CreateLogGroup: operation<logs.CreateLogGroupRequest, object>({
      run: () => {
        throw new Fault('ResourceAlreadyExistsException', 'It exists.');
      },
    }),
    CreateLogStream: operation<logs.CreateLogStreamRequest, object>({ run: () => ({}) }),
    PutLogEvents: operation<logs.PutLogEventsRequest, object>({
      run: ({ logGroupName, logStreamName, logEvents = [] }) => {
        for (const { message } of logEvents) log.push(`${logGroupName} ${logStreamName} ${message}`);
        return {};
      },
    }),
  });
  const service = new ImageBuilderService(core, driver);
  core.register(service);

  const component = (data = DOCUMENT) =>
    core.send(
      new ib.CreateComponentCommand({
        name: 'Install App',
        semanticVersion: '1.0.0',
        platform: 'Linux',
        data,
      }),
    );
  /** A pipeline with all that it needs; gives its ARN. */
  const pipeline = async (
    recipe: Partial<ib.CreateImageRecipeCommandInput> = {},
    infrastructure: Partial<ib.CreateInfrastructureConfigurationCommandInput> = {},
  ): Promise<string> => {
    const { componentBuildVersionArn } = await component();
    const { imageRecipeArn } = await core.send(
      new ib.CreateImageRecipeCommand({
        name: 'Guestbook',
        semanticVersion: '1.0.x',
        parentImage: PARENT,
        components: [
          { componentArn: componentBuildVersionArn, parameters: [{ name: 'Version', value: ['1.2.3'] }] },
        ],
        ...recipe,
      }),
    );
    const { infrastructureConfigurationArn } = await core.send(
      new ib.CreateInfrastructureConfigurationCommand({
        ...{ name: 'infra', instanceProfileName: 'build' },
        ...infrastructure,
      }),
    );
    const { distributionConfigurationArn } = await core.send(
      new ib.CreateDistributionConfigurationCommand({
        name: 'dist',
        distributions: [
          {
            region: core.region,
            amiDistributionConfiguration: {
              name: 'guestbook {{ imagebuilder:buildDate }}',
              amiTags: { 'image-rollouts:version': '1.2.3' },
            },
          },
        ],
      }),
    );
    const created = await core.send(
      new ib.CreateImagePipelineCommand({
        ...{ name: 'pipe', imageRecipeArn, infrastructureConfigurationArn, distributionConfigurationArn },
      }),
    );
    return created.imagePipelineArn!;
  };
  const image = async (arn: string | undefined) =>
    (await core.send(new ib.GetImageCommand({ imageBuildVersionArn: arn }))).image!;
  const amis = async () => (await core.send(new ec2.DescribeImagesCommand({ Owners: ['self'] }))).Images!;
  const instances = async () => {
    const { Reservations } = await core.send(new ec2.DescribeInstancesCommand({}));
    return Reservations!.flatMap(({ Instances }) => Instances!);
  };
  const snapshots = async () => (await core.send(new ec2.DescribeSnapshotsCommand({}))).Snapshots!;
  return {
    ...{ clock, core, service, driver, log, bakes, adopted, component, pipeline, image },
    ...{ amis, instances, snapshots },
  };
}
