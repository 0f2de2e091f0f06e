import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-lambda';
import { only } from '../core/accepts';
import { passedTo } from '../core/condition-keys';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import type { Operations, ResourceType, Service } from '../core/service';
import { isAssumable } from '../sts/trust';
import { fetchCode } from './code';
import {
  checkRevision,
  describeFunction,
  type FunctionConfiguration,
  type FunctionRecord,
  Functions,
} from './functions';
import { AsynchronousInvocations, invokeOperation } from './invoke';
import { permissionOperations } from './permissions';
import { ProcessRunner } from './process-runner';
import { lambdaResourceTypes } from './resources';
import { type InProcess, inProcessRunner, type Runner } from './runner';

export interface LambdaOptions {
  /**
   * Folder `node_modules` that stands for the SDK which Lambda's runtime brings along.
   * @default functions have only what they bring themselves
   */
  readonly modulesPath?: string;
  /**
   * Runs handlers in this process, for tests in virtual time; an error that it throws is the function's.
   * It must not wait on the clock, which an invocation holds; `pause` does, where nobody waits for the answer.
   * @default every function runs in Node processes of its own
   */
  readonly inProcess?: InProcess;
}

const maximumTimeoutSeconds = 900;
const MAXIMUM_LISTED = 50;

/** Lambda: Node functions, each in real processes of its own, under the permissions of its role. */
export class LambdaService implements Service {
  readonly signingName = 'lambda';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = lambdaResourceTypes;
  private readonly functions: Functions;
  private readonly runner: Runner;
  private readonly asynchronous: AsynchronousInvocations;

  constructor(
    private readonly core: Core,
    options: LambdaOptions = {},
  ) {
    this.functions = new Functions(core);
    this.runner = options.inProcess
      ? inProcessRunner(options.inProcess)
      : new ProcessRunner(core, options.modulesPath);
    this.asynchronous = new AsynchronousInvocations(core, this.runner);
    this.operations = {
      ...this.functionOperations(),
      ...this.tagOperations(),
      ...this.eventInvokeOperations(),
      ...permissionOperations(core, this.functions),
      Invoke: invokeOperation(this.functions, this.runner, this.asynchronous),
    };
  }

  /** Process ids of a function's processes, idle ones included: to see them, or to kill one in a test. */
  processes(functionName: string): number[] {
    return this.runner.processes(functionName);
  }

  close(): Promise<void> {
    this.asynchronous.close();
    return this.runner.close();
  }

