import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as ib from '@aws-sdk/client-imagebuilder';
import * as ssm from '@aws-sdk/client-ssm';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import { type Operation, operation } from '../../../local-aws/core/service';
import { ImageBuilderService } from '../../../local-aws/imagebuilder/service';
import { MemoryDriver, type MemoryDriverOptions } from '../../../local-aws/machines/memory-driver';

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

export const PARENT = 'ami-0aaaaaaaaaaaaaaaa';
export const ROLE = 'arn:aws:iam::000000000000:role/build';

/** Image Builder with just those answers of its neighbours that it asks for. */
export function world(options: MemoryDriverOptions = {}) {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const driver = new MemoryDriver(core, options);
  const registered: ec2.RegisterImageCommandInput[] = [];
  const tags: Record<string, string> = {};
  const log: string[] = [];
  const bakes: Parameters<MemoryDriver['bake']>[0][] = [];
  const adopted: [string, string][] = [];
  const bake = driver.bake.bind(driver);
  driver.bake = async (request) => {
    bakes.push(request);
    request.log('installing');
    await bake(request);
  };
  driver.adoptImage = (provisional, image) => adopted.push([provisional, image]);

  const register = (
    signingName: string,
    sdk: Readonly<Record<string, unknown>>,
    operations: Record<string, Operation>,
  ) => core.register({ signingName, sdk, operations });
  register('ec2', ec2, {
    DescribeImages: operation<ec2.DescribeImagesRequest, ec2.DescribeImagesResult>({
      run: ({ ImageIds }) => {
        if (ImageIds?.[0] !== PARENT)
          throw new Fault('InvalidAMIID.NotFound', `The image id '[${ImageIds}]' does not exist`);
        return { Images: [{ ImageId: PARENT, Architecture: 'x86_64', RootDeviceName: '/dev/xvda' }] };
      },
    }),
    RegisterImage: operation<ec2.RegisterImageRequest, ec2.RegisterImageResult>({
      run: (input) => {
        registered.push(input);
        return { ImageId: `ami-0000000000000000${registered.length}` };
      },
    }),
    CreateTags: operation<ec2.CreateTagsRequest, object>({
      run: ({ Tags = [] }) => {
        for (const { Key, Value } of Tags) tags[Key!] = Value!;
        return {};
      },
    }),
  });
  register('ssm', ssm, {
    GetParameter: operation<ssm.GetParameterRequest, ssm.GetParameterResult>({
      run: ({ Name }) => ({ Parameter: { Name, Value: PARENT } }),
    }),
  });
  register('iam', iam, {
    GetInstanceProfile: operation<iam.GetInstanceProfileRequest, object>({
      run: ({ InstanceProfileName }) => {
        if (InstanceProfileName !== 'build') throw new Fault('NoSuchEntity', 'none', 404);
        return { InstanceProfile: { Roles: [{ Arn: ROLE }] } };
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
  const pipeline = async (recipe: Partial<ib.CreateImageRecipeCommandInput> = {}): Promise<string> => {
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
      new ib.CreateInfrastructureConfigurationCommand({ name: 'infra', instanceProfileName: 'build' }),
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
  return { clock, core, service, driver, registered, tags, log, bakes, adopted, component, pipeline, image };
}
