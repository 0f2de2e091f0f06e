import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { EC2 } from '@aws-sdk/client-ec2';
import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import { SSM } from '@aws-sdk/client-ssm';
import {
  AWS_CONSTRAINTS,
  Constraints,
  type ConstraintTable,
  type ShapeConstraints,
} from '../../../local-aws/core/constraints';
import type { Core } from '../../../local-aws/core/core';
import { inputWith } from '../../../local-aws/core/coverage';
import { idleLocalAws } from '../../../local-aws/local-aws';
import { clientConfig } from '../../../local-aws/wire/in-process';

const constraints = new Constraints();
const LONG = (length: number) => 'a'.repeat(length);
const template = (LaunchTemplateData: object) => ({ LaunchTemplateName: 'web', LaunchTemplateData });
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

let core: Core;
beforeAll(async () => {
  core = await idleLocalAws();
});
afterAll(() => core.close());

test.each<[string, string, object, string, string]>([
  [
    'ec2',
    'CreateLaunchTemplate',
    template({ MetadataOptions: { HttpTokens: 'requiredd' } }),
    'httpTokens',
    'enum value set: [optional, required]',
  ],
  [
    'ec2',
    'CreateLaunchTemplate',
    template({ MetadataOptions: { HttpPutResponseHopLimit: 65 } }),
    'httpPutResponseHopLimit',
    'value less than or equal to 64',
  ],
  [
    'ec2',
    'CreateLaunchTemplate',
    template({ MetadataOptions: { HttpPutResponseHopLimit: 0 } }),
    'httpPutResponseHopLimit',
    'value greater than or equal to 1',
  ],
  [
    'ec2',
    'CreateLaunchTemplate',
    template({ BlockDeviceMappings: [{ Ebs: { VolumeType: 'gp9' } }] }),
    'launchTemplateData.blockDeviceMappings.1.member.ebs.volumeType',
    'enum value set: [standard, io1,',
  ],
  [
    'ec2',
    'CreateLaunchTemplate',
    template({ TagSpecifications: [{ ResourceType: 'machine' }] }),
    'resourceType',
    'enum value set: [',
  ],
  [
    'ec2',
    'DeleteLaunchTemplate',
    { LaunchTemplateName: 'a b' },
    'launchTemplateName',
    'regular expression pattern: ',
  ],
  ['iam', 'CreateRole', { Path: 'app' }, 'path', 'regular expression pattern: '],
  ['iam', 'CreateRole', { Description: '\u0001' }, 'description', 'regular expression pattern: '],
  ['iam', 'CreateRole', { RoleName: LONG(65) }, 'roleName', 'length less than or equal to 64'],
  ['lambda', 'CreateFunction', { Runtime: 'nodejs99.x' }, 'runtime', 'enum value set: [nodejs,'],
  ['lambda', 'CreateFunction', { MemorySize: 64 }, 'memorySize', 'value greater than or equal to 128'],
  [
    'lambda',
    'CreateFunction',
    { Architectures: ['arm'] },
    'architectures',
    'Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]',
  ],
  ['lambda', 'AddPermission', { StatementId: 'a b' }, 'statementId', 'regular expression pattern: '],
  ['lambda', 'AddPermission', { Action: 'InvokeFunction' }, 'action', 'regular expression pattern: '],
  [
    'imagebuilder',
    'CreateDistributionConfiguration',
    { distributions: [{ amiDistributionConfiguration: { name: 'a/b c' } }] },
    'distributions.1.member.amiDistributionConfiguration.name',
    'regular expression pattern: ',
  ],
  [
    'imagebuilder',
    'CreateDistributionConfiguration',
    { distributions: [{ amiDistributionConfiguration: { name: LONG(128) } }] },
    'name',
    'length less than or equal to 127',
  ],
  ['imagebuilder', 'CreateImageRecipe', { tags: {} }, 'tags', 'length greater than or equal to 1'],
  [
    'imagebuilder',
    'CreateImageRecipe',
    { tags: { a: LONG(257) } },
    'tags',
    'Map value must satisfy constraint: [Member must have length less than or equal to 256',
  ],
  [
    'imagebuilder',
    'CreateImageRecipe',
    { tags: { 'a%': 'b' } },
    'tags',
    'Map keys must satisfy constraint: [',
  ],
  [
    'imagebuilder',
    'CreateImageRecipe',
    { description: '' },
    'description',
    'length greater than or equal to 1',
  ],
  [
    'imagebuilder',
    'CreateImageRecipe',
    { components: [{ parameters: [] }] },
    'components.1.member.parameters',
    'length greater than or equal to 1',
  ],
  ['ssm', 'PutParameter', { Type: 'Foo' }, 'type', 'enum value set: [String, StringList, SecureString]'],
  [
    'ssm',
    'PutParameter',
    { Tier: 'Foo' },
    'tier',
    'enum value set: [Standard, Advanced, Intelligent-Tiering]',
  ],
  ['ssm', 'GetParameters', { Names: many(11, 'a') }, 'names', 'length less than or equal to 10'],
  ['ssm', 'GetParameters', { Names: [] }, 'names', 'length greater than or equal to 1'],
  ['monitoring', 'PutMetricAlarm', { AlarmName: LONG(300) }, 'alarmName', 'length less than or equal to 255'],
  ['monitoring', 'PutMetricAlarm', { Unit: 'Byte' }, 'unit', 'enum value set: ['],
  [
    'monitoring',
    'PutMetricAlarm',
    { Dimensions: many(31, { Name: 'a', Value: 'b' }) },
    'dimensions',
    'length less than or equal to 30',
  ],
  [
    'autoscaling',
    'CreateAutoScalingGroup',
    { AutoScalingGroupName: '' },
    'autoScalingGroupName',
    'length greater than or equal to 1',
  ],
  [
    'autoscaling',
    'CreateAutoScalingGroup',
    { AutoScalingGroupName: 'a:b' },
    'autoScalingGroupName',
    'regular expression pattern: ',
  ],
  [
    'autoscaling',
    'DescribeAutoScalingGroups',
    { AutoScalingGroupNames: ['a', ''] },
    'autoScalingGroupNames',
    'Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1',
  ],
  [
    'dynamodb',
    'CreateTable',
    { AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'X' }] },
    'attributeDefinitions.1.member.attributeType',
    'enum value set: [S, N, B]',
  ],
  [
    'dynamodb',
    'CreateTable',
    { BillingMode: 'FREE' },
    'billingMode',
    'enum value set: [PROVISIONED, PAY_PER_REQUEST]',
  ],
  [
    'dynamodb',
    'CreateTable',
    { TableClass: 'COLD' },
    'tableClass',
    'enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]',
  ],
  [
    'dynamodb',
    'BatchWriteItem',
    { RequestItems: { ledger: many(26, {}) } },
    'requestItems',
    'Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]',
  ],
  ['events', 'PutRule', { EventPattern: LONG(4097) }, 'eventPattern', 'length less than or equal to 4096'],
  [
    'logs',
    'CreateLogStream',
    { logStreamName: 'a:b' },
    'logStreamName',
    'regular expression pattern: [^:*]*',
  ],
])('%s:%s refuses %j', (service, operation, input, member, constraint) => {
  const violation = constraints.violated(service, operation, input);
  expect(`.${violation?.path}`).toMatch(new RegExp(`\\.${member}$`));
  expect(violation?.constraint).toContain(constraint);
});

