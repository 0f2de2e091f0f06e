import {
  AddPermissionCommand,
  CreateFunctionCommand,
  type CreateFunctionRequest,
  DeleteFunctionCommand,
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionCommand,
  type LoggingConfig,
  PutFunctionEventInvokeConfigCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, Provisioning, ResourceType } from '../core/service';
import { asBefore, unlessGone, withStackTags } from '../core/template-input';

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Runtime: CreateFunctionRequest['Runtime'];
  readonly Role: string;
  readonly Handler: string;
  readonly Code: Readonly<Record<string, string>>;
  readonly Description?: string;
  readonly Timeout?: number | string;
  readonly MemorySize?: number | string;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
  readonly Architectures?: CreateFunctionRequest['Architectures'];
  readonly LoggingConfig?: LoggingConfig;
  readonly EphemeralStorage?: { readonly Size?: number | string };
  readonly TracingConfig?: CreateFunctionRequest['TracingConfig'];
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

function readFunction(properties: Properties): FunctionProperties {
  return properties as unknown as FunctionProperties;
}

/** The API's settings of a function, without its name, code and tags. */
function settings(wanted: FunctionProperties) {
  const variables = Object.entries(wanted.Environment?.Variables ?? {});
  return {
    Runtime: wanted.Runtime,
    Role: wanted.Role,
    Handler: wanted.Handler,
    Description: wanted.Description ?? '',
    Timeout: Number(wanted.Timeout ?? 3),
    MemorySize: Number(wanted.MemorySize ?? 128),
    Environment: { Variables: Object.fromEntries(variables.map(([key, value]) => [key, String(value)])) },
    LoggingConfig: wanted.LoggingConfig ?? {},
    EphemeralStorage: { Size: Number(wanted.EphemeralStorage?.Size ?? 512) },
    TracingConfig: wanted.TracingConfig,
  };
}

/** In a template, ZipFile is the source text of `index.js`. */
function codeOf({ Code, Runtime }: FunctionProperties) {
  if (Code.ZipFile === undefined)
    return { S3Bucket: Code.S3Bucket, S3Key: Code.S3Key, S3ObjectVersion: Code.S3ObjectVersion };
  if (!Runtime?.startsWith('nodejs'))
    throw new Fault(
      'InvalidParameterValueException',
      `The local AWS runs functions of nodejs runtimes only; found the runtime '${Runtime}'.`,
    );
  return { ZipFile: zipSync({ 'index.js': strToU8(Code.ZipFile) }) };
}

function tagsOf(wanted: FunctionProperties, provisioning: Provisioning): Record<string, string> {
  return Object.fromEntries(withStackTags(wanted.Tags, provisioning).map(({ Key, Value }) => [Key, Value]));
}

async function describe(core: Core, name: string) {
  const { Configuration } = await core.send(new GetFunctionCommand({ FunctionName: name }));
  return { physicalId: name, attributes: { Arn: Configuration?.FunctionArn } };
}

const lambdaFunction: ResourceType = {
  accepts: {
    FunctionName: true,
    Runtime: true,
    Role: true,
    Handler: true,
    Code: { ZipFile: true, S3Bucket: true, S3Key: true, S3ObjectVersion: true },
    Description: true,
    Timeout: true,
    MemorySize: true,
    Environment: { Variables: true },
    Architectures: true,
    EphemeralStorage: { Size: true },
    LoggingConfig: { LogGroup: true, LogFormat: true },
    TracingConfig: { Mode: true },
    PackageType: only('Zip'),
    Tags: { Key: true, Value: true },
    RecursiveLoop: only('Terminate'),
    RuntimeManagementConfig: { UpdateRuntimeOn: 'the runtime is the Node that runs the local AWS' },
  },
  createOnly: ['FunctionName', 'PackageType'],
  async create(properties, provisioning) {
    const wanted = readFunction(properties);
    const name = wanted.FunctionName ?? provisioning.generateName();
    await provisioning.core.send(
      new CreateFunctionCommand({
        FunctionName: name,
        ...settings(wanted),
        Architectures: wanted.Architectures,
        Code: codeOf(wanted),
        Tags: tagsOf(wanted, provisioning),
      }),
    );
    return describe(provisioning.core, name);
  },
  async update(name, properties, old, provisioning) {
    const { core } = provisioning;
    const wanted = readFunction(properties);
    const before = old as unknown as FunctionProperties;
    if (JSON.stringify(wanted.Code) !== JSON.stringify(before.Code))
      await core.send(new UpdateFunctionCodeCommand({ FunctionName: name, ...codeOf(wanted) }));
    if (JSON.stringify(settings(wanted)) !== JSON.stringify(settings(before)))
      await core.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...settings(wanted) }));
    const described = await describe(core, name);
    const Resource = String(described.attributes.Arn);
    const tags = tagsOf(wanted, provisioning);
    const dropped = Object.keys(tagsOf(before, asBefore(provisioning))).filter((key) => !(key in tags));
    await core.send(new UntagResourceCommand({ Resource, TagKeys: dropped }));
    await core.send(new TagResourceCommand({ Resource, Tags: tags }));
    return described;
  },
  delete: (name, _, { core }) => gone(core.send(new DeleteFunctionCommand({ FunctionName: name }))),
};

