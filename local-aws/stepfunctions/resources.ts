import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  type LoggingConfiguration,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { only } from '../core/accepts';
import type { Properties, Provisioning, ResourceType } from '../core/service';
import { asBefore, withStackTags } from '../core/template-input';

interface StateMachineProperties {
  readonly StateMachineName?: string;
  readonly StateMachineType?: 'STANDARD' | 'EXPRESS';
  readonly Definition?: unknown;
  readonly DefinitionString?: string;
  readonly DefinitionSubstitutions?: Readonly<Record<string, unknown>>;
  readonly RoleArn: string;
  readonly LoggingConfiguration?: {
    readonly Level?: LoggingConfiguration['level'];
    readonly IncludeExecutionData?: boolean | string;
    readonly Destinations?: readonly {
      readonly CloudWatchLogsLogGroup?: { readonly LogGroupArn?: string };
    }[];
  };
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

function read(properties: Properties): StateMachineProperties {
  return properties as unknown as StateMachineProperties;
}

/** A definition with `${Name}` replaced by what the substitutions say; others stay as they are. */
function definitionOf(wanted: StateMachineProperties): string {
  const text = wanted.DefinitionString ?? JSON.stringify(wanted.Definition ?? null);
  const substitutions = wanted.DefinitionSubstitutions ?? {};
  return text.replace(/\$\{(\w+)\}/g, (found, name: string) =>
    Object.hasOwn(substitutions, name) ? String(substitutions[name]) : found,
  );
}

function settings(wanted: StateMachineProperties) {
  const logging = wanted.LoggingConfiguration;
  return {
    definition: definitionOf(wanted),
    roleArn: wanted.RoleArn,
    loggingConfiguration: logging && {
      level: logging.Level,
      includeExecutionData: String(logging.IncludeExecutionData) === 'true',
      destinations: logging.Destinations?.map(({ CloudWatchLogsLogGroup: group }) => ({
        cloudWatchLogsLogGroup: { logGroupArn: group?.LogGroupArn },
      })),
    },
  };
}

function tagsOf(wanted: StateMachineProperties, provisioning: Provisioning) {
  return withStackTags(wanted.Tags, provisioning).map(({ Key, Value }) => ({ key: Key, value: Value }));
}

function describe(arn: string) {
  return { physicalId: arn, attributes: { Arn: arn, Name: arn.slice(arn.lastIndexOf(':') + 1) } };
}

const stateMachine: ResourceType = {
  accepts: {
    StateMachineName: true,
    StateMachineType: true,
    Definition: true,
    DefinitionString: true,
    DefinitionSubstitutions: true,
    RoleArn: true,
    LoggingConfiguration: {
      Level: true,
      IncludeExecutionData: true,
      Destinations: { CloudWatchLogsLogGroup: { LogGroupArn: true } },
    },
    TracingConfiguration: { Enabled: only(false) },
    Tags: true,
  },
  createOnly: ['StateMachineName', 'StateMachineType'],
  async create(properties, provisioning) {
    const wanted = read(properties);
    const { stateMachineArn = '' } = await provisioning.core.send(
      new CreateStateMachineCommand({
        name: wanted.StateMachineName ?? provisioning.generateName(80),
        type: wanted.StateMachineType,
        ...settings(wanted),
        tags: tagsOf(wanted, provisioning),
      }),
    );
    return describe(stateMachineArn);
  },
  async update(arn, properties, old, provisioning) {
    const { core } = provisioning;
    const wanted = read(properties);
    await core.send(new UpdateStateMachineCommand({ stateMachineArn: arn, ...settings(wanted) }));
    const tags = tagsOf(wanted, provisioning);
    const dropped = tagsOf(old as unknown as StateMachineProperties, asBefore(provisioning))
      .map(({ key }) => key)
      .filter((key) => !tags.some((tag) => tag.key === key));
    await core.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: dropped }));
    await core.send(new TagResourceCommand({ resourceArn: arn, tags }));
    return describe(arn);
  },
  async delete(arn, _, { core }) {
    await core.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
  },
};

/** CloudFormation's types for state machines. */
export const stepFunctionsResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::StepFunctions::StateMachine': stateMachine,
};