  private functionOperations(): Operations<typeof sdk> {
    const { core, functions } = this;
    const onFunction = ({ FunctionName }: { FunctionName?: string }) => [functions.arn(FunctionName)];
    return {
      CreateFunction: {
        accepts: {
          FunctionName: true,
          Runtime: true,
          Role: true,
          Handler: true,
          Description: true,
          Timeout: true,
          Tags: true,
          Code: { ZipFile: true, S3Bucket: true, S3Key: true, S3ObjectVersion: true },
          Publish: only(false),
          PackageType: only('Zip'),
          Architectures: 'functions run on the processor of this computer',
          MemorySize: 'memory is not limited',
          EphemeralStorage: { Size: 'the temporary folder is not limited' },
          TracingConfig: { Mode: only('PassThrough') },
          LoggingConfig: { LogGroup: true, LogFormat: only('Text') },
          Environment: { Variables: true },
        },
        resources: onFunction,
        run: async (input, call) => {
          const name = input.FunctionName ?? '';
          if (functions.has(name))
            throw new Fault('ResourceConflictException', `Function already exist: ${name}`, 409);
          const configuration = configure(input, undefined);
          call.authorize('iam:PassRole', configuration.role, passedTo('lambda.amazonaws.com'));
          await checkRole(core, configuration.role);
          const code = await fetchCode(core, input.Code ?? {}, call.principal);
          const record: FunctionRecord = {
            name,
            arn: functions.arn(name),
            configuration,
            code,
            lastModified: this.timestamp(),
            revisionId: randomUUID(),
            tags: new Map(Object.entries(input.Tags ?? {})),
            permissions: new Map(),
          };
          functions.add(record);
          return describeFunction(record);
        },
      },
      UpdateFunctionCode: {
        accepts: {
          FunctionName: true,
          ZipFile: true,
          S3Bucket: true,
          S3Key: true,
          S3ObjectVersion: true,
          DryRun: true,
          RevisionId: true,
          Publish: only(false),
          Architectures: 'functions run on the processor of this computer',
        },
        resources: onFunction,
        run: async (input, call) => {
          const record = functions.find(input.FunctionName);
          checkRevision(record, input.RevisionId);
          const code = await fetchCode(core, input, call.principal);
          if (input.DryRun)
            return { ...describeFunction(record), CodeSize: code.size, CodeSha256: code.sha256 };
          record.code = code;
          return this.changed(record);
        },
      },
      UpdateFunctionConfiguration: {
        accepts: {
          FunctionName: true,
          Runtime: true,
          Role: true,
          Handler: true,
          Description: true,
          Timeout: true,
          RevisionId: true,
          MemorySize: 'memory is not limited',
          EphemeralStorage: { Size: 'the temporary folder is not limited' },
          TracingConfig: { Mode: only('PassThrough') },
          LoggingConfig: { LogGroup: true, LogFormat: only('Text') },
          Environment: { Variables: true },
        },
        resources: onFunction,
        run: async (input, call) => {
          const record = functions.find(input.FunctionName);
          checkRevision(record, input.RevisionId);
          const configuration = configure(input, record.configuration);
          if (configuration.role !== record.configuration.role) {
            call.authorize('iam:PassRole', configuration.role, passedTo('lambda.amazonaws.com'));
            await checkRole(core, configuration.role);
          }
          record.configuration = configuration;
          return this.changed(record);
        },
      },
      GetFunction: {
        accepts: { FunctionName: true, Qualifier: only('$LATEST') },
        resources: onFunction,
        run: (input) => {
          const record = functions.find(input.FunctionName);
          return {
            Configuration: describeFunction(record),
            Code: { RepositoryType: 'S3' },
            Tags: Object.fromEntries(record.tags),
          };
        },
      },
      GetFunctionConfiguration: {
        accepts: { FunctionName: true, Qualifier: only('$LATEST') },
        resources: onFunction,
        run: (input) => describeFunction(functions.find(input.FunctionName)),
      },
      ListFunctions: {
        accepts: { Marker: true, MaxItems: true, FunctionVersion: only('ALL') },
        run: ({ Marker, MaxItems = MAXIMUM_LISTED }) => {
          if (!(MaxItems >= 1 && MaxItems <= 10_000))
            throw invalid(`MaxItems is 1 to 10000; found ${MaxItems}.`);
          const { items, next } = pageOf(functions.all(), {
            // Lambda gives 50 at a time, whatever larger number is asked for.
            size: Math.min(MaxItems, MAXIMUM_LISTED),
            token: Marker,
            invalid: (token) => invalid(`The marker ${token} is not valid.`),
          });
          return { Functions: items.map(describeFunction), NextMarker: next };
        },
      },
      DeleteFunction: {
        accepts: { FunctionName: true },
        resources: onFunction,
        run: (input) => {
          const record = functions.find(input.FunctionName);
          functions.delete(record);
          this.runner.retire(record.name);
          return { StatusCode: 204 };
        },
      },
    };
  }

  private tagOperations(): Operations<typeof sdk> {
    const find = ({ Resource }: { Resource?: string }) => this.functions.find(Resource);
    const resources = ({ Resource }: { Resource?: string }) => [Resource ?? '*'];
    return {
      TagResource: {
        accepts: { Resource: true, Tags: true },
        resources,
        run: (input) => {
          const { tags } = find(input);
          for (const [key, value] of Object.entries(input.Tags ?? {})) tags.set(key, value);
          return {};
        },
      },
      UntagResource: {
        accepts: { Resource: true, TagKeys: true },
        resources,
        run: (input) => {
          const { tags } = find(input);
          for (const key of input.TagKeys ?? []) tags.delete(key);
          return {};
        },
      },
      ListTags: {
        accepts: { Resource: true },
        resources,
        run: (input) => ({ Tags: Object.fromEntries(find(input).tags) }),
      },
    };
  }