interface PermissionProperties {
  readonly FunctionName: string;
  readonly Action: string;
  readonly Principal: string;
  readonly SourceArn?: string;
  readonly SourceAccount?: string;
}

/** CloudFormation changes a permission only by replacing it. */
const permission: ResourceType = {
  accepts: { FunctionName: true, Action: true, Principal: true, SourceArn: true, SourceAccount: true },
  createOnly: ['FunctionName', 'Action', 'Principal', 'SourceArn', 'SourceAccount'],
  async create(properties, provisioning) {
    const { FunctionName, Action, Principal, SourceArn, SourceAccount } =
      properties as unknown as PermissionProperties;
    const id = provisioning.generateName(100);
    await provisioning.core.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: id,
        Action,
        Principal,
        SourceArn,
        SourceAccount,
      }),
    );
    return { physicalId: id, attributes: { Id: id } };
  },
  delete: (id, properties, { core }) =>
    gone(
      core.send(
        new RemovePermissionCommand({ FunctionName: String(properties.FunctionName), StatementId: id }),
      ),
    ),
};

interface EventInvokeProperties {
  readonly FunctionName: string;
  readonly Qualifier: string;
  readonly MaximumRetryAttempts?: number | string;
  readonly MaximumEventAgeInSeconds?: number | string;
  readonly DestinationConfig?: { OnSuccess?: { Destination?: string }; OnFailure?: { Destination?: string } };
}

async function putEventInvoke(properties: Properties, core: Core) {
  const wanted = properties as unknown as EventInvokeProperties;
  await core.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: wanted.FunctionName,
      Qualifier: wanted.Qualifier,
      MaximumRetryAttempts:
        wanted.MaximumRetryAttempts === undefined ? undefined : Number(wanted.MaximumRetryAttempts),
      MaximumEventAgeInSeconds:
        wanted.MaximumEventAgeInSeconds === undefined ? undefined : Number(wanted.MaximumEventAgeInSeconds),
      DestinationConfig: wanted.DestinationConfig,
    }),
  );
  return { physicalId: `${wanted.FunctionName}|${wanted.Qualifier}`, attributes: {} };
}

const eventInvokeConfig: ResourceType = {
  accepts: {
    FunctionName: true,
    Qualifier: true,
    MaximumRetryAttempts: true,
    MaximumEventAgeInSeconds: true,
    DestinationConfig: { OnSuccess: {}, OnFailure: {} },
  },
  createOnly: ['FunctionName', 'Qualifier'],
  create: (properties, { core }) => putEventInvoke(properties, core),
  update: (_, properties, __, { core }) => putEventInvoke(properties, core),
  delete: (_, properties, { core }) =>
    gone(
      core.send(
        new DeleteFunctionEventInvokeConfigCommand({ FunctionName: String(properties.FunctionName) }),
      ),
    ),
};

/** CloudFormation's types for functions. */
export const lambdaResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Permission': permission,
  'AWS::Lambda::EventInvokeConfig': eventInvokeConfig,
};

/** Waits for a deletion. */
function gone(deletion: Promise<unknown>): Promise<void> {
  return unlessGone(deletion, /^ResourceNotFoundException$/);
}
