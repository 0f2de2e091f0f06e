import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { AutoScalingService } from './autoscaling/service';
import { type CloudFormationOptions, CloudFormationService } from './cloudformation/service';
import { CloudWatchService } from './cloudwatch/service';
import { type Clock, ScaledClock, VirtualClock } from './core/clock';
import type { Constraints } from './core/constraints';
import { type CallRecord, Core, type Exchange } from './core/core';
import type { Faults } from './core/fault-injection';
import { temporaryFolder } from './core/temporary-folder';
import type { VariationOptions } from './core/variations';
import { DynamoDbService } from './dynamodb/service';
import { BASE_IMAGES, type Ec2Options, Ec2Service } from './ec2/service';
import { certificateArn } from './elb/certificates';
import { ElbService } from './elb/service';
import { EventsService } from './events/service';
import { IamService } from './iam/service';
import { type ImageBuilderOptions, ImageBuilderService } from './imagebuilder/service';
import { KmsService } from './kms/service';
import { type LambdaOptions, LambdaService } from './lambda/service';
import { LogsService } from './logs/service';
import type { MachineDriver } from './machines/driver';
import { MemoryDriver } from './machines/memory-driver';
import { SimulatedDriver } from './machines/simulated-driver';
import { S3Service } from './s3/service';
import { SsmService } from './ssm/service';
import { StepFunctionsService } from './stepfunctions/service';
import { StsService } from './sts/service';
import type { ServiceModels } from './wire/model';
import { listen } from './wire/server';

/** Version of the CDK bootstrap stack that the local AWS stands for. */
const BOOTSTRAP_VERSION = '30';

/** A local AWS without a clock's speed, machines or an endpoint of its own: what tests and rehearsals share. */
export async function assemble(parts: {
  readonly clock: Clock;
  readonly machines: (core: Core) => MachineDriver;
  readonly lambda: LambdaOptions;
  /** Whether load balancers carry real HTTP. */
  readonly forward: boolean;
  /** Where they carry none: visitors a minute to each listener, who ask for `/`. @default none */
  readonly visitorsPerMinute?: number;
  readonly cloudFormation?: CloudFormationOptions;
  readonly imageBuilder?: ImageBuilderOptions;
  readonly ec2?: Ec2Options;
  readonly onCall?: (record: CallRecord, exchange?: Exchange) => void;
  /** What goes wrong. @default nothing */
  readonly faults?: Faults;
  /** What AWS does not promise. @default calm */
  readonly variations?: VariationOptions;
  /** Shared by local AWSs that are made one after the other. @default its own */
  readonly models?: ServiceModels;
  /** Shared in the same way. @default AWS's own */
  readonly constraints?: Constraints;
}): Promise<{ core: Core; machines: MachineDriver; cloudFormation: CloudFormationService }> {
  const core = new Core(parts);
  const machines = parts.machines(core);
  const cloudFormation = new CloudFormationService(core, parts.cloudFormation);
  const services = [
    new IamService(core),
    new StsService(core),
    new KmsService(core),
    new SsmService(core, { presets: publicParameters() }),
    new S3Service(core),
    new DynamoDbService(core),
    new LogsService(core),
    new EventsService(core),
    new CloudWatchService(core),
    new Ec2Service(core, machines, parts.ec2),
    new ElbService(core, machines, { forward: parts.forward, visitorsPerMinute: parts.visitorsPerMinute }),
    new AutoScalingService(core),
    new LambdaService(core, parts.lambda),
    new StepFunctionsService(core),
    new ImageBuilderService(core, machines, parts.imageBuilder),
    cloudFormation,
  ];
  for (const service of services) core.register(service);
  await bootstrap(core);
  return { core, machines, cloudFormation };
}

/** All services, for those who ask what they serve: no function runs there, and no machine. */
export async function idleLocalAws(): Promise<Core> {
  const { core } = await assemble({
    clock: new VirtualClock(),
    machines: (of) => new MemoryDriver(of),
    lambda: { inProcess: async () => undefined },
    forward: false,
  });
  return core;
}

