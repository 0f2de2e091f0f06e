import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { SsmService } from '../../../local-aws/ssm/service';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { provisioningOf } from '../provisioning';

const preset = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

function setUp() {
  const core = new Core({ clock: new VirtualClock() });
  const service = new SsmService(core, { presets: { [preset]: 'ami-1' } });
  core.register(service);
  const client = new SSMClient(clientConfig(core));
  const put = (Name: string, Value: string, rest = {}) =>
    client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...rest }));
  return { core, client, put, resourceType: service.resourceTypes['AWS::SSM::Parameter']! };
}

test('a parameter has versions, and is found by name, version and ARN', async () => {
  const { core, client, put } = setUp();
  await put('/a/b', 'one');
  await expect(put('/a/b', 'two')).rejects.toBeInstanceOf(ParameterAlreadyExists);
  await expect(put('/a/b', 'two', { Overwrite: true, Type: undefined })).resolves.toMatchObject({
    Version: 2,
  });
  const arn = 'arn:aws:ssm:eu-central-1:000000000000:parameter/a/b';
  const value = async (Name: string) =>
    (await client.send(new GetParameterCommand({ Name }))).Parameter?.Value;
  expect([await value('/a/b'), await value('/a/b:1'), await value(arn)]).toEqual(['two', 'one', 'two']);
  const { Parameter } = await client.send(new GetParameterCommand({ Name: '/a/b' }));
  expect(Parameter).toEqual({
    Name: '/a/b',
    ARN: arn,
    Type: 'String',
    Value: 'two',
    Version: 2,
    DataType: 'text',
    LastModifiedDate: new Date(core.clock.now()),
  });
});

test('a parameter keeps its type and its tier, and belongs to its region', async () => {
  const { client, put } = setUp();
  await put('/a', 'x'.repeat(4097), { Tier: 'Intelligent-Tiering', Tags: [{ Key: 'k', Value: 'v' }] });
  const change = (more: object) => put('/a', 'y', { Overwrite: true, ...more });
  await expect(change({ Tier: 'Standard' })).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(change({ Type: 'StringList' })).rejects.toMatchObject({
    name: 'HierarchyTypeMismatchException',
  });
  await expect(change({ Tags: [{ Key: 'k', Value: 'v' }] })).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining("can't be used together"),
  });
  const Name = 'arn:aws:ssm:eu-west-1:000000000000:parameter/a';
  await expect(client.send(new GetParameterCommand({ Name }))).rejects.toBeInstanceOf(ParameterNotFound);
  const named = async (filter: object) => {
    const ParameterFilters = [filter as { Key: string }];
    const { Parameters } = await client.send(new DescribeParametersCommand({ ParameterFilters }));
    return Parameters?.map((parameter) => parameter.Name);
  };
  expect(await named({ Key: 'Tier', Values: ['Advanced'] })).toEqual(['/a']);
  expect(await named({ Key: 'tag:k', Values: ['v'] })).toEqual(['/a']);
  expect(await named({ Key: 'tag:k', Values: ['w'] })).toEqual([]);
});

test('a page is no larger than Systems Manager gives', async () => {
  const { client } = setUp();
  const many = client.send(new GetParametersByPathCommand({ Path: '/', MaxResults: 11 }));
  await expect(many).rejects.toMatchObject({ name: 'ValidationException' });
});

test('what is missing is named', async () => {
  const { client, put } = setUp();
  await put('a', '1');
  await expect(client.send(new GetParameterCommand({ Name: 'b' }))).rejects.toBeInstanceOf(ParameterNotFound);
  await expect(client.send(new DeleteParameterCommand({ Name: 'b' }))).rejects.toBeInstanceOf(
    ParameterNotFound,
  );
  const Names = ['a', 'b'];
  await expect(client.send(new GetParametersCommand({ Names }))).resolves.toMatchObject({
    Parameters: [{ Name: 'a' }],
    InvalidParameters: ['b'],
  });
  await expect(client.send(new DeleteParametersCommand({ Names }))).resolves.toMatchObject({
    DeletedParameters: ['a'],
    InvalidParameters: ['b'],
  });
});

