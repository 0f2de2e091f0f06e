// Written here, although the package aws-local-stepfunctions exists: that one needs Node 22 and waits
// in real time, while this project runs on Node 20 and on a clock of its own.
import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-sfn';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { type Operation, operation, type ResourceType, type Service } from '../core/service';
import { isAssumable } from '../sts/trust';
import { parseDefinition } from './definition';
import type { RealTimer } from './execution';
import { Executions, type StateMachine } from './executions';
import { stepFunctionsResourceTypes } from './resources';

export interface StepFunctionsOptions {
  /** What a task's time-out is counted with. @default real time */
  readonly realTimer?: RealTimer;
}

/** Step Functions: standard state machines in JSONPath, whose tasks are Lambda functions. */
export class StepFunctionsService implements Service {
  readonly signingName = 'states';
  readonly sdk = sdk;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = stepFunctionsResourceTypes;
  private readonly machines = new Map<string, StateMachine>();
  private readonly executions: Executions;

  constructor(
    private readonly core: Core,
    options: StepFunctionsOptions = {},
  ) {
    this.executions = new Executions(core, this.machines, options.realTimer ?? realTimer);
    this.operations = {
      ...this.machineOperations(),
      ...this.tagOperations(),
      ...this.executions.operations(),
    };
  }

  async close(): Promise<void> {
    this.executions.halt();
  }

