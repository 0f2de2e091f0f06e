import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
  GetTemplateSummaryCommand,
  ListStackResourcesCommand,
  UpdateStackCommand,
  type UpdateStackCommandInput,
} from '@aws-sdk/client-cloudformation';
import { Fixture, thing } from './fixture';

// A command that changes one parameter of a stack and nothing else, without a change set.

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

const TEMPLATE = {
  Description: 'A fleet and its pin',
  Parameters: {
    Pin: { Type: 'String', Default: 'none' },
    Size: { Type: 'Number' },
    Secret: { Type: 'String', NoEcho: true },
    Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/image' },
    Unused: { Type: 'String', Default: '' },
  },
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: { Value: 'x' } },
    A: thing({ Value: { 'Fn::Sub': '${Pin} ${Size} ${Secret} ${Image}' } }),
  },
  Outputs: { Value: { Value: { 'Fn::GetAtt': 'A.Value' } } },
};
const CAPABILITIES = ['CAPABILITY_IAM' as const];
const kept = (...keys: string[]) => keys.map((ParameterKey) => ({ ParameterKey, UsePreviousValue: true }));

async function deployed() {
  aws.ssmParameters.set('/image', 'ami-1');
  await aws.deploy('web', TEMPLATE, {
    Capabilities: CAPABILITIES,
    Parameters: [
      { ParameterKey: 'Size', ParameterValue: '2' },
      { ParameterKey: 'Secret', ParameterValue: 'hush' },
    ],
    Tags: [{ Key: 'team', Value: 'blue' }],
    NotificationARNs: ['arn:topic'],
    RoleARN: 'arn:aws:iam::000000000000:role/deployment',
  });
  aws.forget();
}

/** The present template, `Pin` given and all else as it was. */
async function pin(value: string, more: Partial<UpdateStackCommandInput> = {}) {
  return aws.core.send(
    new UpdateStackCommand({
      StackName: 'web',
      UsePreviousTemplate: true,
      Capabilities: CAPABILITIES,
      Parameters: [
        { ParameterKey: 'Pin', ParameterValue: value },
        ...kept('Size', 'Secret', 'Image', 'Unused'),
      ],
      ...more,
    }),
  );
}