/** A running local AWS. */
export interface LocalAws {
  readonly core: Core;
  readonly machines: MachineDriver;
  /** Where its API answers. */
  readonly url: string;
  /** ARN of the certificate that its load balancers serve HTTPS with. */
  readonly certificateArn: string;
  /** What the CDK CLI, the AWS CLI and SDKs need in their environment to use it; and Node, to trust its certificate. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends every machine, function and connection. */
  close(): Promise<void>;
}

export interface LocalAwsOptions {
  /** How many times as fast as real time it lives. @default 120 */
  readonly speed?: number;
  /** @default a free one */
  readonly port?: number;
  readonly onCall?: (record: CallRecord, exchange?: Exchange) => void;
  /** What AWS does not promise. @default it varies, by seed 1 */
  readonly variations?: VariationOptions;
  /** What its machines are made of. @default processes of this computer */
  readonly machines?: (core: Core) => MachineDriver;
}

/** Starts a local AWS that listens on the loopback address, with real function processes. */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const clock = new ScaledClock(options.speed ?? 120);
  const { core, machines, cloudFormation } = await assemble({
    clock,
    machines: options.machines ?? ((core) => new SimulatedDriver(core)),
    // No SDK: a function that counts on the runtime's, which on AWS may be an older one, fails here.
    lambda: {},
    forward: true,
    onCall: options.onCall,
    variations: options.variations ?? { seed: 1 },
  });
  const certificate = await writeCertificate(core);
  const server = await listen(core, {
    host: '127.0.0.1',
    port: options.port ?? 0,
    routes: cloudFormation.routes,
  });
  return {
    core,
    machines,
    url: server.url,
    certificateArn: certificateArn(core),
    environment: { ...environmentFor(core, server.url), NODE_EXTRA_CA_CERTS: certificate.file },
    close: async () => {
      await core.close();
      await machines.close();
      await server.close();
      clock.stop();
      rmSync(certificate.folder, { recursive: true, force: true });
    },
  };
}

/** Makes the certificate of the load balancers, and writes it where clients are told that it is. */
async function writeCertificate(core: Core): Promise<{ readonly folder: string; readonly file: string }> {
  const { certificate } = await (core.service('elasticloadbalancing') as ElbService).keyPair();
  const folder = temporaryFolder('certificate');
  const file = join(folder, 'certificate.pem');
  writeFileSync(file, certificate);
  return { folder, file };
}

/** The CDK's bootstrap resources, as far as a deployment touches them. */
async function bootstrap(core: Core): Promise<void> {
  await core.send(
    new PutParameterCommand({
      Name: '/cdk-bootstrap/hnb659fds/version',
      Value: BOOTSTRAP_VERSION,
      Type: 'String',
    }),
  );
  await core.send(new CreateBucketCommand({ Bucket: `cdk-hnb659fds-assets-${core.account}-${core.region}` }));
}

function publicParameters(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(BASE_IMAGES).map(([architecture, imageId]) => [newestBaseImage(architecture), imageId]),
  );
}

function newestBaseImage(architecture: string): string {
  return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
}

/** Amazon publishes a newer Amazon Linux 2023, which is the newest one from then on. @returns its id */
export function publishBaseImage(core: Core, release: string): string {
  const architecture = 'x86_64';
  const imageId = (core.service('ec2') as Ec2Service).publishBaseImage({ architecture, release });
  (core.service('ssm') as SsmService).publish(newestBaseImage(architecture), imageId);
  return imageId;
}

function environmentFor(core: Core, url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: core.region,
    AWS_DEFAULT_REGION: core.region,
    // The CDK CLI remembers the account of an access key: this one must never be a real account's.
    AWS_ACCESS_KEY_ID: 'LOCALAWSLOCALAWSLOCA',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