  private eventInvokeOperations(): Operations<typeof sdk> {
    const { functions } = this;
    const onFunction = ({ FunctionName }: { FunctionName?: string }) => [functions.arn(FunctionName)];
    return {
      PutFunctionEventInvokeConfig: {
        accepts: {
          FunctionName: true,
          MaximumRetryAttempts: true,
          MaximumEventAgeInSeconds: true,
          Qualifier: only('$LATEST'),
          DestinationConfig: { OnSuccess: {}, OnFailure: {} },
        },
        resources: onFunction,
        run: ({ FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig }) => {
          checkRange('maximumRetryAttempts', MaximumRetryAttempts, 0, 2);
          checkRange('maximumEventAgeInSeconds', MaximumEventAgeInSeconds, 60, 21_600);
          const record = functions.find(FunctionName);
          record.maximumRetries = MaximumRetryAttempts;
          record.maximumEventAgeSeconds = MaximumEventAgeInSeconds;
          return {
            FunctionArn: `${record.arn}:$LATEST`,
            LastModified: new Date(this.core.clock.now()),
            MaximumRetryAttempts,
            MaximumEventAgeInSeconds,
            DestinationConfig,
          };
        },
      },
      DeleteFunctionEventInvokeConfig: {
        accepts: { FunctionName: true, Qualifier: only('$LATEST') },
        resources: onFunction,
        run: ({ FunctionName }) => {
          const record = functions.find(FunctionName);
          record.maximumRetries = undefined;
          record.maximumEventAgeSeconds = undefined;
          return {};
        },
      },
    };
  }

  private changed(record: FunctionRecord): sdk.FunctionConfiguration {
    record.lastModified = this.timestamp();
    record.revisionId = randomUUID();
    this.runner.retire(record.name);
    return describeFunction(record);
  }

  private timestamp(): string {
    return new Date(this.core.clock.now()).toISOString().replace('Z', '+0000');
  }
}

function checkRange(name: string, value: number | undefined, minimum: number, maximum: number): void {
  if (value !== undefined && !(value >= minimum && value <= maximum))
    throw invalid(`The ${name} of asynchronous invocations is ${minimum} to ${maximum}; found ${value}.`);
}

function configure(
  input: sdk.CreateFunctionRequest | sdk.UpdateFunctionConfigurationRequest,
  before: FunctionConfiguration | undefined,
): FunctionConfiguration {
  const runtime = input.Runtime ?? before?.runtime ?? '';
  const timeoutSeconds = input.Timeout ?? before?.timeoutSeconds ?? 3;
  if (!runtime.startsWith('nodejs'))
    throw invalid(`The local AWS runs functions of nodejs runtimes only; found the runtime '${runtime}'.`);
  if (timeoutSeconds < 1 || timeoutSeconds > maximumTimeoutSeconds)
    throw invalid(`A function's timeout is 1 to ${maximumTimeoutSeconds} seconds; found ${timeoutSeconds}.`);
  return {
    runtime,
    timeoutSeconds,
    role: input.Role ?? before?.role ?? '',
    handler: input.Handler ?? before?.handler ?? '',
    description: input.Description ?? before?.description ?? '',
    memoryMegabytes: input.MemorySize ?? before?.memoryMegabytes ?? 128,
    ephemeralMegabytes: input.EphemeralStorage?.Size ?? before?.ephemeralMegabytes ?? 512,
    environment: input.Environment?.Variables ?? before?.environment ?? {},
    architectures: ('Architectures' in input ? input.Architectures : undefined) ??
      before?.architectures ?? ['x86_64'],
    logging: input.LoggingConfig ?? before?.logging ?? {},
  };
}

/** @throws Fault when there is no such role, or it does not trust Lambda */
async function checkRole(core: Core, arn: string): Promise<void> {
  if (await isAssumable(core, arn, [core.servicePrincipal('lambda.amazonaws.com')])) return;
  throw invalid('The role defined for the function cannot be assumed by Lambda.');
}

function invalid(message: string): Fault {
  return new Fault('InvalidParameterValueException', message, 400);
}