test.each<[string, string, object]>([
  ['iam', 'CreateRole', { Path: '/app/', Description: 'Ünïcode: a rôle', RoleName: LONG(64) }],
  ['iam', 'CreateRole', { Description: undefined, Path: null }],
  // Characters are counted, not their halves.
  ['logs', 'CreateLogStream', { logStreamName: '😀'.repeat(512) }],
  ['ec2', 'CreateLaunchTemplate', template({ InstanceType: 'x9.large' })],
  ['dynamodb', 'PutItem', { TableName: 'abc', Item: { a: { M: { b: { L: [{ S: '' }] } } } } }],
  ['lambda', 'CreateFunction', { Code: { ZipFile: new Uint8Array() }, MemorySize: 128 }],
  // A value of another type is for others to refuse.
  ['lambda', 'CreateFunction', { MemorySize: 'much', Runtime: 3 }],
  ['unknown', 'CreateFunction', { Runtime: 3 }],
])('%s:%s takes %j', (service, operation, input) => {
  expect(constraints.violated(service, operation, input)).toBeUndefined();
});

test('a shape that holds itself is followed as far as a value goes', () => {
  const table: ConstraintTable = {
    services: {
      trees: {
        operations: { Plant: 'Tree' },
        shapes: {
          Tree: { members: { Name: 'Name', Branches: 'Trees' } },
          Trees: { items: 'Tree' },
          Name: { minLength: 2 },
        },
      },
    },
  };
  const input = { Name: 'oak', Branches: [{ Name: 'ash', Branches: [{ Name: 'x' }] }] };
  expect(new Constraints(table).violated('trees', 'Plant', input)).toMatchObject({
    path: 'branches.1.member.branches.1.member.name',
    value: 'x',
  });
});