test('public parameters are there and belong to no account', async () => {
  const { client, put } = setUp();
  const { Parameter } = await client.send(new GetParameterCommand({ Name: preset }));
  expect(Parameter).toMatchObject({ Value: 'ami-1', ARN: `arn:aws:ssm:eu-central-1::parameter${preset}` });
  await expect(put(preset, 'ami-2', { Overwrite: true })).rejects.toThrow('reserved parameter name');
  const described = await client.send(new DescribeParametersCommand({}));
  expect(described.Parameters).toEqual([]);
});

test('lists go by path and by filter, page by page', async () => {
  const { client, put } = setUp();
  for (const name of ['/app/b', '/app/a', '/app/deep/c', '/other']) await put(name, 'x');
  const byPath = async (input: object) =>
    (await client.send(new GetParametersByPathCommand({ Path: '/app', ...input }))).Parameters?.map(
      ({ Name }) => Name,
    );
  expect(await byPath({})).toEqual(['/app/a', '/app/b']);
  expect(await byPath({ Recursive: true })).toEqual(['/app/a', '/app/b', '/app/deep/c']);
  const page = await client.send(new GetParametersByPathCommand({ Path: '/app', MaxResults: 1 }));
  expect(await byPath({ MaxResults: 1, NextToken: page.NextToken })).toEqual(['/app/b']);
  const described = await client.send(
    new DescribeParametersCommand({
      ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/app/deep'] }],
    }),
  );
  expect(described.Parameters).toMatchObject([{ Name: '/app/deep/c', Version: 1, Tier: 'Standard' }]);
});

test.each([
  ['too long a value', { Value: 'x'.repeat(4097) }, 'maximum parameter value of 4096 characters; found 4097'],
  ['a value against its pattern', { AllowedPattern: '^\\d+$' }, 'cannot be validated against allowedPattern'],
  ['a secret', { Type: 'SecureString' }, 'does not serve parameters of the type SecureString'],
  ['no type', { Type: undefined }, 'A parameter type is required'],
])('%s is refused, and nothing is left of it', async (_case, input, message) => {
  const { client, put } = setUp();
  await expect(put('p', 'text', input)).rejects.toThrow(message);
  await expect(client.send(new GetParameterCommand({ Name: 'p' }))).rejects.toBeInstanceOf(ParameterNotFound);
});

test('permissions are asked for by the parameter’s ARN', async () => {
  const { core, client, put } = setUp();
  const asked: string[] = [];
  core.authorizer = (_principal, action, resource) => asked.push(`${action} ${resource}`);
  await put('/a/b', 'x');
  await client.send(new GetParameterCommand({ Name: 'arn:aws:ssm:eu-central-1:000000000000:parameter/a/b' }));
  await client.send(new GetParametersByPathCommand({ Path: '/a' }));
  expect(asked).toEqual([
    'ssm:PutParameter arn:aws:ssm:eu-central-1:000000000000:parameter/a/b',
    'ssm:GetParameter arn:aws:ssm:eu-central-1:000000000000:parameter/a/b',
    'ssm:GetParametersByPath arn:aws:ssm:eu-central-1:000000000000:parameter/a',
  ]);
});

test('as a resource it is made, changed and deleted with its tags', async () => {
  const { core, client, resourceType } = setUp();
  const provisioning = provisioningOf(core, 'P');
  const old = { Type: 'String', Value: '1', Tags: { a: 'b' } };
  const made = await resourceType.create(old, provisioning);
  expect(made).toEqual({ physicalId: 'Stack-P', attributes: { Type: 'String', Value: '1' } });
  await resourceType.update!(made.physicalId, { Type: 'String', Value: '2' }, old, provisioning);
  const { Parameter } = await client.send(new GetParameterCommand({ Name: made.physicalId }));
  expect(Parameter?.Value).toBe('2');
  const tags = await client.send(
    new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: made.physicalId }),
  );
  expect(tags.TagList).toEqual([{ Key: 'aws:cloudformation:stack-name', Value: 'Stack' }]);
  await resourceType.delete(made.physicalId, old, provisioning);
  await resourceType.delete(made.physicalId, old, provisioning);
});
