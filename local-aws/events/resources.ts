import {
  DeleteRuleCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  type PutRuleRequest,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  type Target,
  UntagResourceCommand,
} from '@aws-sdk/client-eventbridge';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, Provisioning, ResourceType } from '../core/service';
import { asBefore, withStackTags } from '../core/template-input';

interface RuleProperties {
  readonly Name?: string;
  readonly Description?: string;
  readonly EventBusName?: string;
  readonly EventPattern?: unknown;
  readonly ScheduleExpression?: string;
  readonly State?: PutRuleRequest['State'];
  readonly Targets?: readonly Target[];
  readonly Tags?: PutRuleRequest['Tags'];
}

async function put(name: string, properties: Properties, provisioning: Provisioning) {
  const { core } = provisioning;
  const wanted = properties as unknown as RuleProperties;
  const { RuleArn } = await core.send(
    new PutRuleCommand({
      Name: name,
      Description: wanted.Description,
      EventBusName: wanted.EventBusName,
      EventPattern: wanted.EventPattern === undefined ? undefined : JSON.stringify(wanted.EventPattern),
      ScheduleExpression: wanted.ScheduleExpression,
      State: wanted.State,
      Tags: withStackTags(wanted.Tags, provisioning),
    }),
  );
  const targets = wanted.Targets ?? [];
  await removeTargets(core, name, new Set(targets.map(({ Id }) => Id)));
  if (targets.length > 0) await core.send(new PutTargetsCommand({ Rule: name, Targets: [...targets] }));
  return { physicalId: name, attributes: { Arn: RuleArn } };
}

async function removeTargets(core: Core, name: string, kept: ReadonlySet<string | undefined>): Promise<void> {
  const { Targets } = await core.send(new ListTargetsByRuleCommand({ Rule: name }));
  const Ids = (Targets ?? []).flatMap(({ Id }) => (Id === undefined || kept.has(Id) ? [] : [Id]));
  if (Ids.length > 0) await core.send(new RemoveTargetsCommand({ Rule: name, Ids }));
}

const rule: ResourceType = {
  accepts: {
    Name: true,
    Description: true,
    EventBusName: true,
    EventPattern: true,
    ScheduleExpression: true,
    State: true,
    Targets: true,
    Tags: true,
  },
  createOnly: ['Name', 'EventBusName'],
  create: (properties, provisioning) =>
    put(String(properties.Name ?? provisioning.generateName()), properties, provisioning),
  async update(name, properties, old, provisioning) {
    const changed = await put(name, properties, provisioning);
    const tags = withStackTags(properties.Tags, provisioning);
    const gone = withStackTags(old.Tags, asBefore(provisioning)).filter(
      ({ Key }) => !tags.some((tag) => tag.Key === Key),
    );
    const ResourceARN = String(changed.attributes.Arn);
    await provisioning.core.send(new TagResourceCommand({ ResourceARN, Tags: tags }));
    await provisioning.core.send(
      new UntagResourceCommand({ ResourceARN, TagKeys: gone.map(({ Key }) => Key) }),
    );
    return changed;
  },
  async delete(name, _, { core }) {
    try {
      await removeTargets(core, name, new Set());
      await core.send(new DeleteRuleCommand({ Name: name }));
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'ResourceNotFoundException')) throw error;
    }
  },
};

/** CloudFormation's types for event rules. */
export const eventsResourceTypes: Readonly<Record<string, ResourceType>> = { 'AWS::Events::Rule': rule };
