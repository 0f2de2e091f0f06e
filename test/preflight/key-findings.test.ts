import type { FindingCode } from '../../lib/preflight/finding';
import { lacking } from '../../lib/preflight/key-access';
import { keyFindings } from '../../lib/preflight/key-findings';
import type { KeyFacts } from '../../lib/preflight/launch';
import { isEnabledKey } from '../../lib/preflight/statuses';
import { LAUNCH, START, SUBJECT } from './world';

const account = '000000000000';
const roleOf = (service: string, name: string) =>
  `arn:aws:iam::${account}:role/aws-service-role/${service}.amazonaws.com/${name}`;
const role = roleOf('autoscaling', 'AWSServiceRoleForAutoScaling');
const builder = roleOf('imagebuilder', 'AWSServiceRoleForImageBuilder');
const root = `arn:aws:iam::${account}:root`;

const allow = (AWS: string | string[], Action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action,
  Resource: '*',
  ...more,
});
const policyOf = (...Statement: object[]) => JSON.stringify({ Statement });

/** As AWS's guide has them: https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html */
const STATEMENTS = [
  allow(role, ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey']),
  allow(role, 'kms:CreateGrant', { Condition: { Bool: { 'kms:GrantIsForAWSResource': true } } }),
];
const ALL = [
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
];
const grant = { grantee: role, operations: ALL };

test.each<[string, string | undefined, readonly (typeof grant)[], readonly string[]]>([
  ["AWS's statements", policyOf(...STATEMENTS), [], []],
  ['all actions for everybody', policyOf({ ...allow('', 'kms:*'), Principal: '*' }), [], []],
  ['a grant', policyOf(), [grant], []],
  ['a grant, the policy unread', undefined, [grant], []],
  [
    'a grant in another partition',
    policyOf(),
    [{ ...grant, grantee: role.replace('arn:aws:', 'arn:aws-cn:') }],
    [],
  ],
  [
    'the account alone, which leaves it to a role that has no permission',
    policyOf(allow(root, 'kms:*')),
    [],
    ALL,
  ],
  ['another role', policyOf(allow(builder, 'kms:*')), [{ ...grant, grantee: builder }], ALL],
  ['all but grants', policyOf(STATEMENTS[0]!), [], ['CreateGrant']],
  [
    'what is not left out',
    policyOf({ ...allow(role, []), Action: undefined, NotAction: 'kms:Decrypt' }),
    [],
    ['Decrypt'],
  ],
  ['one statement', JSON.stringify({ Statement: allow([builder, role], 'KMS:*') }), [], []],
  [
    "AWS's statements, but for what is denied",
    policyOf(...STATEMENTS, { ...allow('*', 'kms:ReEncrypt*'), Effect: 'Deny' }),
    [grant],
    ['ReEncryptFrom', 'ReEncryptTo'],
  ],
  [
    "AWS's statements, and something is denied on a condition",
    policyOf(...STATEMENTS, { ...allow('*', 'kms:*', { Condition: {} }), Effect: 'Deny' }),
    [],
    [],
  ],
])('a key that allows %s', (_, policy, grants, expected) => {
  expect(lacking({ role }, policy, grants)).toEqual(expected);
});

test("a role whose own policies let it use keys needs the account's statement alone", () => {
  expect(lacking({ role: builder, account }, policyOf(allow(root, 'kms:*')), [])).toEqual([]);
  expect(lacking({ role: builder, account }, policyOf(allow(account, 'kms:*')), [])).toEqual([]);
  expect(lacking({ role: builder, account }, policyOf(...STATEMENTS), [])).toEqual(ALL);
});

const KEY: KeyFacts = {
  keyId: 'key-1',
  isDefault: false,
  state: 'Enabled',
  isSymmetric: true,
  policy: policyOf(allow(root, 'kms:*'), ...STATEMENTS),
  grants: [],
  unread: [],
};

test.each<[FindingCode | undefined, Partial<KeyFacts>, message?: string]>([
  [undefined, {}],
  [
    'ebs-key-denied',
    { policy: policyOf(allow(root, 'kms:*')) },
    'Key key-1 does not let Auto Scaling use it (CreateGrant,',
  ],
  [
    'ebs-key-denied',
    { policy: policyOf(...STATEMENTS) },
    'Key key-1 does not let Image Builder use it (CreateGrant,',
  ],
  [
    'ebs-key-unusable',
    { state: 'PendingDeletion' },
    'Key key-1 is PendingDeletion, so that no volume can be encrypted with it',
  ],
  ['ebs-key-unusable', { isSymmetric: false }, 'Key key-1 is not symmetric,'],
  ['ebs-key-unusable', { isMissing: true, state: undefined }, 'Key key-1 does not exist,'],
  [
    'ebs-key-unread',
    { state: undefined, unread: ['kms:DescribeKey'] },
    'because kms:DescribeKey is not allowed to the preflight',
  ],
  [
    undefined,
    { policy: undefined, grants: [grant, { ...grant, grantee: builder }], unread: ['kms:GetKeyPolicy'] },
  ],
])('%s of %j', (code, change, message = '') => {
  const found = keyFindings(SUBJECT, LAUNCH, { ...START, key: { ...KEY, ...change } });
  expect(found.map((each) => each.code)).toEqual(code ? [code] : []);
  if (code) expect(found[0]!.message).toContain(message);
});

test('an image that is there already needs no Image Builder', () => {
  const key = { ...KEY, policy: policyOf(...STATEMENTS) };
  const { baseImage } = LAUNCH;
  expect(keyFindings({ ...SUBJECT, pinnedRevision: 1 }, LAUNCH, { ...START, key })).toEqual([]);
  const instanceBased = { ...LAUNCH, baseImage: { ...baseImage, key: 'masterImageId' } };
  expect(keyFindings(SUBJECT, instanceBased, { ...START, key })).toEqual([]);
});

test('an unknown state of a key is an error that names it', () => {
  expect(() => isEnabledKey('Melted')).toThrow('unknown state "Melted"');
});
