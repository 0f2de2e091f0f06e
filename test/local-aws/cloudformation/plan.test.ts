import { KNOWN_AFTER_APPLY } from '../../../local-aws/cloudformation/intrinsics';
import { Fixture, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

/** What a change set shows of each resource: `Modify A True Name!Always/Static`. */
async function changes(before: object, after: object): Promise<string[]> {
  await aws.deploy('web', before);
  const { Changes = [] } = await aws.changeSet('web', after);
  return Changes.map(({ ResourceChange: change = {} }) =>
    [
      change.Action,
      change.LogicalResourceId,
      change.Replacement,
      change.PolicyAction,
      ...(change.Details ?? []).map(
        ({ Target, Evaluation, CausingEntity }) =>
          `${Target?.Name ?? Target?.Attribute}:${Target?.RequiresRecreation}/${Evaluation}${CausingEntity ? `(${CausingEntity})` : ''}`,
      ),
    ]
      .filter(Boolean)
      .join(' '),
  );
}

const template = (data: string) => ({ Type: 'Fake::Template', Properties: { Data: data } });

it.each<[string, Record<string, object>, Record<string, object>, string[]]>([
  ['an addition', { A: thing() }, { A: thing(), B: thing() }, ['Add B']],
  ['a removal', { A: thing(), B: thing() }, { A: thing() }, ['Remove B Delete']],
  [
    'a removal that retains',
    { A: thing(), B: thing({}, { DeletionPolicy: 'Retain' }) },
    { A: thing() },
    ['Remove B Retain'],
  ],
  [
    'a change in place',
    { A: thing({ Value: 1, Other: 1 }) },
    { A: thing({ Value: 2, Other: 1 }) },
    ['Modify A False Value:Never/Static'],
  ],
  [
    'a replacement, and what refers to it',
    {
      A: thing({ Name: 'a' }),
      B: thing({ Value: { Ref: 'A' } }),
      C: thing({ Name: { 'Fn::GetAtt': 'A.Arn' } }),
    },
    {
      A: thing({ Name: 'b' }),
      B: thing({ Value: { Ref: 'A' } }),
      C: thing({ Name: { 'Fn::GetAtt': 'A.Arn' } }),
    },
    [
      'Modify A True ReplaceAndDelete Name:Always/Static',
      'Modify B False Value:Never/Dynamic(A)',
      'Modify C Conditional Name:Conditionally/Dynamic(A.Arn)',
    ],
  ],
  [
    'an attribute that may change with its resource',
    { T: template('1'), G: thing({ Value: { 'Fn::GetAtt': 'T.LatestVersionNumber' } }) },
    { T: template('2'), G: thing({ Value: { 'Fn::GetAtt': 'T.LatestVersionNumber' } }) },
    ['Modify T False Data:Never/Static', 'Modify G False Value:Never/Dynamic(T.LatestVersionNumber)'],
  ],
  [
    'an identity that stays with its resource',
    { A: thing({ Value: 1 }), B: thing({ Value: { 'Fn::GetAtt': 'A.Arn' } }) },
    { A: thing({ Value: 2 }), B: thing({ Value: { 'Fn::GetAtt': 'A.Arn' } }) },
    ['Modify A False Value:Never/Static'],
  ],
  [
    'metadata',
    { A: thing({}, { Metadata: { a: 1 } }) },
    { A: thing({}, { Metadata: { a: 2 } }) },
    ['Modify A False Metadata:Never/Static'],
  ],
  ['nothing', { A: thing({ Value: { Ref: 'AWS::Region' } }) }, { A: thing({ Value: 'eu-central-1' }) }, []],
])('shows %s', async (_, before, after, expected) => {
  expect(await changes({ Resources: before }, { Resources: after })).toEqual(expected);
});

it('shows values before and after', async () => {
  await aws.deploy('web', { Resources: { A: thing({ Value: { x: 1 } }) } });
  const { Changes } = await aws.changeSet('web', {
    Resources: { A: thing({ Value: { x: 1 }, Extra: { Ref: 'B' } }), B: thing() },
  });
  const change = Changes?.find(
    ({ ResourceChange }) => ResourceChange?.LogicalResourceId === 'A',
  )?.ResourceChange;
  expect(change?.Details?.[0]?.Target).toMatchObject({
    Name: 'Extra',
    AfterValue: KNOWN_AFTER_APPLY,
    AttributeChangeType: 'Add',
  });
  expect(JSON.parse(change?.BeforeContext ?? '')).toEqual({ Properties: { Value: { x: 1 } } });
  expect(JSON.parse(change?.AfterContext ?? '')).toEqual({
    Properties: { Value: { x: 1 }, Extra: KNOWN_AFTER_APPLY },
  });
});

it('counts outputs and tags as changes, and the values of parameters only where they matter', async () => {
  const base = {
    Parameters: { P: { Type: 'String', Default: '1' }, Q: { Type: 'String', Default: '1' } },
    Resources: { A: thing({ Value: { Ref: 'P' } }) },
  };
  await aws.deploy('web', base);
  const parameter = (key: string) => ({ Parameters: [{ ParameterKey: key, ParameterValue: '2' }] });
  expect((await aws.changeSet('web', base, parameter('Q'))).Status).toBe('FAILED');
  expect((await aws.changeSet('web', base, parameter('P'))).Changes).toHaveLength(1);
  expect((await aws.changeSet('web', { ...base, Outputs: { O: { Value: 'x' } } })).Status).toBe(
    'CREATE_COMPLETE',
  );
  expect((await aws.changeSet('web', base, { Tags: [{ Key: 'k', Value: 'v' }] })).Status).toBe(
    'CREATE_COMPLETE',
  );
});

it('refuses another type for a resource', async () => {
  await aws.deploy('web', { Resources: { A: thing() } });
  expect((await aws.changeSet('web', { Resources: { A: template('1') } })).StatusReason).toBe(
    'Update of resource type is not permitted. The new template modifies resource type of the following resources: [A]',
  );
});

describe('parameters', () => {
  const declared = (declaration: object) => ({
    Parameters: { P: { Type: 'String', ...declaration } },
    Resources: { A: thing({ Value: { Ref: 'P' } }) },
  });
  it.each<[string, object, string | undefined, string]>([
    ['a missing one', {}, undefined, 'Parameters: [P] must have values'],
    ['one out of its values', { AllowedValues: ['a'] }, 'b', "Parameter 'P' must be one of AllowedValues"],
    ['one beside its pattern', { AllowedPattern: '[a-z]+' }, 'a1', "Parameter 'P' must match pattern [a-z]+"],
    [
      'one with a description of its own',
      { MinLength: 2, ConstraintDescription: 'two letters' },
      'a',
      'Parameter P failed to satisfy constraint: two letters',
    ],
    ['one that is too long', { MaxLength: '1' }, 'ab', "Parameter 'P' must contain at most 1 characters"],
    ['one that is no number', { Type: 'Number' }, 'x', "Parameter 'P' must be a number"],
    ['a small one', { Type: 'Number', MinValue: 3 }, '2', "Parameter 'P' must be a number not less than 3"],
    [
      'one that SSM does not have',
      { Type: 'AWS::SSM::Parameter::Value<String>' },
      '/none',
      'Unable to fetch parameters [/none] from parameter store for this account.',
    ],
  ])('refuse %s', async (_, declaration, value, message) => {
    const given = value === undefined ? [] : [{ ParameterKey: 'P', ParameterValue: value }];
    await expect(aws.changeSet('web', declared(declaration), { Parameters: given })).rejects.toMatchObject({
      code: 'ValidationError',
      message,
    });
  });

  it('refuse one that is not declared, and a previous value that there is none of', async () => {
    const given = [{ ParameterKey: 'Q', ParameterValue: 'x' }];
    await expect(aws.changeSet('web', declared({ Default: 'd' }), { Parameters: given })).rejects.toThrow(
      'Parameters: [Q] do not exist in the template',
    );
    const previous = [{ ParameterKey: 'P', UsePreviousValue: true }];
    await expect(aws.changeSet('web', declared({}), { Parameters: previous })).rejects.toThrow(
      'Cannot specify usePreviousValue as true for a parameter key not in the previous template',
    );
  });

  it('keep their previous value, and are masked where they must not be shown', async () => {
    const given = [{ ParameterKey: 'P', ParameterValue: 'secret' }];
    await aws.deploy('web', declared({ NoEcho: true }), { Parameters: given });
    const changeSet = await aws.changeSet('web', declared({ NoEcho: true }), {
      Parameters: [{ ParameterKey: 'P', UsePreviousValue: true }],
    });
    expect(changeSet.Status).toBe('FAILED');
    expect((await aws.stack('web')).Parameters).toEqual([{ ParameterKey: 'P', ParameterValue: '****' }]);
  });
});