describe('UpdateStack with the previous template', () => {
  it('changes one parameter, and keeps other values, tags, role and topics', async () => {
    await deployed();
    const { StackId } = await pin('v7');
    const stack = await aws.atRest('web');
    expect(stack).toMatchObject({
      StackId,
      StackStatus: 'UPDATE_COMPLETE',
      Tags: [{ Key: 'team', Value: 'blue' }],
      RoleARN: 'arn:aws:iam::000000000000:role/deployment',
      NotificationARNs: ['arn:topic'],
      Outputs: [{ OutputKey: 'Value', OutputValue: 'v7 2 hush ami-1' }],
    });
    expect(stack.Parameters).toContainEqual({ ParameterKey: 'Secret', ParameterValue: '****' });
    expect(aws.calls).toEqual(['update A none 2 hush ami-1→v7 2 hush ami-1']);
    const { TemplateBody } = await aws.core.send(new GetTemplateCommand({ StackName: 'web' }));
    expect(TemplateBody).toBe(JSON.stringify(TEMPLATE));
  });

  it('does so by a change set too', async () => {
    await deployed();
    const changeSet = await aws.changeSet('web', TEMPLATE, {
      TemplateBody: undefined,
      UsePreviousTemplate: true,
      Capabilities: CAPABILITIES,
      Parameters: [{ ParameterKey: 'Pin', ParameterValue: 'v7' }, ...kept('Size', 'Secret')],
    });
    expect(changeSet.Changes?.map(({ ResourceChange }) => ResourceChange?.LogicalResourceId)).toEqual(['A']);
    expect(changeSet.Tags).toEqual([{ Key: 'team', Value: 'blue' }]);
  });

  it('reads a parameter of the parameter store anew', async () => {
    await deployed();
    aws.ssmParameters.set('/image', 'ami-2');
    await pin('none');
    expect((await aws.atRest('web')).Outputs?.[0]?.OutputValue).toBe('none 2 hush ami-2');
  });

  it('takes all tags away when it is given an empty list', async () => {
    await deployed();
    await pin('v7', { Tags: [] });
    expect((await aws.atRest('web')).Tags).toEqual([]);
  });

  it.each<[string, Partial<UpdateStackCommandInput>, string | RegExp]>([
    [
      'nothing that changes',
      { Parameters: kept('Pin', 'Size', 'Secret', 'Image', 'Unused') },
      'No updates are to be performed.',
    ],
    [
      'a change of a parameter that nothing uses',
      {
        Parameters: [
          { ParameterKey: 'Unused', ParameterValue: 'x' },
          ...kept('Pin', 'Size', 'Secret', 'Image'),
        ],
      },
      'No updates are to be performed.',
    ],
    ['no capabilities', { Capabilities: undefined }, 'Requires capabilities : [CAPABILITY_IAM]'],
    [
      'no value, where there is no default',
      { Parameters: [{ ParameterKey: 'Pin', ParameterValue: 'v7' }, ...kept('Secret')] },
      'Parameters: [Size] must have values',
    ],
    ['an unknown parameter', { Parameters: kept('Pim') }, 'Parameters: [Pim] do not exist in the template'],
    [
      'a value beside the previous one',
      { Parameters: [{ ParameterKey: 'Pin', ParameterValue: 'v7', UsePreviousValue: true }] },
      'Invalid input for parameter key Pin. Cannot specify usePreviousValue as true and non empty value for a parameter',
    ],
    [
      'two templates',
      { TemplateBody: JSON.stringify(TEMPLATE) },
      'Only one of TemplateBody, TemplateURL and UsePreviousTemplate can be specified.',
    ],
    [
      'no template',
      { UsePreviousTemplate: undefined },
      'Either Template URL or Template Body must be specified.',
    ],
    ['a stack that is not there', { StackName: 'wob' }, 'Stack with id wob does not exist'],
    ['a stack policy', { StackPolicyBody: '{}' }, 'StackPolicyBody is not served by the local AWS.'],
    [
      'rollback triggers',
      { RollbackConfiguration: { RollbackTriggers: [{ Arn: 'arn:alarm', Type: 'AWS::CloudWatch::Alarm' }] } },
      'RollbackTriggers[0].Arn = arn:alarm is not served by the local AWS',
    ],
  ])('refuses %s', async (_, more, message) => {
    await deployed();
    await expect(pin('v7', more)).rejects.toThrow(message);
    expect((await aws.stack('web')).StackStatus).toBe('CREATE_COMPLETE');
    expect(aws.calls).toEqual([]);
  });

  it('can use no previous value that a parameter did not have', async () => {
    await aws.deploy('web', { Resources: { A: thing() } });
    const next = {
      Parameters: { Pin: { Type: 'String' } },
      Resources: { A: thing({ Value: { Ref: 'Pin' } }) },
    };
    await expect(
      pin('', {
        UsePreviousTemplate: undefined,
        TemplateBody: JSON.stringify(next),
        Parameters: kept('Pin'),
      }),
    ).rejects.toThrow(
      'Invalid input for parameter key Pin. Cannot specify usePreviousValue as true for a parameter key not in the previous template',
    );
  });

  it('is refused while another operation goes on', async () => {
    await deployed();
    await pin('v7');
    await expect(pin('v8')).rejects.toThrow(/is in UPDATE_IN_PROGRESS state and can not be updated/);
  });
});

describe('a client’s token', () => {
  it('stands in every event of its operation, and a repeated call starts nothing twice', async () => {
    await deployed();
    const first = await pin('v7', { ClientRequestToken: 'undo-1' });
    expect(await pin('v7', { ClientRequestToken: 'undo-1' })).toEqual(first);
    await aws.atRest('web');
    expect(await pin('v7', { ClientRequestToken: 'undo-1' })).toEqual(first);
    expect(aws.calls).toHaveLength(1);
    const { StackEvents = [] } = await aws.core.send(new DescribeStackEventsCommand({ StackName: 'web' }));
    const ofToken = StackEvents.filter(({ ClientRequestToken }) => ClientRequestToken === 'undo-1');
    expect(ofToken.map(({ ResourceStatus }) => ResourceStatus).reverse()).toEqual([
      'UPDATE_IN_PROGRESS',
      'UPDATE_IN_PROGRESS',
      'UPDATE_COMPLETE',
      'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'UPDATE_COMPLETE',
    ]);
  });

  it('lets a creation be repeated, and no other creation of that name', async () => {
    const creation = { StackName: 'web', TemplateBody: JSON.stringify({ Resources: { A: thing() } }) };
    const first = await aws.core.send(new CreateStackCommand({ ...creation, ClientRequestToken: 'one' }));
    expect(await aws.core.send(new CreateStackCommand({ ...creation, ClientRequestToken: 'one' }))).toEqual(
      first,
    );
    await expect(
      aws.core.send(new CreateStackCommand({ ...creation, ClientRequestToken: 'two' })),
    ).rejects.toMatchObject({ code: 'AlreadyExistsException' });
    await aws.atRest('web');
    expect(aws.calls).toEqual(['create A']);
  });
});

