// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { Model } from '../../../local-aws/cloudformation/model';
import { referencesOf } from '../../../local-aws/cloudformation/references';
import { parseTemplate } from '../../../local-aws/cloudformation/template';

const A = { A: { Type: 'T' } };

function model(template: object): Model {
  return new Model({
    body: '',
    template: parseTemplate(JSON.stringify(template)),
    parameters: [],
    tags: [],
    notificationArns: [],
    context: {
      account: '1',
      region: 'r',
      stackName: 's',
      stackId: 'id',
      availabilityZones: () => [],
      exported: () => undefined,
    },
  });
}

it('reads YAML with the short forms of functions', () => {
  const { Resources, Description } = parseTemplate(`
AWSTemplateFormatVersion: 2010-09-09
Description: a template
Parameters:
  Name: {Type: String}
Conditions:
  IsLive: !Equals [!Ref Name, live]
Resources:
  B:
    Type: T
    DependsOn: A
    Condition: IsLive
    Properties:
      Arn: !GetAtt A.Arn.Part
      Text: !Sub
        - "\${x}-\${Name}"
        - x: !Join [",", [a, !Ref Name]]
      Chosen: !If [IsLive, yes, !Ref "AWS::NoValue"]
      Script: !Base64 |
        line
      Zones: !GetAZs ""
      When: !Condition IsLive
      Count: 3
  A: {Type: T}
`);
  expect(Description).toBe('a template');
  expect(Resources.B).toEqual({
    Type: 'T',
    DependsOn: ['A'],
    Condition: 'IsLive',
    Properties: {
      Arn: { 'Fn::GetAtt': ['A', 'Arn.Part'] },
      Text: { 'Fn::Sub': ['${x}-${Name}', { x: { 'Fn::Join': [',', ['a', { Ref: 'Name' }]] } }] },
      Chosen: { 'Fn::If': ['IsLive', 'yes', { Ref: 'AWS::NoValue' }] },
      Script: { 'Fn::Base64': 'line\n' },
      Zones: { 'Fn::GetAZs': '' },
      When: { Condition: 'IsLive' },
      Count: 3,
    },
  });
});

it('finds what a value refers to, in the chosen branches alone', () => {
  const value = {
    a: { 'Fn::Sub': ['${X.Y} ${own} ${!no} ${P}', { own: { Ref: 'Z' } }] },
    b: { 'Fn::If': ['C', { Ref: 'Then' }, { 'Fn::GetAtt': 'Else.Arn' }] },
  };
  const names = (chosen?: () => boolean) => referencesOf(value, chosen).map(({ name }) => name);
  expect(names()).toEqual(['X', 'P', 'Z', 'Then', 'Else']);
  expect(names(() => true)).toEqual(['X', 'P', 'Z', 'Then']);
});

