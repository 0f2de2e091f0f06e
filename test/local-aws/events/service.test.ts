import * as events from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import type { Provisioning } from '../../../local-aws/core/service';
import type { EventsService } from '../../../local-aws/events/service';
import { coreWithStates } from '../stepfunctions/setup';

let got: unknown[];
let world: Awaited<ReturnType<typeof coreWithStates>>;
let service: EventsService;
let provisioning: Provisioning;

beforeEach(async () => {
  got = [];
  world = await coreWithStates(async (event) => got.push(event));
  const { core } = world;
  service = core.service('events') as EventsService;
  provisioning = {
    core,
    stackName: 'S',
    stackId: 'arn:stack',
    logicalId: 'L',
    generateName: () => 'S-L',
    stackTags: [],
  };
});

const type = () => service.resourceTypes['AWS::Events::Rule']!;
const allowRule = () =>
  world.core.send(
    new lambda.AddPermissionCommand({
      FunctionName: 'F',
      StatementId: 'rule',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: world.core.arn('events', 'rule/S-L'),
    }),
  );
const put = (detail: object) =>
  world.core.send(
    new events.PutEventsCommand({
      Entries: [{ Source: 'test', DetailType: 'T', Detail: JSON.stringify(detail) }],
    }),
  );
const properties = (more: object = {}) => ({
  EventPattern: { source: ['test'] },
  Targets: [{ Id: 'A', Arn: world.functionArn, ...more }],
});

test('an execution that fails reaches the function behind a rule', async () => {
  await allowRule();
  const rule = {
    EventPattern: { source: ['aws.states'], detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'] } },
    Targets: [{ Id: 'Answer', Arn: world.functionArn }],
  };
  await type().create(rule, provisioning);
  const states = { S: { Type: 'Fail', Error: 'E', Cause: 'C' } };
  const { executionArn } = await world.run({ StartAt: 'S', States: states }, { a: 1 });
  await world.run({ StartAt: 'S', States: { S: { Type: 'Succeed' } } });
  expect(got).toEqual([
    {
      version: '0',
      id: expect.any(String),
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      account: '000000000000',
      region: 'eu-central-1',
      time: '2026-01-01T00:00:00Z',
      resources: [executionArn],
      detail: expect.objectContaining({
        executionArn,
        status: 'FAILED',
        input: '{"a":1}',
        output: null,
        error: 'E',
        cause: 'C',
      }),
    },
  ]);
});

test('a function that does not let the rule invoke it gets nothing', async () => {
  await type().create(properties(), provisioning);
  await put({});
  await world.clock.advance(0);
  expect(got).toEqual([]);
});

test.each([
  ['a constant', { Input: '{"k":1}' }, { k: 1 }],
  ['a part', { InputPath: '$.detail.a' }, { b: 'x"y' }],
  [
    'a template',
    {
      InputTransformer: {
        InputPathsMap: { b: '$.detail.a.b', n: '$.detail.n' },
        InputTemplate: '{"text":"<b> of <aws.events.rule-name>","value":<b>,"n":<n>,"none":<none>}',
      },
    },
    { text: 'x"y of S-L', value: 'x"y', n: 2, none: null },
  ],
])('a target gets %s', async (_, target, expected) => {
  await allowRule();
  await type().create(properties(target), provisioning);
  await put({ a: { b: 'x"y' }, n: 2 });
  await world.clock.advance(0);
  expect(got).toEqual([expected]);
});

test('CloudFormation changes a rule’s targets, and removes it with them', async () => {
  await allowRule();
  const { attributes } = await type().create(properties(), provisioning);
  expect(attributes.Arn).toBe('arn:aws:events:eu-central-1:000000000000:rule/S-L');
  const other = { ...properties(), Targets: [{ Id: 'B', Arn: world.functionArn }] };
  await type().update!('S-L', other, properties(), provisioning);
  await put({});
  await world.clock.advance(0);
  expect(got).toHaveLength(1);
  await type().delete('S-L', other, provisioning);
  await type().delete('S-L', other, provisioning);
  await put({});
  await world.clock.advance(0);
  expect(got).toHaveLength(1);
});

test.each([
  ['an unknown matcher', { EventPattern: { a: [{ near: 1 }] } }, "The matcher 'near' is not known"],
  [
    'a schedule',
    { EventPattern: undefined, ScheduleExpression: 'rate(1 hour)' },
    'ScheduleExpression is not served',
  ],
  [
    'a queue',
    { Targets: [{ Id: 'Q', Arn: 'arn:aws:sqs:eu-central-1:000000000000:q' }] },
    'to Lambda functions',
  ],
  [
    'a dead-letter queue',
    { Targets: [{ Id: 'A', Arn: 'a', DeadLetterConfig: {} }] },
    'Targets[0].DeadLetterConfig is not served',
  ],
  [
    'two inputs of a target',
    {
      Targets: [
        { Id: 'A', Arn: 'arn:aws:lambda:eu-central-1:000000000000:function:F', Input: '{}', InputPath: '$' },
      ],
    },
    'Only one of Input, InputPath, or InputTransformer must be provided for target A.',
  ],
  ['another bus', { EventBusName: 'other' }, 'Event bus other does not exist'],
])('a rule with %s is refused', async (_, more, message) => {
  await expect(type().create({ ...properties(), ...more }, provisioning)).rejects.toThrow(message);
});

test('only AWS may speak for AWS', async () => {
  const entry = { Source: 'aws.states', DetailType: 'T', Detail: '{}' };
  const answer = await world.core.send(new events.PutEventsCommand({ Entries: [entry] }), world.core.root);
  expect(answer).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'NotAuthorizedForSource' }] });
});