describe('an update that is stopped', () => {
  const template = (value: string, more: object = {}) => ({
    Resources: {
      A: thing({ Value: value, Seconds: 60, ...more }),
      B: thing({ Value: value }, { DependsOn: 'A' }),
    },
  });
  const update = (body: object) =>
    aws.core.send(new UpdateStackCommand({ StackName: 'web', TemplateBody: JSON.stringify(body) }));

  it('goes back after CancelUpdateStack, which a stack at rest refuses', async () => {
    await aws.deploy('web', template('1'));
    const cancel = () => aws.core.send(new CancelUpdateStackCommand({ StackName: 'web' }));
    await expect(cancel()).rejects.toThrow('CancelUpdateStack cannot be called from current stack status');
    await update(template('2'));
    await aws.clock.advance(10_000);
    await cancel();
    expect((await aws.atRest('web')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    await expect(cancel()).rejects.toThrow('CancelUpdateStack cannot be called from current stack status');
    await update(template('3'));
    expect((await aws.atRest('web')).StackStatus).toBe('UPDATE_COMPLETE');
  });

  it('can be continued on its way back only when that has failed', async () => {
    await aws.deploy('web', template('1'));
    await expect(aws.core.send(new ContinueUpdateRollbackCommand({ StackName: 'web' }))).rejects.toThrow(
      /is in CREATE_COMPLETE state and can not continue rolling back/,
    );
  });
});

it('is described: parameters, capabilities, resources', async () => {
  await deployed();
  const summary = await aws.core.send(new GetTemplateSummaryCommand({ StackName: 'web' }));
  expect(summary).toMatchObject({
    Description: 'A fleet and its pin',
    Capabilities: ['CAPABILITY_IAM'],
    ResourceTypes: ['AWS::IAM::Role', 'Fake::Thing'],
  });
  expect(
    summary.Parameters?.map(({ ParameterKey, DefaultValue, NoEcho }) => [ParameterKey, DefaultValue, NoEcho]),
  ).toEqual([
    ['Pin', 'none', false],
    ['Size', undefined, false],
    ['Secret', undefined, true],
    ['Image', '/image', false],
    ['Unused', '', false],
  ]);
  const { StackResources } = await aws.core.send(new DescribeStackResourcesCommand({ StackName: 'web' }));
  const { StackResourceSummaries } = await aws.core.send(new ListStackResourcesCommand({ StackName: 'web' }));
  const { StackResourceDetail } = await aws.core.send(
    new DescribeStackResourceCommand({ StackName: 'web', LogicalResourceId: 'A' }),
  );
  const A = { LogicalResourceId: 'A', ResourceType: 'Fake::Thing', ResourceStatus: 'CREATE_COMPLETE' };
  expect(StackResources).toContainEqual(expect.objectContaining(A));
  expect(StackResourceSummaries).toContainEqual(expect.objectContaining(A));
  expect(StackResourceDetail).toMatchObject(A);
  const { StackResources: one } = await aws.core.send(
    new DescribeStackResourcesCommand({ PhysicalResourceId: StackResourceDetail?.PhysicalResourceId }),
  );
  expect(one?.map(({ StackName }) => StackName)).toContain('web');
  await expect(
    aws.core.send(new DescribeStackResourceCommand({ StackName: 'web', LogicalResourceId: 'Z' })),
  ).rejects.toThrow('Resource Z does not exist for stack web');
});