  private machineOperations(): Record<string, Operation> {
    const { core, machines } = this;
    const onMachine = ({ stateMachineArn }: { stateMachineArn?: string }) => [stateMachineArn ?? '*'];
    return {
      CreateStateMachine: operation<sdk.CreateStateMachineInput, sdk.CreateStateMachineOutput>({
        resources: ({ name }) => [core.arn('states', `stateMachine:${name}`)],
        run: async (input, call) => {
          const { name = '', definition: text = '', roleArn = '', type = 'STANDARD' } = input;
          if (!/^[\w-]{1,80}$/.test(name))
            throw new Fault(
              'InvalidName',
              `Invalid Name: '${name}': 1 to 80 letters, digits, - and _ are valid.`,
            );
          if (type !== 'STANDARD')
            throw new Fault(
              'ValidationException',
              `The local AWS serves standard state machines; found ${type}.`,
            );
          const definition = parseDefinition(text);
          const arn = core.arn('states', `stateMachine:${name}`);
          call.authorize('iam:PassRole', roleArn);
          await this.checkRole(roleArn);
          const present = machines.get(arn);
          if (present && (present.text !== text || present.roleArn !== roleArn))
            throw new Fault('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`, 409);
          const now = this.now();
          const machine: StateMachine = present ?? {
            arn,
            name,
            roleArn,
            text,
            definition,
            createdAt: now,
            updatedAt: now,
            revisionId: randomUUID(),
            loggingConfiguration: input.loggingConfiguration,
            tags: new Map(),
          };
          for (const { key = '', value = '' } of input.tags ?? []) machine.tags.set(key, value);
          machines.set(arn, machine);
          return { stateMachineArn: arn, creationDate: machine.createdAt };
        },
      }),
      UpdateStateMachine: operation<sdk.UpdateStateMachineInput, sdk.UpdateStateMachineOutput>({
        resources: onMachine,
        run: async (input, call) => {
          const machine = this.machine(input.stateMachineArn);
          const text = input.definition ?? machine.text;
          const definition = parseDefinition(text);
          if (input.roleArn !== undefined) {
            call.authorize('iam:PassRole', input.roleArn);
            await this.checkRole(input.roleArn);
          }
          machine.text = text;
          machine.definition = definition;
          machine.roleArn = input.roleArn ?? machine.roleArn;
          machine.loggingConfiguration = input.loggingConfiguration ?? machine.loggingConfiguration;
          machine.updatedAt = this.now();
          machine.revisionId = randomUUID();
          return { updateDate: machine.updatedAt, revisionId: machine.revisionId };
        },
      }),
      DescribeStateMachine: operation<sdk.DescribeStateMachineInput, sdk.DescribeStateMachineOutput>({
        resources: onMachine,
        run: ({ stateMachineArn }) => {
          const machine = this.machine(stateMachineArn);
          return {
            stateMachineArn: machine.arn,
            name: machine.name,
            status: 'ACTIVE',
            definition: machine.text,
            roleArn: machine.roleArn,
            type: 'STANDARD',
            creationDate: machine.createdAt,
            loggingConfiguration: machine.loggingConfiguration ?? {
              level: 'OFF',
              includeExecutionData: false,
            },
            tracingConfiguration: { enabled: false },
            revisionId: machine.revisionId,
          };
        },
      }),
      // Its running executions go on to their end, by the definition that they began with.
      DeleteStateMachine: operation<sdk.DeleteStateMachineInput, sdk.DeleteStateMachineOutput>({
        resources: onMachine,
        run: ({ stateMachineArn = '' }) => {
          machines.delete(stateMachineArn);
          return {};
        },
      }),
      ListStateMachines: operation<sdk.ListStateMachinesInput, sdk.ListStateMachinesOutput>({
        run: () => ({
          stateMachines: [...machines.values()].map((machine) => ({
            stateMachineArn: machine.arn,
            name: machine.name,
            type: 'STANDARD',
            creationDate: machine.createdAt,
          })),
        }),
      }),
      ValidateStateMachineDefinition: operation<
        sdk.ValidateStateMachineDefinitionInput,
        sdk.ValidateStateMachineDefinitionOutput
      >({
        run: ({ definition = '' }) => {
          try {
            parseDefinition(definition);
            return { result: 'OK', diagnostics: [], truncated: false };
          } catch (error) {
            const [, code = 'SCHEMA_VALIDATION_FAILED', message = ''] =
              /'(\w+): (.*)'$/s.exec((error as Error).message) ?? [];
            return { result: 'FAIL', diagnostics: [{ severity: 'ERROR', code, message }], truncated: false };
          }
        },
      }),
    };
  }

  private tagOperations(): Record<string, Operation> {
    const resources = ({ resourceArn }: { resourceArn?: string }) => [resourceArn ?? '*'];
    return {
      TagResource: operation<sdk.TagResourceInput, sdk.TagResourceOutput>({
        resources,
        run: ({ resourceArn, tags }) => {
          const machine = this.machine(resourceArn);
          for (const { key = '', value = '' } of tags ?? []) machine.tags.set(key, value);
          return {};
        },
      }),
      UntagResource: operation<sdk.UntagResourceInput, sdk.UntagResourceOutput>({
        resources,
        run: ({ resourceArn, tagKeys }) => {
          const machine = this.machine(resourceArn);
          for (const key of tagKeys ?? []) machine.tags.delete(key);
          return {};
        },
      }),
      ListTagsForResource: operation<sdk.ListTagsForResourceInput, sdk.ListTagsForResourceOutput>({
        resources,
        run: ({ resourceArn }) => ({
          tags: [...this.machine(resourceArn).tags].map(([key, value]) => ({ key, value })),
        }),
      }),
    };
  }

  private machine(arn = ''): StateMachine {
    const machine = this.machines.get(arn);
    if (!machine) throw new Fault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  /** @throws Fault when there is no such role, or it does not trust Step Functions */
  private async checkRole(arn: string): Promise<void> {
    const { core } = this;
    const services = ['states.amazonaws.com', `states.${core.region}.amazonaws.com`];
    const principals = services.map((name) => core.servicePrincipal(name));
    if (!(await isAssumable(core, arn, principals)))
      throw new Fault(
        'AccessDeniedException',
        `Neither the global service principal ${services[0]}, nor the regional one is authorized to assume the provided role '${arn}'.`,
      );
  }

  private now(): Date {
    return new Date(this.core.clock.now());
  }
}

function realTimer(ms: number, callback: () => void) {
  const timer = setTimeout(callback, ms);
  return { cancel: () => clearTimeout(timer) };
}
