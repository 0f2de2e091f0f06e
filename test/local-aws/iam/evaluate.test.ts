import { parsePolicy } from '../../../local-aws/iam/document';
import { evaluate } from '../../../local-aws/iam/evaluate';

const group = 'arn:aws:autoscaling:eu-central-1:000000000000:autoScalingGroup:1:autoScalingGroupName/web';

function decide(statements: object | object[], action: string, resource: string, context = {}) {
  return evaluate([parsePolicy(JSON.stringify({ Statement: statements }))], {
    action,
    resource,
    context: () => context,
  });
}

const variable = (key: string) => `\${${key}}`;
const allow = (more: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more });

describe('actions and resources', () => {
  test.each([
    ['a wildcard, whatever the case', { Action: 'AutoScaling:start*' }, 'allowed'],
    ['another action', { Action: 'autoscaling:Describe*' }, 'implicitDeny'],
    ['all actions but others', { Action: undefined, NotAction: 'ec2:*' }, 'allowed'],
    ['all actions but this one', { Action: undefined, NotAction: 'autoscaling:*' }, 'implicitDeny'],
    [
      'the resource by wildcard',
      { Resource: 'arn:aws:autoscaling:*:*:*:autoScalingGroupName/web' },
      'allowed',
    ],
    ['a resource of another case', { Resource: group.toUpperCase() }, 'implicitDeny'],
    ['any resource but this', { Resource: undefined, NotResource: group }, 'implicitDeny'],
    ['a question mark', { Resource: group.replace('web', 'w?b') }, 'allowed'],
    ['a policy variable', { Resource: group.replace('web', variable('aws:PrincipalTag/fleet')) }, 'allowed'],
    [
      'a variable without a value',
      { Resource: group.replace('web', variable('aws:PrincipalTag/none')) },
      'implicitDeny',
    ],
  ])('%s', (_, statement, expected) => {
    const context = { 'aws:PrincipalTag/fleet': 'web' };
    expect(decide(allow(statement), 'autoscaling:StartInstanceRefresh', group, context)).toBe(expected);
  });

  test('a statement that denies wins over one that allows', () => {
    const statements = [allow({}), { ...allow({}), Effect: 'Deny', Action: 'ec2:Run*' }];
    expect(decide(statements, 'ec2:RunInstances', '*')).toBe('explicitDeny');
    expect(decide(statements, 'ec2:CreateTags', '*')).toBe('allowed');
  });
});

describe('conditions', () => {
  const tag = 'aws:ResourceTag/fleet';
  test.each([
    ['an equal value', { StringEquals: { [tag]: 'web' } }, { [tag]: 'web' }, true],
    [
      'a key of another case',
      { StringEquals: { 'aws:resourcetag/FLEET': ['a', 'web'] } },
      { [tag]: 'web' },
      true,
    ],
    ['another value', { StringEquals: { [tag]: 'web' } }, { [tag]: 'db' }, false],
    ['an absent key', { StringEquals: { [tag]: 'web' } }, {}, false],
    ['an absent key, negated', { StringNotEquals: { [tag]: 'web' } }, {}, true],
    ['an absent key, if it exists', { StringEqualsIfExists: { [tag]: 'web' } }, {}, true],
    ['a pattern', { StringLike: { [tag]: 'w*' } }, { [tag]: 'web' }, true],
    ['neither of two values', { StringNotLike: { [tag]: ['w*', 'd*'] } }, { [tag]: 'db' }, false],
    [
      'ARNs, part by part',
      { ArnLike: { a: 'arn:aws:iam::*:role/x*' } },
      { a: 'arn:aws:iam::1:role/xy' },
      true,
    ],
    [
      'no wildcard across ARN parts',
      { ArnLike: { a: 'arn:*:role/x' } },
      { a: 'arn:aws:iam::1:role/x' },
      false,
    ],
    ['a boolean', { Bool: { b: 'true' } }, { b: 'True' }, true],
    ['absence that is wanted', { Null: { [tag]: 'true' } }, {}, true],
    ['presence that is wanted', { Null: { [tag]: 'false' } }, {}, false],
    ['any of several', { 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, { k: ['b', 'c'] }, true],
    ['any of none', { 'ForAnyValue:StringEquals': { k: 'a' } }, {}, false],
    ['all of several', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['b', 'c'] }, false],
    ['all of none', { 'ForAllValues:StringEquals': { k: 'a' } }, {}, true],
    [
      'two conditions, one unmet',
      { StringEquals: { [tag]: 'web' }, Bool: { b: 'true' } },
      { [tag]: 'web' },
      false,
    ],
    ['a number', { NumericLessThanEquals: { n: '5' } }, { n: '5' }, true],
    ['a time', { DateLessThan: { t: '2026-01-02T00:00:00Z' } }, { t: '2026-01-01T00:00:00Z' }, true],
  ])('%s', (_, Condition, context, expected) => {
    const decision = decide(allow({ Condition }), 'ec2:RunInstances', '*', context);
    expect(decision).toBe(expected ? 'allowed' : 'implicitDeny');
  });
});

test.each([
  ['no JSON', '{', 'The policy is not JSON'],
  ['no statement', '{}', 'A policy document is an object with a Statement.'],
  ['an unknown operator', { Condition: { StringAlmostEquals: { a: 'b' } } }, 'operator StringAlmostEquals'],
  ['an unknown element', { Resources: '*' }, 'unknown element Resources'],
  ['an unknown effect', { Effect: 'allow' }, 'Effect "allow"; it is Allow or Deny.'],
])('refuses a document with %s', (_, statement, message) => {
  const text = typeof statement === 'string' ? statement : JSON.stringify({ Statement: allow(statement) });
  expect(() => parsePolicy(text)).toThrow(message);
});
