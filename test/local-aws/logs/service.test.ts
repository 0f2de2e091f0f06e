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

const write = (...events: [number, string][]) =>
  core.send(
    new logs.PutLogEventsCommand({
      ...name,
      logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
    }),
  );

test('events are read back in order of time, page by page', async () => {
  await write([3, 'c'], [1, 'a']);
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
        { timestamp: 2, message: 'error in t' },
        { timestamp: 3, message: 'fine' },
      ],
    }),
  );
  const find = async (filterPattern: string, more = {}) => {
    const command = new logs.FilterLogEventsCommand({ logGroupName: '/g', filterPattern, ...more });
    return (await core.send(command)).events?.map(({ message }) => message);
  };
  expect(await find('error')).toEqual(['one error', 'error in t', 'error two']);
  expect(await find('"error in"')).toEqual(['error in t']);
  expect(await find('error', { startTime: 2, endTime: 4 })).toEqual(['error in t']);
  await expect(find('{ $.level = "x" }')).rejects.toThrow('by terms that must all occur');
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
  const { physicalId, attributes } = await type.create({ RetentionInDays: '7' }, provisioning);
  expect(attributes.Arn).toBe('arn:aws:logs:eu-central-1:000000000000:log-group:Stack-L:*');
  const describe = async () => {
    const command = new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: 'Stack-' });
    return (await core.send(command)).logGroups;
  };
  expect(await describe()).toMatchObject([{ logGroupName: 'Stack-L', retentionInDays: 7 }]);
  await expect(type.update!(physicalId, { RetentionInDays: 8 }, {}, provisioning)).rejects.toThrow('8 days');
  await type.delete(physicalId, {}, provisioning);
  await type.delete(physicalId, {}, provisioning);
  expect(await describe()).toEqual([]);
});
