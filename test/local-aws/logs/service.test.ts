import * as logs from '@aws-sdk/client-cloudwatch-logs';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { LogsService } from '../../../local-aws/logs/service';
import { provisioningOf } from '../provisioning';

let core: Core;
let service: LogsService;
const name = { logGroupName: '/g', logStreamName: 's' };

beforeEach(async () => {
  core = new Core({ clock: new VirtualClock() });
  service = new LogsService(core);
  core.register(service);
  await core.send(new logs.CreateLogGroupCommand({ logGroupName: '/g' }));
  await core.send(new logs.CreateLogStreamCommand(name));
});

/** Milliseconds after the beginning of the test. */
const at = (ms: number) => core.clock.now() + ms;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const write = (...events: [number, string][]) =>
  core.send(
    new logs.PutLogEventsCommand({
      ...name,
      logEvents: events.map(([ms, message]) => ({ timestamp: at(ms), message })),
    }),
  );

test('events are read back in order of time, page by page', async () => {
  await write([1, 'a'], [3, 'c']);
  await write([2, 'b']);
  const page = (nextToken?: string) =>
    core.send(new logs.GetLogEventsCommand({ ...name, limit: 2, startFromHead: true, nextToken }));
  const first = await page();
  expect(first.events?.map(({ message }) => message)).toEqual(['a', 'b']);
  const second = await page(first.nextForwardToken);
  expect(second.events?.map(({ message }) => message)).toEqual(['c']);
  const end = await page(second.nextForwardToken);
  expect(end).toMatchObject({ events: [], nextForwardToken: second.nextForwardToken });
  expect((await page(second.nextBackwardToken)).events).toHaveLength(2);
});

test('without startFromHead the newest events come', async () => {
  await write([1, 'a'], [2, 'b'], [3, 'c']);
  const { events } = await core.send(new logs.GetLogEventsCommand({ ...name, limit: 2 }));
  expect(events?.map(({ message }) => message)).toEqual(['b', 'c']);
});

test('a filter goes over all streams of a group', async () => {
  await core.send(new logs.CreateLogStreamCommand({ ...name, logStreamName: 't' }));
  await write([1, 'one error'], [4, 'error two']);
  await core.send(
    new logs.PutLogEventsCommand({
      ...name,
      logStreamName: 't',
      logEvents: [
        { timestamp: at(2), message: 'error in t' },
        { timestamp: at(3), message: 'fine' },
      ],
    }),
  );
  const find = async (filterPattern: string, more = {}) => {
    const command = new logs.FilterLogEventsCommand({ logGroupName: '/g', filterPattern, ...more });
    return (await core.send(command)).events?.map(({ message }) => message);
  };
  expect(await find('error')).toEqual(['one error', 'error in t', 'error two']);
  expect(await find('"error in"')).toEqual(['error in t']);
  expect(await find('error', { startTime: at(2), endTime: at(4) })).toEqual(['error in t']);
  await expect(find('{ $.level = "x" }')).rejects.toThrow('by terms that must all occur');
});

describe('a batch of events', () => {
  const read = async () =>
    (await core.send(new logs.GetLogEventsCommand(name))).events?.map(({ message }) => message);

  test('is stored without what is too old or too new, and the answer says which', async () => {
    const answer = await write(
      [-15 * DAY_MS, 'old'],
      [-14 * DAY_MS - 1, 'still old'],
      [-DAY_MS, 'a day'],
      [0, 'now'],
      [2 * HOUR_MS + 1, 'new'],
    );
    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 });
    expect(await read()).toEqual(['a day', 'now']);
  });

  test('is stored without what is older than the group keeps', async () => {
    await core.send(new logs.PutRetentionPolicyCommand({ logGroupName: '/g', retentionInDays: 1 }));
    const answer = await write([-DAY_MS - 1, 'expired'], [0, 'now']);
    expect(answer.rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 });
    expect(await read()).toEqual(['now']);
  });

  test('says nothing where all of it is stored', async () => {
    expect((await write([0, 'now'])).rejectedLogEventsInfo).toBeUndefined();
  });

  test.each<[[number, string][], string]>([
    [
      [
        [2, 'b'],
        [1, 'a'],
      ],
      'must be in chronological order',
    ],
    [
      [
        [-DAY_MS - 1, 'a'],
        [0, 'b'],
      ],
      'cannot span more than 24 hours',
    ],
    [[], 'Member must have length greater than or equal to 1'],
    [[[0, '']], "at 'logEvents.1.member.message' failed"],
    [[[0, 'x'.repeat(1_048_551)]], 'Upload too large: 1048577 bytes exceeds limit of 1048576'],
  ])('is refused as a whole: %#', async (events, message) => {
    await expect(write(...events)).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining(message),
    });
  });
});

