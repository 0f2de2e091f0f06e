import { wireRequest } from '../../../local-aws/wire/http';
import { custom, Fixture, SERVICE_TOKEN, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

/** What the function was sent, in short: `Update ID {old}→{new}`. */
function sent(): string[] {
  const short = ({ ServiceToken: _, ...properties }: Readonly<Record<string, unknown>>) =>
    JSON.stringify(properties);
  return aws.requests.map(({ RequestType, PhysicalResourceId, ResourceProperties, OldResourceProperties }) =>
    [
      RequestType,
      PhysicalResourceId,
      (OldResourceProperties ? `${short(OldResourceProperties)}→` : '') + short(ResourceProperties),
    ]
      .filter(Boolean)
      .join(' '),
  );
}

it('sends the whole request, with numbers and booleans as strings, and takes attributes and id from the answer', async () => {
  aws.answer = () => ({ PhysicalResourceId: 'job-1', Data: { Version: 7, 'Nested.Name': 'n' } });
  const stack = await aws.deploy('web', {
    Resources: { Job: custom({ Count: 3, Deep: [{ On: true }], ServiceTimeout: 60 }) },
    Outputs: {
      Id: { Value: { Ref: 'Job' } },
      Version: { Value: { 'Fn::GetAtt': 'Job.Version' } },
      Name: { Value: { 'Fn::GetAtt': 'Job.Nested.Name' } },
    },
  });
  expect(aws.requests).toEqual([
    {
      RequestType: 'Create',
      RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ResponseURL: expect.stringContaining(`${aws.core.endpoint}/cloudformation-custom-resource-response/`),
      StackId: stack.StackId,
      ResourceType: 'Custom::Job',
      LogicalResourceId: 'Job',
      ServiceToken: SERVICE_TOKEN,
      ResourceProperties: {
        ServiceToken: SERVICE_TOKEN,
        Count: '3',
        Deep: [{ On: 'true' }],
        ServiceTimeout: '60',
      },
    },
  ]);
  expect(stack.Outputs?.map(({ OutputValue }) => OutputValue)).toEqual(['job-1', '7', 'n']);
});

it('is updated only when its properties change, and deleted with the stack', async () => {
  const template = (value: string) => ({
    Resources: { Job: custom({ Value: value }), Other: thing({ Value: value }) },
  });
  await aws.deploy('web', template('1'));
  await aws.deploy('web', { Resources: { ...template('1').Resources, Other: thing({ Value: 'x' }) } });
  await aws.deploy('web', template('2'));
  await aws.destroy('web');
  expect(sent()).toEqual([
    'Create {"Value":"1"}',
    'Update made-Job {"Value":"1"}→{"Value":"2"}',
    'Delete made-Job {"Value":"2"}',
  ]);
});

it('is deleted under its old id in the cleanup when an update answers a new one', async () => {
  aws.answer = ({ ResourceProperties }) => ({ PhysicalResourceId: `job-${ResourceProperties.Value}` });
  const template = (value: string) => ({
    Resources: { Job: custom({ Value: value }), Late: thing({ Value: { Ref: 'Job' } }) },
  });
  await aws.deploy('web', template('1'));
  await aws.deploy('web', template('2'));
  expect(sent().slice(1)).toEqual(['Update job-1 {"Value":"1"}→{"Value":"2"}', 'Delete job-1 {"Value":"1"}']);
  expect(aws.calls).toEqual(['create Late', 'update Late job-1→job-2']);
  const events = await aws.events('web');
  expect(events.indexOf('Job DELETE_COMPLETE')).toBeGreaterThan(
    events.indexOf('Stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'),
  );
});

it('gets an Update back when it fails, and one when another resource fails after it', async () => {
  const template = (value: string) => ({
    Resources: {
      First: custom({ Value: value }),
      Second: custom({ Value: value }, { DependsOn: 'First' }),
      Third: custom({ Value: value }, { DependsOn: 'Second' }),
    },
  });
  await aws.deploy('web', template('1'));
  aws.forget();
  aws.answer = ({ LogicalResourceId, ResourceProperties }) =>
    LogicalResourceId === 'Second' && ResourceProperties.Value === '2'
      ? { Status: 'FAILED', Reason: 'the fleet is sick' }
      : {};
  const stack = await aws.deploy('web', template('2'));
  expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(sent()).toEqual([
    'Update made-First {"Value":"1"}→{"Value":"2"}',
    'Update made-Second {"Value":"1"}→{"Value":"2"}',
    'Update made-First {"Value":"2"}→{"Value":"1"}',
    'Update made-Second {"Value":"2"}→{"Value":"1"}',
  ]);
  expect(await aws.events('web')).toEqual(
    expect.arrayContaining([
      `Second UPDATE_FAILED Received response status [FAILED] from custom resource. Message returned: the fleet is sick (RequestId: ${aws.requests[1]!.RequestId})`,
      'Stack UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Second]. ',
    ]),
  );
});

it('has its new id deleted when the update that brought it is rolled back', async () => {
  aws.answer = ({ ResourceProperties }) => ({ PhysicalResourceId: `job-${ResourceProperties.Value}` });
  const template = (value: string, fail?: string) => ({
    Resources: {
      Job: custom({ Value: value }),
      Broken: thing({ Value: value, Fail: fail }, { DependsOn: 'Job' }),
    },
  });
  await aws.deploy('web', template('1'));
  aws.forget();
  await aws.deploy('web', template('2', 'update'));
  expect(sent()).toEqual([
    'Update job-1 {"Value":"1"}→{"Value":"2"}',
    'Update job-2 {"Value":"2"}→{"Value":"1"}',
    'Delete job-2 {"Value":"2"}',
  ]);
});

describe('a Create that fails', () => {
  it.each([
    [
      'with the id that it answered',
      { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'half' },
      /^half$/,
    ],
    ['with an id made up, when it never answered', 'silence', /^web-Job-[0-9A-F]{12}$/],
  ] as const)('is followed by a Delete %s', async (_, answer, id) => {
    aws.answer = ({ RequestType }) => (RequestType === 'Create' ? answer : {});
    const stack = await aws.deploy('web', { Resources: { Job: custom({ ServiceTimeout: '120' }) } });
    expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(aws.requests.map(({ RequestType }) => RequestType)).toEqual(['Create', 'Delete']);
    expect(aws.requests[1]!.PhysicalResourceId).toMatch(id);
  });

  it('ends the stack in ROLLBACK_FAILED when the Delete fails too', async () => {
    aws.answer = () => ({ Status: 'FAILED', Reason: 'no' });
    const stack = await aws.deploy('web', { Resources: { Job: custom() } });
    expect(stack.StackStatus).toBe('ROLLBACK_FAILED');
    expect(stack.StackStatusReason).toBe('The following resource(s) failed to delete: [Job]. ');
  });

  it('needs no Delete when the function could not even be called', async () => {
    const missing = `${SERVICE_TOKEN}-missing`;
    const stack = await aws.deploy('web', { Resources: { Job: custom({ ServiceToken: missing }) } });
    expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(await aws.events('web')).toContain(`Job CREATE_FAILED Function not found: ${missing}`);
    expect(aws.requests).toEqual([]);
  });

  it('because a sibling did is no longer waited for', async () => {
    aws.answer = ({ RequestType }) => (RequestType === 'Create' ? 'silence' : {});
    await aws.deploy('web', { Resources: { Job: custom(), Broken: thing({ Fail: 'create', Seconds: 30 }) } });
    expect(await aws.events('web')).toContain('Job CREATE_FAILED Resource creation cancelled');
    expect(sent()).toEqual(['Create {}', expect.stringMatching(/^Delete web-Job-/)]);
  });
});

describe('time', () => {
  it.each([
    ['an hour', {}, 3600],
    ['its ServiceTimeout', { ServiceTimeout: '90' }, 90],
  ])('is up after %s', async (_, properties, seconds) => {
    let asked = 0;
    aws.answer = ({ RequestType }) => {
      if (RequestType === 'Delete') asked = aws.clock.now() - 10_000;
      return RequestType === 'Delete' ? {} : 'silence';
    };
    const started = aws.clock.now();
    await aws.deploy('web', { Resources: { Job: custom(properties) } });
    expect((asked - started) / 1000).toBeGreaterThan(seconds);
    expect((asked - started) / 1000).toBeLessThan(seconds + 30);
    expect(await aws.events('web')).toContainEqual(
      expect.stringMatching(
        /^Job CREATE_FAILED CloudFormation did not receive a response from your Custom Resource\. Please check your logs for requestId \[/,
      ),
    );
  });
});

describe('an answer that breaks the protocol', () => {
  const long = 'x'.repeat(1025);
  it.each([
    ['is too long', { Data: { Text: 'x'.repeat(4096) } }, 'Response object is too long.'],
    ['is no JSON', Buffer.from('<html>'), 'the response is not a JSON object'],
    [
      'is for another request',
      { RequestId: 'other' },
      'Value of property RequestId must match request RequestId',
    ],
    ['has no id', { PhysicalResourceId: '' }, 'Invalid PhysicalResourceId: it must be a non-empty string'],
    ['has a number as id', { PhysicalResourceId: 5 }, 'PhysicalResourceId must be of type String'],
    ['has a long id', { PhysicalResourceId: long }, 'it must be at most 1024 bytes long'],
    ['has no status', { Status: 'OK' }, 'must be SUCCESS or FAILED; found "OK"'],
    [
      'fails without a reason',
      { Status: 'FAILED' },
      'Property Reason is mandatory when the status is FAILED',
    ],
  ])('%s', async (_, answer, reason) => {
    aws.answer = ({ RequestType }) => (RequestType === 'Create' ? answer : {});
    const stack = await aws.deploy('web', { Resources: { Job: custom() } });
    expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(await aws.events('web')).toContainEqual(expect.stringContaining(reason));
  });
});

it('takes the first answer; later ones change nothing, and strangers are refused', async () => {
  let asked: Parameters<Fixture['answer']>[0] | undefined;
  aws.answer = (request) => {
    asked = request;
    return {};
  };
  await aws.deploy('web', { Resources: { Job: custom() } });
  expect(await aws.respond(asked!, { Status: 'FAILED', Reason: 'late' })).toBe(200);
  expect((await aws.stack('web')).StackStatus).toBe('CREATE_COMPLETE');
  const { handle, prefix } = aws.service.routes[0]!;
  expect((await handle(wireRequest('PUT', `${prefix}unknown`))).status).toBe(403);
  expect((await handle(wireRequest('GET', asked!.ResponseURL))).status).toBe(405);
});

it('says which attribute the answer lacks', async () => {
  await aws.deploy('web', {
    Resources: { Job: custom(), A: thing({ Value: { 'Fn::GetAtt': 'Job.Version' } }) },
  });
  expect(await aws.events('web')).toContain(
    "A CREATE_FAILED CustomResource attribute error: Vendor response doesn't contain Version attribute in object Job",
  );
});

it('masks what is not to be echoed in outputs, and only there', async () => {
  aws.answer = () => ({ NoEcho: true, Data: { Secret: 's3cret' } });
  const stack = await aws.deploy('web', {
    Resources: { Job: custom(), A: thing({ Value: { 'Fn::GetAtt': 'Job.Secret' } }) },
    Outputs: {
      Secret: { Value: { 'Fn::GetAtt': 'Job.Secret' } },
      Copy: { Value: { 'Fn::GetAtt': 'A.Value' } },
    },
  });
  expect(stack.Outputs?.map(({ OutputValue }) => OutputValue)).toEqual(['****', 's3cret']);
});

it('cannot change its service token', async () => {
  await aws.deploy('web', { Resources: { Job: custom() } });
  await aws.deploy('web', { Resources: { Job: custom({ ServiceToken: `${SERVICE_TOKEN}2` }) } });
  expect(await aws.events('web')).toContain('Job UPDATE_FAILED Modifying service token is not allowed.');
});
