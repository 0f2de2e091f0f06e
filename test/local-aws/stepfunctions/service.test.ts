import * as sfn from '@aws-sdk/client-sfn';
import { provisioningOf } from '../provisioning';
import { coreWithStates } from './setup';

let world: Awaited<ReturnType<typeof coreWithStates>>;
beforeEach(async () => {
  world = await coreWithStates(async (event) => event);
});

const wait = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 60, End: true } } };

describe('starting an execution', () => {
  test('twice under one name starts one', async () => {
    const machine = await world.create(wait);
    const first = await world.start(machine, { a: 1 }, 'E');
    expect(await world.start(machine, { a: 1 }, 'E')).toBe(first);
    const { executions } = await world.core.send(new sfn.ListExecutionsCommand({ stateMachineArn: machine }));
    expect(executions).toHaveLength(1);
  });

  test('under the name of another input, or of one that has ended, is refused', async () => {
    const machine = await world.create(wait);
    await world.start(machine, { a: 1 }, 'E');
    const taken = { code: 'ExecutionAlreadyExists' };
    await expect(world.start(machine, { a: 2 }, 'E')).rejects.toMatchObject(taken);
    await world.clock.advance(60_000);
    await expect(world.start(machine, { a: 1 }, 'E')).rejects.toMatchObject(taken);
  });

  test.each([
    ['input that is no JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['a name with a colon', { name: 'a:b' }, 'InvalidName'],
    ['a machine that is not there', { stateMachineArn: 'arn:none' }, 'StateMachineDoesNotExist'],
  ])('with %s is refused', async (_, more, code) => {
    const stateMachineArn = await world.create(wait);
    await expect(
      world.core.send(new sfn.StartExecutionCommand({ stateMachineArn, ...more })),
    ).rejects.toMatchObject({ code });
  });

  test('uses the definition of that moment to its end', async () => {
    const stateMachineArn = await world.create(wait);
    const running = await world.start(stateMachineArn, {});
    const definition = JSON.stringify({ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'new' } } });
    await world.core.send(new sfn.UpdateStateMachineCommand({ stateMachineArn, definition }));
    const later = await world.start(stateMachineArn, {});
    await world.clock.advance(60_000);
    expect((await world.describe(running)).status).toBe('SUCCEEDED');
    expect((await world.describe(later)).status).toBe('FAILED');
  });
});

describe('a definition is refused', () => {
  const state = (more: object) => ({ StartAt: 'S', States: { S: more } });
  test.each<[string, object, string]>([
    ['that starts nowhere', { StartAt: 'X', States: wait.States }, "Missing 'Next' target: X at /StartAt"],
    ['with a Parallel', state({ Type: 'Parallel' }), 'no state of type Parallel at /States/S/Type'],
    ['with a Map', state({ Type: 'Map' }), 'no state of type Map'],
    ['in JSONata', { QueryLanguage: 'JSONata', ...wait }, 'reads JSONPath; found JSONata'],
    ['that goes on and ends', state({ Type: 'Pass', End: true, Next: 'S' }), 'Either Next or End'],
    ['with an unknown field', state({ Type: 'Pass', End: true, Reslt: 1 }), 'the field Reslt at /States/S'],
    [
      'with two waits',
      state({ Type: 'Wait', Seconds: 1, SecondsPath: '$.s', End: true }),
      'has one of Seconds',
    ],
    [
      'with another service',
      state({ Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true }),
      'sns:publish',
    ],
    [
      'with an unknown operator',
      state({ Type: 'Choice', Choices: [{ Variable: '$.a', StringIs: '', Next: 'S' }] }),
      'has one operator; found ["StringIs"]',
    ],
    [
      'with a path that is not read',
      state({ Type: 'Pass', InputPath: '$..a', End: true }),
      "The path '$..a'",
    ],
    [
      'with an unknown function',
      state({ Type: 'Pass', Parameters: { 'x.$': 'States.UUID()' }, End: true }),
      "'States.UUID()' is neither",
    ],
  ])('%s', async (_, definition, message) => {
    await expect(world.create(definition)).rejects.toMatchObject({
      code: 'InvalidDefinition',
      message: expect.stringContaining(message),
    });
  });
});

test('a role that does not trust Step Functions is refused', async () => {
  await expect(
    world.core.send(
      new sfn.CreateStateMachineCommand({
        name: 'M',
        definition: JSON.stringify(wait),
        roleArn: world.core.arn('iam', 'role/function'),
      }),
    ),
  ).rejects.toThrow('authorized to assume the provided role');
});