it.each<[string, object | string, string | RegExp]>([
  ['text that is not JSON', '{"Resources": ', /^Template format error: JSON not well-formed\./],
  [
    'text that is not YAML',
    'Resources:\n  - a\n b: [',
    /^Template format error: YAML not well-formed\. \(line \d/,
  ],
  [
    'no resources',
    { Resources: {} },
    'Template format error: At least one Resources member must be defined.',
  ],
  ['an unknown section', { Resources: A, Extra: {} }, 'Invalid template property or properties [Extra]'],
  ['a transform', { Resources: A, Transform: 'X' }, 'The local AWS carries out no transforms; found ["X"].'],
  [
    'a resource without a type',
    { Resources: { A: {} } },
    'Template format error: [/Resources/A] Every Resources object must contain a Type member.',
  ],
  [
    'an unknown member',
    { Resources: { A: { Type: 'T', Propertys: {} } } },
    "Invalid template resource property 'Propertys' (resource A)",
  ],
  [
    'a null',
    { Resources: { A: { Type: 'T', Properties: { X: null } } } },
    "Template format error: [/Resources/A/Properties/X] 'null' values are not allowed in templates",
  ],
  [
    'a reference to nothing',
    { Resources: { A: { Type: 'T', Properties: { X: { 'Fn::Sub': '${B.Arn}' } } } } },
    'Template format error: Unresolved resource dependencies [B] in the Resources block of the template',
  ],
  [
    'an output of nothing',
    { Resources: A, Outputs: { O: { Value: { Ref: 'B' } } } },
    'Template format error: Unresolved resource dependencies [B] in the Outputs block of the template',
  ],
  [
    'a dependency on nothing',
    { Resources: { A: { Type: 'T', DependsOn: 'B' } } },
    'Template format error: Unresolved resource dependencies [B] in the Resources block of the template',
  ],
  [
    'a condition that is not there',
    { Resources: { A: { Type: 'T', Condition: 'C' } } },
    'Template format error: Unresolved condition dependency C in the Resources block of the template',
  ],
  [
    'an update policy that is not carried out',
    { Resources: { A: { Type: 'T', UpdatePolicy: { AutoScalingRollingUpdate: {} } } } },
    '[/Resources/A] The local AWS does not carry out UpdatePolicy AutoScalingRollingUpdate.',
  ],
  [
    'a rolling update beside an instance refresh',
    {
      Resources: {
        A: {
          Type: 'AWS::AutoScaling::AutoScalingGroup',
          UpdatePolicy: { AutoScalingInstanceRefresh: { Strategy: 'Rolling' }, AutoScalingRollingUpdate: {} },
        },
      },
    },
    '[/Resources/A] UpdatePolicy can have AutoScalingInstanceRefresh or AutoScalingRollingUpdate, not both.',
  ],
  [
    'a replacing update beside an instance refresh',
    {
      Resources: {
        A: {
          Type: 'AWS::AutoScaling::AutoScalingGroup',
          UpdatePolicy: {
            AutoScalingInstanceRefresh: { Strategy: 'Rolling' },
            AutoScalingReplacingUpdate: { WillReplace: true },
          },
        },
      },
    },
    '[/Resources/A] The local AWS does not carry out UpdatePolicy AutoScalingReplacingUpdate.',
  ],
  [
    'an instance refresh of something that has no instances',
    {
      Resources: { A: { Type: 'T', UpdatePolicy: { AutoScalingInstanceRefresh: { Strategy: 'Rolling' } } } },
    },
    '[/Resources/A] UpdatePolicy AutoScalingInstanceRefresh is for AWS::AutoScaling::AutoScalingGroup; this is T.',
  ],
  [
    'an update policy that names what is not there',
    {
      Resources: {
        A: {
          Type: 'AWS::AutoScaling::AutoScalingGroup',
          UpdatePolicy: {
            AutoScalingInstanceRefresh: {
              Strategy: 'Rolling',
              Preferences: { AlarmSpecification: { Alarms: [{ Ref: 'Sick' }] } },
            },
          },
        },
      },
    },
    'Template format error: Unresolved resource dependencies [Sick] in the Resources block of the template',
  ],
  [
    'a wait for signals',
    { Resources: { A: { Type: 'T', CreationPolicy: { ResourceSignal: { Count: 1 } } } } },
    '[/Resources/A] The local AWS does not wait for signals (CreationPolicy ResourceSignal).',
  ],
])('refuses %s', (_, template, message) => {
  expect(() => parseTemplate(typeof template === 'string' ? template : JSON.stringify(template))).toThrow(
    message,
  );
});

it('accepts an instance refresh beside update policies that replace no machine', () => {
  const UpdatePolicy = {
    AutoScalingInstanceRefresh: { Strategy: 'Rolling' },
    AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true },
    AutoScalingReplacingUpdate: { WillReplace: false },
  };
  const group = { Type: 'AWS::AutoScaling::AutoScalingGroup', UpdatePolicy };
  expect(() => parseTemplate(JSON.stringify({ Resources: { A: group } }))).not.toThrow();
});

it('puts what an update policy names before its resource', () => {
  const policy = { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: { Ref: 'B' } } };
  const made = model({ Resources: { A: { Type: 'T', UpdatePolicy: policy }, B: { Type: 'T' } } });
  expect(made.order()).toEqual(['B', 'A']);
});

it('refuses circles', () => {
  const resources = {
    A: { Type: 'T', Properties: { X: { Ref: 'B' } } },
    B: { Type: 'T', Properties: { X: { 'Fn::GetAtt': 'C.Arn' } } },
    C: { Type: 'T', DependsOn: ['A', 'D'] },
    D: { Type: 'T' },
  };
  expect(() => model({ Resources: resources })).toThrow('Circular dependency between resources: [A, B, C]');
});

it('follows only those references that conditions leave', () => {
  const made = model({
    Conditions: { No: { 'Fn::Equals': ['a', 'b'] } },
    Resources: {
      A: { Type: 'T', DependsOn: 'C', Properties: { X: { 'Fn::If': ['No', { Ref: 'B' }, 'x'] } } },
      B: { Type: 'T', Properties: { X: { Ref: 'A' } } },
      C: { Type: 'T', Condition: 'No' },
    },
  });
  expect(made.order()).toEqual(['A', 'B']);
  expect(made.dependencies('A')).toEqual([]);
});

describe('an output of a resource whose condition does not hold', () => {
  const template = (Outputs: object) => ({
    Conditions: { No: { 'Fn::Equals': ['a', 'b'] } },
    Resources: { ...A, Off: { Type: 'T', Condition: 'No' } },
    Outputs,
  });
  const message = 'Unresolved resource dependencies [Off] in the Outputs block of the template';

  test.each([
    ['by Ref', { Out: { Value: { Ref: 'Off' } } }],
    ['by attribute', { Out: { Value: { 'Fn::GetAtt': ['Off', 'Arn'] } } }],
    ['by text', { Out: { Value: { 'Fn::Sub': '${Off.Arn}' } } }],
    ['in the name of its export', { Out: { Value: 'x', Export: { Name: { Ref: 'Off' } } } }],
    ['in the branch that is taken', { Out: { Value: { 'Fn::If': ['No', 'x', { Ref: 'Off' }] } } }],
  ])('%s is refused before anything is made', (_, outputs) => {
    expect(() => model(template(outputs))).toThrow(message);
  });

  test.each([
    ['that has the condition itself', { Out: { Value: { Ref: 'Off' }, Condition: 'No' } }],
    ['in the branch that is not taken', { Out: { Value: { 'Fn::If': ['No', { Ref: 'Off' }, 'x'] } } }],
  ])('%s is fine', (_, outputs) => {
    expect(() => model(template(outputs))).not.toThrow();
  });
});
