import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as iam from '@aws-sdk/client-iam';
import { VirtualClock } from '../../../local-aws/core/clock';
import type { Core } from '../../../local-aws/core/core';
import { FunctionLog } from '../../../local-aws/lambda/log';
import { openSession } from '../../../local-aws/sts/session';
import { coreWithLambda } from './setup';

let core: Core;
const group = '/own';

beforeEach(async () => {
  ({ core } = await coreWithLambda(new VirtualClock(), { inProcess: async () => null }));
});

const allow = (...actions: string[]) =>
  core.send(
    new iam.PutRolePolicyCommand({
      RoleName: 'function',
      PolicyName: 'P',
      PolicyDocument: JSON.stringify({
        Statement: {
          Effect: 'Allow',
          Action: actions,
          Resource: [core.arn('logs', `log-group:${group}`), core.arn('logs', `log-group:${group}:*`)],
        },
      }),
    }),
  );
const write = async () => {
  const session = openSession(core, core.arn('iam', 'role/function'), 'F');
  const log = new FunctionLog(core, core.sessions.get(session.accessKeyId)!, { group, stream: 's' });
  log.add('a');
  await log.flush();
  log.add('b');
  await log.flush();
};
const read = async () => {
  const command = new logs.FilterLogEventsCommand({ logGroupName: group });
  return (await core.send(command)).events?.map(({ message }) => message);
};

test('a role that may write to a group that is there needs no more', async () => {
  await core.send(new logs.CreateLogGroupCommand({ logGroupName: group }));
  await allow('logs:CreateLogStream', 'logs:PutLogEvents');
  await write();
  expect(await read()).toEqual(['a', 'b']);
});

test('a role that may makes the group', async () => {
  await allow('logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents');
  await write();
  expect(await read()).toEqual(['a', 'b']);
});

test('a role that may not write loses its log, and nothing else fails', async () => {
  await core.send(new logs.CreateLogGroupCommand({ logGroupName: group }));
  await allow('logs:CreateLogStream');
  await write();
  expect(await read()).toEqual([]);
});
