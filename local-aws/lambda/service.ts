import * as sdk from '@aws-sdk/client-lambda';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { type Operation, operation, type ResourceType, type Service } from '../core/service';
import { isAssumable } from '../sts/trust';
import { fetchCode } from './code';
import { describeFunction, type FunctionConfiguration, type FunctionRecord, Functions } from './functions';
import { AsynchronousInvocations, invokeOperation } from './invoke';
import { permissionOperations } from './permissions';
import { ProcessRunner } from './process-runner';
import { lambdaResourceTypes } from './resources';
import { inProcessRunner, type Runner } from './runner';

export interface LambdaOptions {
  /**
   * Folder `node_modules` that stands for the SDK which Lambda's runtime brings along.
   * @default functions have only what they bring themselves
   */
  readonly modulesPath?: string;
  /**
   * Runs handlers in this process, for tests in virtual time; an error that it throws is the function's.
   * It must not wait on the clock: an invocation holds it.
   * @default every function runs in Node processes of its own
   */
  readonly inProcess?: (functionName: string, event: unknown) => Promise<unknown>;
}

const maximumTimeoutSeconds = 900;

/** Lambda: Node functions, each in real processes of its own, under the permissions of its role. */
export class LambdaService implements Service {
  readonly signingName = 'lambda';
  readonly sdk = sdk;
  readonly operations: Readonly<Record<string, Operation>>;
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

  private functionOperations(): Record<string, Operation> {
    const { core, functions } = this;
    const onFunction = ({ FunctionName }: { FunctionName?: string }) => [functions.arn(FunctionName)];
    return {
      CreateFunction: operation<sdk.CreateFunctionRequest, sdk.FunctionConfiguration>({
        resources: onFunction,
        run: async (input, call) => {
          const name = input.FunctionName ?? '';
          if (functions.has(name))
            throw new Fault('ResourceConflictException', `Function already exist: ${name}`, 409);
          refuseUnserved(input);
          const configuration = configure(input, undefined);
          call.authorize('iam:PassRole', configuration.role);
          await checkRole(core, configuration.role);
          const code = await fetchCode(core, input.Code ?? {}, call.principal);
          const record: FunctionRecord = {
            name,
            arn: functions.arn(name),
            configuration,
            code,
            lastModified: this.timestamp(),
            tags: new Map(Object.entries(input.Tags ?? {})),
            permissions: new Map(),
          };
          functions.add(record);
          return describeFunction(record);
        },
      }),
      UpdateFunctionCode: operation<sdk.UpdateFunctionCodeRequest, sdk.FunctionConfiguration>({
        resources: onFunction,
        run: async (input, call) => {
          const record = functions.find(input.FunctionName);
          record.code = await fetchCode(core, input, call.principal);
          return this.changed(record);
        },
      }),
      UpdateFunctionConfiguration: operation<
        sdk.UpdateFunctionConfigurationRequest,
        sdk.FunctionConfiguration
      >({
        resources: onFunction,
        run: async (input, call) => {
          const record = functions.find(input.FunctionName);
          refuseUnserved(input);
          const configuration = configure(input, record.configuration);
          if (configuration.role !== record.configuration.role) {
            call.authorize('iam:PassRole', configuration.role);
            await checkRole(core, configuration.role);
          }
          record.configuration = configuration;
          return this.changed(record);
        },
      }),
      GetFunction: operation<sdk.GetFunctionRequest, sdk.GetFunctionResponse>({
        resources: onFunction,
        run: (input) => {
          const record = functions.find(input.FunctionName);
          return {
            Configuration: describeFunction(record),
            Code: { RepositoryType: 'S3' },
            Tags: Object.fromEntries(record.tags),
          };
        },
      }),
      GetFunctionConfiguration: operation<sdk.GetFunctionConfigurationRequest, sdk.FunctionConfiguration>({
        resources: onFunction,
        run: (input) => describeFunction(functions.find(input.FunctionName)),
      }),
      ListFunctions: operation<sdk.ListFunctionsRequest, sdk.ListFunctionsResponse>({
        run: () => ({ Functions: functions.all().map(describeFunction) }),
      }),
      DeleteFunction: operation<sdk.DeleteFunctionRequest, sdk.DeleteFunctionResponse>({
        resources: onFunction,
        run: (input) => {
          const record = functions.find(input.FunctionName);
          functions.delete(record);
          this.runner.retire(record.name);
          return { StatusCode: 204 };
        },
      }),
    };
  }

  private tagOperations(): Record<string, Operation> {
    const find = ({ Resource }: { Resource?: string }) => this.functions.find(Resource);
    const resources = ({ Resource }: { Resource?: string }) => [Resource ?? '*'];
    return {
      TagResource: operation<sdk.TagResourceRequest, object>({
        resources,
        run: (input) => {
          const { tags } = find(input);
          for (const [key, value] of Object.entries(input.Tags ?? {})) tags.set(key, value);
          return {};
        },
      }),
      UntagResource: operation<sdk.UntagResourceRequest, object>({
        resources,
        run: (input) => {
          const { tags } = find(input);
          for (const key of input.TagKeys ?? []) tags.delete(key);
          return {};
        },
      }),
      ListTags: operation<sdk.ListTagsRequest, sdk.ListTagsResponse>({
        resources,
        run: (input) => ({ Tags: Object.fromEntries(find(input).tags) }),
      }),
    };
  }

  private eventInvokeOperations(): Record<string, Operation> {
    const { functions } = this;
    const onFunction = ({ FunctionName }: { FunctionName?: string }) => [functions.arn(FunctionName)];
    return {
      PutFunctionEventInvokeConfig: operation<
        sdk.PutFunctionEventInvokeConfigRequest,
        sdk.FunctionEventInvokeConfig
      >({
        resources: onFunction,
        run: ({ FunctionName, MaximumRetryAttempts, DestinationConfig }) => {
          const destinations = [DestinationConfig?.OnSuccess, DestinationConfig?.OnFailure];
          if (destinations.some((destination) => destination?.Destination))
            throw new Fault(
              'InvalidParameterValueException',
              'The local AWS serves no destinations of asynchronous invocations.',
            );
          const record = functions.find(FunctionName);
          record.maximumRetries = MaximumRetryAttempts;
          return { FunctionArn: record.arn, MaximumRetryAttempts };
        },
      }),
      DeleteFunctionEventInvokeConfig: operation<sdk.DeleteFunctionEventInvokeConfigRequest, object>({
        resources: onFunction,
        run: ({ FunctionName }) => {
          functions.find(FunctionName).maximumRetries = undefined;
          return {};
        },
      }),
    };
  }

  private changed(record: FunctionRecord): sdk.FunctionConfiguration {
    record.lastModified = this.timestamp();
    this.runner.retire(record.name);
    return describeFunction(record);
  }

  private timestamp(): string {
    return new Date(this.core.clock.now()).toISOString().replace('Z', '+0000');
  }
}

/** Settings that would make a function behave in another way than it does here. */
function refuseUnserved(input: sdk.CreateFunctionRequest | sdk.UpdateFunctionConfigurationRequest): void {
  const unserved = {
    Layers: (input.Layers?.length ?? 0) > 0,
    VpcConfig: (input.VpcConfig?.SubnetIds?.length ?? 0) > 0,
    DeadLetterConfig: input.DeadLetterConfig?.TargetArn !== undefined,
    FileSystemConfigs: (input.FileSystemConfigs?.length ?? 0) > 0,
  };
  for (const [name, present] of Object.entries(unserved))
    if (present) throw invalid(`The local AWS does not serve functions with ${name}.`);
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