test('CloudFormation makes a state machine, changes it, and removes it', async () => {
  const { core, states } = world;
  const provisioning = provisioningOf(core, 'L');
  const type = states.resourceTypes['AWS::StepFunctions::StateMachine']!;
  const text = (seconds: string) =>
    `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":${seconds},"End":true}}}`;
  const properties = {
    RoleArn: core.arn('iam', 'role/machine'),
    DefinitionString: text('$' + '{Pause}'),
    DefinitionSubstitutions: { Pause: 5 },
    LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: 'true' },
  };
  const { physicalId, attributes } = await type.create(properties, provisioning);
  expect(attributes).toEqual({ Arn: physicalId, Name: 'Stack-L' });
  const describe = () => core.send(new sfn.DescribeStateMachineCommand({ stateMachineArn: physicalId }));
  expect((await describe()).definition).toBe(text('5'));
  await type.update!(physicalId, { ...properties, DefinitionString: text('6') }, properties, provisioning);
  expect((await describe()).definition).toBe(text('6'));
  await type.delete(physicalId, properties, provisioning);
  await expect(describe()).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
});

describe('lists', () => {
  const list = (input: Partial<sfn.ListExecutionsCommandInput>, stateMachineArn: string) =>
    world.core.send(new sfn.ListExecutionsCommand({ stateMachineArn, ...input }));

  test('have the newest executions first, and a token where they are cut', async () => {
    const machine = await world.create(wait);
    for (let index = 0; index < 101; index++) await world.start(machine, {}, `E${index}`);
    const first = await list({}, machine);
    expect(first.executions?.map(({ name }) => name)).toEqual(
      Array.from({ length: 100 }, (_, index) => `E${100 - index}`),
    );
    const { executions, nextToken } = await list({ nextToken: first.nextToken }, machine);
    expect(executions?.map(({ name }) => name)).toEqual(['E0']);
    expect(nextToken).toBeUndefined();
    expect((await list({ maxResults: 0 }, machine)).executions).toHaveLength(100);
  });

  test('of histories have a hundred events at first', async () => {
    const states = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `S${index}`,
        index < 59 ? { Type: 'Pass', Next: `S${index + 1}` } : { Type: 'Pass', End: true },
      ]),
    );
    const { executionArn } = await world.run({ StartAt: 'S0', States: states });
    const history = await world.core.send(new sfn.GetExecutionHistoryCommand({ executionArn }));
    expect(history.events).toHaveLength(100);
    expect(history.nextToken).toBeDefined();
  });

  test('are refused for a machine that is not there, a page that is too large, and a foreign token', async () => {
    const machine = await world.create(wait);
    await expect(list({}, 'arn:none')).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
    await expect(list({ maxResults: 1001 }, machine)).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(list({ nextToken: 'x' }, machine)).rejects.toMatchObject({ code: 'InvalidToken' });
  });
});

test('a repeated creation changes neither role nor tags, and another logging is refused', async () => {
  const input = {
    name: 'M',
    definition: JSON.stringify(wait),
    roleArn: world.core.arn('iam', 'role/machine'),
    tags: [{ key: 'a', value: '1' }],
  };
  const create = (more: Partial<sfn.CreateStateMachineCommandInput>) =>
    world.core.send(new sfn.CreateStateMachineCommand({ ...input, ...more }));
  const { stateMachineArn: resourceArn } = await create({});
  await create({ tags: [{ key: 'a', value: '2' }] });
  const { tags } = await world.core.send(new sfn.ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual([{ key: 'a', value: '1' }]);
  await expect(create({ loggingConfiguration: { level: 'ALL' } })).rejects.toMatchObject({
    code: 'StateMachineAlreadyExists',
  });
});

test.each<[string, Partial<sfn.UpdateStateMachineCommandInput>, string]>([
  ['nothing to change', {}, 'MissingRequiredParameter'],
  ['a version to publish', { definition: JSON.stringify(wait), publish: true }, 'ValidationException'],
])('an update with %s is refused', async (_, more, code) => {
  const stateMachineArn = await world.create(wait);
  await expect(
    world.core.send(new sfn.UpdateStateMachineCommand({ stateMachineArn, ...more })),
  ).rejects.toMatchObject({ code });
});
