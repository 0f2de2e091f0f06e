import {
  CreateStackCommand,
  DescribeStacksCommand,
  type Tag,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { ListTagsForResourceCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListRoleTagsCommand } from '@aws-sdk/client-iam';
import { ListTagsForResourceCommand as ListParameterTagsCommand } from '@aws-sdk/client-ssm';
import { VirtualClock } from '../../../local-aws/core/clock';
import { assemble } from '../../../local-aws/local-aws';
import { MemoryDriver } from '../../../local-aws/machines/memory-driver';

const TemplateBody = JSON.stringify({
  Resources: {
    Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/p', Type: 'String', Value: 'v' } },
    Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'log' } },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'role',
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } },
          ],
        },
      },
    },
  },
});

test('a tag that the stack has no more is taken from its resources', async () => {
  const clock = new VirtualClock();
  const { core } = await assemble({
    clock,
    variations: {},
    machines: (core) => new MemoryDriver(core),
    lambda: { inProcess: async () => undefined },
    forward: false,
  });
  const stack = { StackName: 'web', TemplateBody, Capabilities: ['CAPABILITY_NAMED_IAM' as const] };
  const own = async () => {
    const { TagList = [] } = await core.send(
      new ListParameterTagsCommand({ ResourceType: 'Parameter', ResourceId: '/p' }),
    );
    const resourceArn = core.arn('logs', 'log-group:log');
    const { tags = {} } = await core.send(new ListTagsForResourceCommand({ resourceArn }));
    const { Tags = [] } = await core.send(new ListRoleTagsCommand({ RoleName: 'role' }));
    const keys = [TagList.map(({ Key }) => Key), Object.keys(tags), Tags.map(({ Key }) => Key)];
    return keys.map((each) => each.filter((key) => !key?.startsWith('aws:')).sort());
  };
  const settled = async (tags: readonly Tag[]) => {
    await clock.advance(600_000);
    const { Stacks } = await core.send(new DescribeStacksCommand({ StackName: 'web' }));
    expect(Stacks?.[0]?.StackStatus).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
    const keys = tags.map(({ Key }) => Key);
    expect(await own()).toEqual([keys, keys, keys]);
  };
  const team = { Key: 'team', Value: 'blue' };
  const centre = { Key: 'cost centre', Value: '12' };
  await core.send(new CreateStackCommand({ ...stack, Tags: [centre, team] }));
  await settled([centre, team]);
  await core.send(new UpdateStackCommand({ ...stack, Tags: [team] }));
  await settled([team]);
  await core.close();
});
