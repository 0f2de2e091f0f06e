import { formatPin } from '../../lib/rollout/pin';
import { FLEET, rolledBack, serviceError, World } from './world';

// Every wrong use is answered by one sentence that says what to do, and by exit code 1.

async function refused(world: World, line: string): Promise<string> {
  const { output, exitCode } = await world.run(line);
  expect(exitCode).toBe(1);
  expect(output.split('\n')).toHaveLength(1);
  expect(world.updates).toEqual([]);
  return output;
}

const COMMANDS = [
  'status',
  'history',
  'undo',
  'pause',
  'resume',
  'promote',
  'abort',
  'retry',
  'restart',
  'verify',
];

describe('the stack', () => {
  test.each(COMMANDS)('%s: none is named, or two, or an unknown flag', async (name) => {
    const world = new World();
    expect(await refused(world, name)).toBe(
      `rollout ${name} needs the name of a stack, as in "rollout ${name} ImageBased".`,
    );
    expect(await refused(world, `${name} One Two`)).toBe(
      `rollout ${name} takes one stack; found "One" and "Two".`,
    );
    expect(await refused(world, `${name} One --regoin eu-west-1`)).toBe(
      'Unknown flag --regoin (did you mean "--region"?); --help lists the flags.',
    );
  });

  test.each(COMMANDS)('%s: there is no such stack', async (name) => {
    expect(await refused(new World(), `${name} ImageBase`)).toBe(
      'There is no stack "ImageBase" in eu-central-1 (did you mean "ImageBased"?); with a fleet there is: ImageBased.',
    );
  });

  test('it has no fleet', async () => {
    const world = new World();
    expect(await refused(world, 'status Ledger')).toBe(
      'The stack "Ledger" has no fleet (it is CREATE_COMPLETE, and has no output GroupName); with a fleet there is: ImageBased.',
    );
    world.stacks = world.stacks.filter(({ StackName }) => StackName === 'Ledger');
    expect(await refused(world, 'status Ledger')).toBe(
      'The stack "Ledger" has no fleet (it is CREATE_COMPLETE, and has no output GroupName), and no other stack there has one: deploy one, or name another --region.',
    );
  });

  test('it is being deployed for the first time', async () => {
    const world = new World();
    Object.assign(world.stack, { StackStatus: 'CREATE_IN_PROGRESS', Outputs: undefined });
    expect(await refused(world, 'status ImageBased')).toBe(
      'The stack "ImageBased" is CREATE_IN_PROGRESS, and tells of no fleet yet: wait for the end of that deployment.',
    );
  });

  test('it was deployed before there was a ledger', async () => {
    const world = new World();
    world.stack.Outputs = world.stack.Outputs!.filter(({ OutputKey }) => OutputKey !== 'LedgerTable');
    expect(await refused(world, 'history ImageBased')).toBe(
      'The stack "ImageBased" has no output LedgerTable: deploy it anew, with "npx cdk deploy ImageBased".',
    );
  });

  test('the ledger has no table', async () => {
    const world = new World();
    world.failures.head = serviceError('ResourceNotFoundException', 'Requested resource not found');
    expect(await refused(world, 'history ImageBased')).toBe(
      'The ledger\'s table "ledger", which the stack "ImageBased" names, does not exist: deploy the ledger\'s stack, or restore the table.',
    );
  });
});