describe('lists', () => {
  const streams = (input: Partial<logs.DescribeLogStreamsCommandInput>) =>
    core.send(new logs.DescribeLogStreamsCommand({ logGroupName: '/g', ...input }));

  test('have pages of fifty at the most, each with the token of the next', async () => {
    for (let index = 0; index < 60; index++) {
      await core.send(new logs.CreateLogStreamCommand({ ...name, logStreamName: `t${index}` }));
      await core.send(new logs.CreateLogGroupCommand({ logGroupName: `/h${index}` }));
    }
    const first = await streams({});
    expect(first.logStreams).toHaveLength(50);
    expect((await streams({ nextToken: first.nextToken })).logStreams).toHaveLength(11);
    const groups = await core.send(new logs.DescribeLogGroupsCommand({ limit: 3 }));
    expect(groups.logGroups?.map(({ logGroupName }) => logGroupName)).toEqual(['/g', '/h0', '/h1']);
    expect(groups.nextToken).toBeDefined();
  });

  test.each<[Partial<logs.DescribeLogStreamsCommandInput>, string]>([
    [{ limit: 51 }, "Value '51' at 'limit' failed to satisfy constraint"],
    [{ limit: 0 }, 'Member must have value greater than or equal to 1'],
    [{ nextToken: 'x' }, 'The specified nextToken is invalid.'],
    [{ orderBy: 'LastEventTime', logStreamNamePrefix: 's' }, 'Cannot order by LastEventTime'],
    [{ logGroupIdentifier: '/g' }, 'either logGroupIdentifier or logGroupName, but not both'],
    [{ logGroupName: undefined }, 'either logGroupIdentifier or logGroupName, but not both'],
  ])('are refused with %j', async (input, message) => {
    await expect(streams(input)).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining(message),
    });
  });
});

test('what is not there, and what is there already, is said so', async () => {
  await expect(core.send(new logs.CreateLogGroupCommand({ logGroupName: '/g' }))).rejects.toMatchObject({
    code: 'ResourceAlreadyExistsException',
  });
  await expect(
    core.send(new logs.GetLogEventsCommand({ ...name, logStreamName: 'none' })),
  ).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('CloudFormation makes a log group with its retention, and removes it', async () => {
  const provisioning = provisioningOf(core, 'L');
  const type = service.resourceTypes['AWS::Logs::LogGroup']!;
  const properties = { RetentionInDays: '7', Tags: [{ Key: 'a', Value: '1' }] };
  const { physicalId, attributes } = await type.create(properties, provisioning);
  expect(attributes.Arn).toBe('arn:aws:logs:eu-central-1:000000000000:log-group:Stack-L:*');
  const describe = async () => {
    const command = new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: 'Stack-' });
    return (await core.send(command)).logGroups;
  };
  expect(await describe()).toMatchObject([{ logGroupName: 'Stack-L', retentionInDays: 7 }]);
  await type.update!(physicalId, { Tags: [{ Key: 'b', Value: '2' }] }, properties, provisioning);
  const { tags } = await core.send(
    new logs.ListTagsForResourceCommand({ resourceArn: String(attributes.Arn).replace(/:\*$/, '') }),
  );
  expect(tags).toEqual({ 'aws:cloudformation:stack-name': 'Stack', b: '2' });
  await expect(type.update!(physicalId, { RetentionInDays: 8 }, {}, provisioning)).rejects.toThrow('8 days');
  await type.delete(physicalId, {}, provisioning);
  await type.delete(physicalId, {}, provisioning);
  expect(await describe()).toEqual([]);
});
