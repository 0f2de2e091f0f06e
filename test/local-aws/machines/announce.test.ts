import * as autoScaling from '@aws-sdk/client-auto-scaling';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import { announce } from '../../../local-aws/machines/announce';
import { operation } from '../../harness/stand-in';

const MINUTE = 60_000;

/** A machine that announces itself to a group which refuses it so many times. */
async function announced({ refusals = 0, tagsAfterMs = 0, goneAfterMs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const beginning = clock.now();
  const calls: number[] = [];
  core.register({
    signingName: 'autoscaling',
    sdk: autoScaling,
    operations: {
      CompleteLifecycleAction: operation<autoScaling.CompleteLifecycleActionType, object>({
        run: () => {
          calls.push(clock.now() - beginning);
          if (calls.length <= refusals) throw new Fault('AccessDenied', 'not authorized', 403);
          return {};
        },
      }),
    },
  });
  const lines: string[] = [];
  const end = announce({
    core,
    hook: 'serving',
    request: {
      instanceId: 'i-1',
      tags: { 'aws:autoscaling:groupName': 'fleet' },
      tagsFrom: beginning + tagsAfterMs,
    },
    principal: core.root,
    againMs: 5000,
    isOver: () => clock.now() - beginning >= goneAfterMs,
    log: (line) => lines.push(line),
  });
  await clock.runUntil(end);
  return { calls, lines, elapsedMs: clock.now() - beginning };
}

test('a machine waits for its tags, which its metadata may lack at first', async () => {
  const { calls, lines } = await announced({ tagsAfterMs: 58_000 });
  expect(calls).toEqual([60_000]);
  expect(lines).toEqual([
    'the metadata service does not show aws:autoscaling:groupName (yet)',
    'told fleet by its lifecycle hook serving that the service answers',
  ]);
});

test('it goes on while its permissions have not spread', async () => {
  const { calls, lines } = await announced({ refusals: 8 });
  expect(calls).toHaveLength(9);
  expect(lines.at(-1)).toBe('told fleet by its lifecycle hook serving that the service answers');
});

test('it ends with its machine, and says when it gives up before', async () => {
  expect((await announced({ refusals: 1000, goneAfterMs: MINUTE })).elapsedMs).toBe(MINUTE);
  const { lines, elapsedMs } = await announced({ refusals: 1000 });
  expect(lines.at(-1)).toBe('tried for 10 minutes: given up');
  expect(elapsedMs).toBe(10 * MINUTE);
});