describe('the account', () => {
  test.each([
    [
      'no permission',
      serviceError(
        'AccessDenied',
        'User: arn:aws:iam::1:user/bo is not authorized to perform: cloudformation:DescribeStacks on resource: *',
      ),
      'The permission cloudformation:DescribeStacks is missing (User: arn:aws:iam::1:user/bo is not authorized to perform: cloudformation:DescribeStacks on resource: *): have it granted, or name another profile with --profile.',
    ],
    [
      'no permission, unnamed',
      serviceError('UnauthorizedOperation', 'You are not authorized to perform this operation.'),
      'A permission is missing (You are not authorized to perform this operation): have it granted, or name another profile with --profile.',
    ],
    [
      'no credentials',
      Object.assign(new Error('Could not load credentials from any providers'), {
        name: 'CredentialsProviderError',
      }),
      'No AWS credentials were found (Could not load credentials from any providers): sign in, as with "aws sso login" or "aws configure", or name a profile with --profile.',
    ],
    [
      'credentials that have expired',
      serviceError('ExpiredTokenException', 'The security token included in the request is expired'),
      'AWS does not accept these credentials (The security token included in the request is expired): sign in anew, or name another profile with --profile.',
    ],
    [
      'no answer',
      Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4566'), { code: 'ECONNREFUSED' }),
      "AWS can't be reached (ECONNREFUSED, connect ECONNREFUSED 127.0.0.1:4566): look at the network and at AWS_ENDPOINT_URL, then repeat the command.",
    ],
    [
      'anything else that a service says',
      serviceError('Throttling', 'Rate exceeded'),
      'AWS refused (Throttling): Rate exceeded.',
    ],
  ])('%s', async (_, error, sentence) => {
    const world = new World();
    world.failures.describeStacks = error;
    expect(await refused(world, 'status ImageBased')).toBe(sentence);
  });

  test('no region', async () => {
    const world = new World();
    world.failures.connect = new Error('Region is missing');
    expect(await refused(world, 'status ImageBased')).toBe(
      'No region is known: name it with --region, or set AWS_REGION, or give the profile one.',
    );
  });

  test("a mistake of the program's own is not hidden", async () => {
    const world = new World();
    world.failures.describeStacks = new TypeError('undefined is not a function');
    await expect(world.run('status ImageBased')).rejects.toThrow(TypeError);
  });
});

