import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import type { ResourceType } from '../core/service';
import { asBefore, unlessGone, withStackTags } from '../core/template-input';

const logGroup: ResourceType = {
  accepts: { LogGroupName: true, RetentionInDays: true, Tags: true, LogGroupClass: only('STANDARD') },
  createOnly: ['LogGroupName'],
  async create(properties, provisioning) {
    const { core } = provisioning;
    const name = String(properties.LogGroupName ?? provisioning.generateName(512));
    const tags = withStackTags(properties.Tags, provisioning).map(({ Key, Value }) => [Key, Value]);
    await core.send(new CreateLogGroupCommand({ logGroupName: name, tags: Object.fromEntries(tags) }));
    await putRetention(core, name, properties.RetentionInDays);
    return describe(core, name);
  },
  async update(name, properties, old, provisioning) {
    const { core } = provisioning;
    await putRetention(core, name, properties.RetentionInDays);
    await putTags(
      core,
      name,
      withStackTags(properties.Tags, provisioning),
      withStackTags(old.Tags, asBefore(provisioning)),
    );
    return describe(core, name);
  },
  delete: (name, _, { core }) => gone(core.send(new DeleteLogGroupCommand({ logGroupName: name }))),
};

async function putRetention(core: Core, logGroupName: string, days: unknown): Promise<void> {
  if (days === undefined) await core.send(new DeleteRetentionPolicyCommand({ logGroupName }));
  else await core.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: Number(days) }));
}

type Tags = ReturnType<typeof withStackTags>;

async function putTags(core: Core, name: string, tags: Tags, old: Tags): Promise<void> {
  const resourceArn = core.arn('logs', `log-group:${name}`);
  await core.send(
    new TagResourceCommand({
      resourceArn,
      tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
    }),
  );
  const gone = old.map(({ Key }) => Key).filter((key) => !tags.some(({ Key }) => Key === key));
  if (gone.length > 0) await core.send(new UntagResourceCommand({ resourceArn, tagKeys: gone }));
}

function describe(core: Core, name: string) {
  return { physicalId: name, attributes: { Arn: core.arn('logs', `log-group:${name}:*`) } };
}

const logStream: ResourceType = {
  accepts: { LogGroupName: true, LogStreamName: true },
  createOnly: ['LogGroupName', 'LogStreamName'],
  async create(properties, provisioning) {
    const logGroupName = String(properties.LogGroupName);
    const logStreamName = String(properties.LogStreamName ?? provisioning.generateName(512));
    await provisioning.core.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    return { physicalId: logStreamName, attributes: {} };
  },
  delete: (logStreamName, { LogGroupName }, { core }) =>
    gone(core.send(new DeleteLogStreamCommand({ logGroupName: String(LogGroupName), logStreamName }))),
};

/** CloudFormation's types for logs. */
export const logsResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::LogStream': logStream,
};

/** Waits for a deletion. */
function gone(deletion: Promise<unknown>): Promise<void> {
  return unlessGone(deletion, /^ResourceNotFoundException$/);
}