test('a rule has five targets at the most', async () => {
  const targets = (count: number) => ({
    ...properties(),
    Targets: Array.from({ length: count }, (_, index) => ({ Id: `T${index}`, Arn: world.functionArn })),
  });
  await type().create(targets(5), provisioning);
  await expect(type().update!('S-L', targets(6), targets(5), provisioning)).rejects.toMatchObject({
    code: 'LimitExceededException',
  });
});

test('tags are changed by CloudFormation, and by no repeated PutRule', async () => {
  const { core } = world;
  const old = { ...properties(), Tags: [{ Key: 'a', Value: '1' }] };
  const { attributes } = await type().create(old, provisioning);
  const EventPattern = JSON.stringify({ source: ['test'] });
  await core.send(new events.PutRuleCommand({ Name: 'S-L', EventPattern, Tags: [{ Key: 'a', Value: '2' }] }));
  const tags = async () =>
    (await core.send(new events.ListTagsForResourceCommand({ ResourceARN: String(attributes.Arn) }))).Tags;
  expect(await tags()).toEqual([{ Key: 'a', Value: '1' }]);
  await type().update!('S-L', { ...properties(), Tags: [{ Key: 'b', Value: '3' }] }, old, provisioning);
  expect(await tags()).toEqual([{ Key: 'b', Value: '3' }]);
});

test('lists have pages, and names of other buses are not answered', async () => {
  const { core } = world;
  await type().create(properties(), provisioning);
  await type().create(properties(), { ...provisioning, generateName: () => 'S-M' });
  const first = await core.send(new events.ListRulesCommand({ Limit: 1 }));
  expect(first.Rules?.map(({ Name }) => Name)).toEqual(['S-L']);
  const second = await core.send(new events.ListRulesCommand({ Limit: 1, NextToken: first.NextToken }));
  expect(second).toMatchObject({ Rules: [{ Name: 'S-M' }], NextToken: undefined });
  await expect(core.send(new events.ListRulesCommand({ Limit: 101 }))).rejects.toThrow(
    'less than or equal to 100',
  );
  await expect(
    core.send(new events.ListTargetsByRuleCommand({ Rule: 'S-L', EventBusName: 'other' })),
  ).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('a call puts one to ten events', async () => {
  const Entries = Array.from({ length: 11 }, () => ({ Source: 's', DetailType: 'T', Detail: '{}' }));
  await expect(world.core.send(new events.PutEventsCommand({ Entries }))).rejects.toThrow(
    'length less than or equal to 10',
  );
  await expect(world.core.send(new events.PutEventsCommand({ Entries: [] }))).rejects.toThrow(
    'length greater than or equal to 1',
  );
});