describe('the fleet is not so', () => {
  async function settled(): Promise<World> {
    const world = new World();
    await world.released(1, '1.0.0');
    await world.released(2, '1.1.0');
    return world;
  }

  test.each([
    [
      'undo ImageBased --to-revision 9',
      'There is no revision 9; there are 1, 2, as "rollout history" lists.',
    ],
    [
      'undo ImageBased --to-revision two',
      '--to-revision is "two"; expected is a whole number from 1 to 99999999.',
    ],
    [
      'history ImageBased --revision 9',
      'There is no revision 9; there are 1, 2 ("rollout history ImageBased --all" lists them).',
    ],
    [
      'history ImageBased --all --revision 1',
      '--all and --revision exclude each other: a revision is shown whole.',
    ],
    [
      'pause ImageBased',
      'No rollout of ImageBased-fleet is going on, so there is nothing to pause: "rollout status ImageBased" says how the fleet is.',
    ],
    [
      'resume ImageBased',
      'No rollout of ImageBased-fleet is going on, so there is nothing to resume: "rollout status ImageBased" says how the fleet is.',
    ],
    [
      'promote ImageBased',
      'No rollout of ImageBased-fleet is going on, so there is nothing to promote: "rollout status ImageBased" says how the fleet is.',
    ],
    [
      'abort ImageBased',
      'No rollout of ImageBased-fleet is going on, so there is nothing to give up: "rollout status ImageBased" says how the fleet is.',
    ],
    [
      'retry ImageBased',
      'There is nothing to retry: revision 2 (guestbook 1.1.0) is complete. "rollout restart ImageBased" replaces all machines at the same revision.',
    ],
    [
      'status ImageBased --timeout 5m',
      '--timeout needs --watch beside it: without it nothing is waited for.',
    ],
    [
      'promote ImageBased --timeout 5m',
      '--timeout needs --wait beside it: without it nothing is waited for.',
    ],
    [
      'undo ImageBased --timeout soon',
      '--timeout is "soon"; expected is a duration of at most 48 hours, such as 40, 40s, 22m or 1h.',
    ],
    [
      'undo ImageBased --no-wait --timeout 5m',
      '--timeout and --no-wait exclude each other: nothing is waited for.',
    ],
  ])('%s', async (line, sentence) => {
    expect(await refused(await settled(), line)).toBe(sentence);
  });

  test('nothing to undo', async () => {
    const world = new World();
    await world.released(1, '1.0.0');
    expect(await refused(world, 'undo ImageBased')).toBe(
      'There is nothing to undo: revision 1 (guestbook 1.0.0) is the only one that completed. Deploy another release.',
    );
  });

  test('nothing to restart, or to retry', async () => {
    expect(await refused(new World(), 'restart ImageBased')).toBe(
      'No revision of ImageBased-fleet has completed yet: deploy a release, and restart nothing before that.',
    );
    expect(await refused(new World(), 'retry ImageBased')).toMatch(
      /^There is nothing to retry: there is no revision yet\./,
    );
  });

  test('the newest base image, where one is configured or the fleet is pinned', async () => {
    const world = new World();
    await world.released(1, '1.0.0');
    world.choosesBaseImage = false;
    expect(await refused(world, 'restart ImageBased --newest-base')).toMatch(
      /^The stack "ImageBased" chooses no base image by itself: one is configured/,
    );
    world.choosesBaseImage = true;
    const pin = { revision: 1, release: 'guestbook 1.0.0', launchTemplateVersion: '1', instead: '1.1.0' };
    world.stack.Parameters = world.stack.Parameters!.map((parameter) =>
      parameter.ParameterKey === 'FleetPin'
        ? { ...parameter, ParameterValue: formatPin({ ...pin, after: 1, by: 'operator' }) }
        : parameter,
    );
    expect(await refused(world, 'restart ImageBased --newest-base')).toBe(
      'The fleet is pinned to revision 1, which keeps its base image: deploy a release, and it gets the newest one.',
    );
    expect(world.updates).toEqual([]);
  });

  test.each(['undo', 'retry', 'restart'])('%s while a rollout goes on', async (name) => {
    const world = await settled();
    await world.opened(3, '1.2.0');
    expect(await refused(world, `${name} ImageBased`)).toBe(
      'The rollout of revision 3 is still going on: wait for its end, or give it up with "rollout abort".',
    );
  });

  test.each([
    [
      'UPDATE_IN_PROGRESS',
      'The stack "ImageBased" is UPDATE_IN_PROGRESS: wait for the end of that deployment ("rollout status ImageBased --watch"), or give it up with "aws cloudformation cancel-update-stack --stack-name ImageBased".',
    ],
    [
      'UPDATE_ROLLBACK_FAILED',
      'The stack "ImageBased" is UPDATE_ROLLBACK_FAILED: let it go on from there with "rollout retry ImageBased" first.',
    ],
    [
      'ROLLBACK_COMPLETE',
      'The stack "ImageBased" is ROLLBACK_COMPLETE, in which CloudFormation changes nothing: repair or delete the stack, and deploy it anew.',
    ],
  ] as const)('undo and restart while the stack is %s', async (status, sentence) => {
    const world = await settled();
    world.stack.StackStatus = status;
    expect(await refused(world, 'undo ImageBased')).toBe(sentence);
    expect(await refused(world, 'restart ImageBased')).toBe(sentence);
  });

  test('undo to what is gone, or in a stack that was never meant for it', async () => {
    const world = await settled();
    world.versions = [2, 3];
    expect(await refused(world, 'undo ImageBased')).toBe(
      'Of revision 1 (guestbook 1.0.0) launch template version 1 is gone: deploy that release again, with "npx cdk deploy ImageBased -c release=FILE".',
    );
    world.versions = [1, 2];
    world.stack.Parameters = [];
    expect(await refused(world, 'undo ImageBased')).toBe(
      'The stack "ImageBased" has no parameter FleetPin: deploy it anew, with "npx cdk deploy ImageBased".',
    );
  });

  test('undo in a stack that was destroyed and made anew', async () => {
    const world = await settled();
    world.failures.describeLaunchTemplateVersions = serviceError(
      'InvalidLaunchTemplateId.NotFound',
      "The launch template ID 'lt-1' does not exist.",
    );
    expect(await refused(world, 'undo ImageBased')).toBe(
      'Of revision 1 (guestbook 1.0.0) launch template version 1 is gone: deploy that release again, with "npx cdk deploy ImageBased -c release=FILE".',
    );
  });

  test('CloudFormation finds nothing to change', async () => {
    const world = await settled();
    world.failures.updateStack = serviceError('ValidationError', 'No updates are to be performed.');
    expect(await refused(world, 'undo ImageBased')).toMatch(
      /^CloudFormation holds that the stack "ImageBased" is like that already, although the fleet is not: .*"rollout verify ImageBased"/,
    );
  });

  test('retry of what is gone', async () => {
    const world = await settled();
    await world.released(3, '2.0.0', { outcome: rolledBack(world.now) });
    world.versions = [1, 2];
    expect(await refused(world, 'retry ImageBased')).toMatch(/launch template version 3 is gone/);
  });

  test('the rollout went on in the very moment of an order', async () => {
    const world = await settled();
    const open = await world.opened(3, '1.2.0');
    const { ledger } = world;
    const amend = ledger.amend.bind(ledger);
    ledger.amend = async (...change) => {
      await ledger.close(FLEET, open, rolledBack(world.now));
      await amend(...change);
    };
    expect(await refused(world, 'pause ImageBased')).toBe(
      'The rollout went on in this very moment: look at it with "rollout status", and repeat the command if it is still wanted.',
    );
  });
});