test('is refused in the service’s words, before permissions are asked for', async () => {
  const configuration = clientConfig(core);
  await expect(
    new SSM(configuration).putParameter({ Name: 'a', Value: 'b', Type: 'Foo' as 'String' }),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      "1 validation error detected: Value 'Foo' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [String, StringList, SecureString]",
  });
  const template = { MetadataOptions: { HttpTokens: 'requiredd' as 'required' } };
  await expect(
    new EC2(configuration).createLaunchTemplate({ LaunchTemplateName: 'web', LaunchTemplateData: template }),
  ).rejects.toMatchObject({
    name: 'InvalidParameterValue',
    message:
      'Value (requiredd) for parameter launchTemplateData.metadataOptions.httpTokens is invalid. Valid values: optional, required.',
  });
  await expect(new EC2(configuration).describeVpcs({ MaxResults: 3 })).rejects.toMatchObject({
    name: 'InvalidParameterValue',
    message: 'Value ( 3 ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.',
  });
  await expect(
    new EC2(configuration).deleteLaunchTemplate({ LaunchTemplateName: 'ab' }),
  ).rejects.toMatchObject({
    message:
      'Value (ab) for parameter launchTemplateName is invalid. Expecting a length of 3 to 128. Expecting [a-zA-Z0-9\\(\\)\\.\\-/_]+.',
  });
  await expect(
    new Lambda(configuration).updateFunctionConfiguration({ FunctionName: 'f', MemorySize: 64 }),
  ).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(
    new S3(configuration).putBucketVersioning({
      Bucket: 'site',
      VersioningConfiguration: { Status: 'Off' as 'Enabled' },
    }),
  ).rejects.toMatchObject({ name: 'MalformedXML' });
  await expect(
    new S3(configuration).createBucket({ Bucket: 'site', ObjectOwnership: 'Mine' as 'ObjectWriter' }),
  ).rejects.toMatchObject({ name: 'InvalidArgument' });
});

test('a long value is cut', async () => {
  const refused = new CloudWatch(clientConfig(core)).deleteAlarms({ AlarmNames: [LONG(10_000)] });
  await expect(refused).rejects.toMatchObject({
    message: expect.stringMatching(/^1 validation error detected: Value '\[a{199}…' at 'alarmNames' failed/),
  });
});

/** Every path below an operation's input that has an enumeration; a shape that holds itself is followed once. */
function enumerationsOf(service: string, operation: string): [path: string, of: ShapeConstraints][] {
  const { operations, shapes } = AWS_CONSTRAINTS.services[service]!;
  const found: [string, ShapeConstraints][] = [];
  const visit = (name: string | undefined, path: string, above: readonly string[]): void => {
    const of = name === undefined ? undefined : shapes[name];
    if (!of || above.includes(name!)) return;
    if (of.values) found.push([path, of]);
    const inner = [...above, name!];
    for (const [member, shape] of Object.entries(of.members ?? {}))
      visit(shape, path ? `${path}.${member}` : member, inner);
    // `inputWith` looks through lists, and a map's entries are `*`.
    visit(of.items, path, inner);
    visit(of.entries, `${path}.*`, inner);
  };
  visit(operations[operation] ?? undefined, '', []);
  return found;
}

/** Members that only botocore's model has, because it is newer than the SDK package: nobody can send them. */
const NEWER_THAN_SDK: readonly string[] = [
  'dynamodb: There is no member Disassociate.',
  'ec2: There is no member GlobalAcceleratorExclusion.',
  'ec2: There is no member ApiGatewayV2Exclusion.',
  'elasticloadbalancing: There is no member ClientCertificateIdentityFilters.',
  'imagebuilder: There is no member imageScanningTypes.',
  'imagebuilder: There is no member scanResultCondition.',
];

test('every enumeration of every operation that is served refuses another value, and takes its own', () => {
  const wrong: string[] = [];
  const unknown = new Set<string>();
  let refused = 0;
  for (const service of core.allServices()) {
    const { signingName } = service;
    for (const operation of Object.keys(service.operations)) {
      for (const [path, { values = [] }] of enumerationsOf(signingName, operation)) {
        const asked = (value: string) =>
          constraints.violated(signingName, operation, inputWith(service, operation, path, value))
            ?.constraint;
        try {
          if (asked('no such value')?.includes('enum value set')) refused++;
          else wrong.push(`${signingName}:${operation}: ${path} takes any value`);
          if (asked(values[0]!)?.includes('enum value set'))
            wrong.push(`${signingName}:${operation}: ${path} refuses ${values[0]}`);
        } catch (error) {
          unknown.add(`${signingName}: ${(error as Error).message}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  expect([...unknown]).toEqual(NEWER_THAN_SDK);
  expect(refused).toBeGreaterThan(400);
});

test('the table has every operation that is served: npm run outside -- --write-constraints', () => {
  const served = core
    .allServices()
    .map(({ signingName, operations }) => [signingName, Object.keys(operations).sort()]);
  const known = Object.entries(AWS_CONSTRAINTS.services).map(([name, { operations }]) => [
    name,
    Object.keys(operations),
  ]);
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(served));
});
