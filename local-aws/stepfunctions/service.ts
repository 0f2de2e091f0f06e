// Written here, although the package aws-local-stepfunctions exists: that one needs Node 22 and waits
// in real time, while this project runs on Node 20 and on a clock of its own.
import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-sfn';
import { only } from '../core/accepts';
import { passedTo } from '../core/condition-keys';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations, ResourceType, Service } from '../core/service';
import { isAssumable } from '../sts/trust';
import { parseDefinition } from './definition';
import type { RealTimer } from './execution';
import { Executions, noMachine, type StateMachine } from './executions';
import { pageOfList } from './pages';
import { stepFunctionsResourceTypes } from './resources';

const NO_LOG = 'told again; nothing is logged';
const LOGGING = {
  level: NO_LOG,
  includeExecutionData: NO_LOG,
  destinations: { cloudWatchLogsLogGroup: { logGroupArn: NO_LOG } },
} as const;

export interface StepFunctionsOptions {
  /** What a task's time-out is counted with. @default real time */
  readonly realTimer?: RealTimer;
}

/** Step Functions: standard state machines in JSONPath, whose tasks are Lambda functions. */
export class StepFunctionsService implements Service {
  readonly signingName = 'states';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
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

  private machineOperations(): Operations<typeof sdk> {
    const { core, machines } = this;
    const onMachine = ({ stateMachineArn }: { stateMachineArn?: string }) => [stateMachineArn ?? '*'];
    return {
      CreateStateMachine: {
        accepts: {
          name: true,
          definition: true,
          roleArn: true,
          type: true,
          loggingConfiguration: LOGGING,
          tags: { key: true, value: true },
          tracingConfiguration: { enabled: only(false) },
          publish: only(false),
          encryptionConfiguration: { type: only('AWS_OWNED_KEY') },
        },
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
          call.authorize('iam:PassRole', roleArn, passedTo('states.amazonaws.com'));
          await this.checkRole(roleArn);
          const present = machines.get(arn);
          // AWS ignores another role and other tags of a request that is repeated.
          if (present && (present.text !== text || !isSameLogging(present, input)))
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
          if (!present) for (const { key = '', value = '' } of input.tags ?? []) machine.tags.set(key, value);
          machines.set(arn, machine);
          return { stateMachineArn: arn, creationDate: machine.createdAt };
        },
      },
      UpdateStateMachine: {
        accepts: {
          stateMachineArn: true,
          definition: true,
          roleArn: true,
          loggingConfiguration: LOGGING,
          tracingConfiguration: { enabled: only(false) },
          publish: only(false),
          encryptionConfiguration: { type: only('AWS_OWNED_KEY') },
        },
        resources: onMachine,
        run: async (input, call) => {
          const machine = this.machine(input.stateMachineArn);
          if (input.definition === undefined && input.roleArn === undefined)
            throw new Fault(
              'MissingRequiredParameter',
              'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
            );
          const text = input.definition ?? machine.text;
          const definition = parseDefinition(text);
          if (input.roleArn !== undefined) {
            call.authorize('iam:PassRole', input.roleArn, passedTo('states.amazonaws.com'));
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
      },
      DescribeStateMachine: {
        accepts: { stateMachineArn: true, includedData: only('ALL_DATA') },
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
      },
      // Its running executions go on to their end, by the definition that they began with.
      DeleteStateMachine: {
        accepts: { stateMachineArn: true },
        resources: onMachine,
        run: ({ stateMachineArn = '' }) => {
          machines.delete(stateMachineArn);
          return {};
        },
      },
      ListStateMachines: {
        accepts: { maxResults: true, nextToken: true },
        run: (page) => {
          const { items, next } = pageOfList([...machines.values()], page);
          return {
            stateMachines: items.map(({ arn, name, createdAt }) => ({
              stateMachineArn: arn,
              name,
              type: 'STANDARD',
              creationDate: createdAt,
            })),
            nextToken: next,
          };
        },
      },
      ValidateStateMachineDefinition: {
        accepts: {
          definition: true,
          type: only('STANDARD'),
          severity: 'there are errors alone',
          maxResults: 'there is one diagnostic at the most',
        },
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
      },
    };
  }

  private tagOperations(): Operations<typeof sdk> {
    const resources = ({ resourceArn }: { resourceArn?: string }) => [resourceArn ?? '*'];
    return {
      TagResource: {
        accepts: { resourceArn: true, tags: { key: true, value: true } },
        resources,
        run: ({ resourceArn, tags }) => {
          const machine = this.machine(resourceArn);
          for (const { key = '', value = '' } of tags ?? []) machine.tags.set(key, value);
          return {};
        },
      },
      UntagResource: {
        accepts: { resourceArn: true, tagKeys: true },
        resources,
        run: ({ resourceArn, tagKeys }) => {
          const machine = this.machine(resourceArn);
          for (const key of tagKeys ?? []) machine.tags.delete(key);
          return {};
        },
      },
      ListTagsForResource: {
        accepts: { resourceArn: true },
        resources,
        run: ({ resourceArn }) => ({
          tags: [...this.machine(resourceArn).tags].map(([key, value]) => ({ key, value })),
        }),
      },
    };
  }

  private machine(arn = ''): StateMachine {
    const machine = this.machines.get(arn);
    if (!machine) throw noMachine(arn);
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

function isSameLogging(
  machine: StateMachine,
  { loggingConfiguration }: sdk.CreateStateMachineInput,
): boolean {
  return JSON.stringify(machine.loggingConfiguration) === JSON.stringify(loggingConfiguration);
}

function realTimer(ms: number, callback: () => void) {
  const timer = setTimeout(callback, ms);
  return { cancel: () => clearTimeout(timer) };
}
