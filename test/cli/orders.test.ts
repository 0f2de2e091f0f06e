import type { OpenRollout } from '../../lib/ledger/types';
import { ANNA, complete, FLEET, rolledBack, START, World } from './world';

/** A fleet on revision 1, with a rollout to revision 2 with two gates. */
async function rolling(
  rollout: Partial<OpenRollout> = {},
  gates: readonly number[] = [50, 75],
): Promise<World> {
  const world = new World();
  await world.released(1, '1.0.0');
  await world.opened(2, '1.1.0', { gates }, rollout);
  world.stack.StackStatus = 'UPDATE_IN_PROGRESS';
  world.machines = [
    { id: 'i-a', version: 1 },
    { id: 'i-b', version: 1 },
  ];
  world.now += 1000;
  return world;
}

const open = async (world: World) => (await world.ledger.head(FLEET)).open!;
const events = async (world: World) =>
  (await world.ledger.events(FLEET, 2)).map(({ kind, by, at, message }) => ({ kind, by, at, message }));
const at = START + 1000;
const by = ANNA;
const order = { by: 'arn:aws:iam::1:user/bo', at: START };

describe('pause', () => {
  test('writes who and when, and returns', async () => {
    const world = await rolling();
    expect(await world.run('pause ImageBased')).toMatchObject({
      exitCode: 0,
      output:
        'The rollout of revision 2 will stand still at its next step; "rollout resume ImageBased" lets it go on.',
    });
    expect((await open(world)).paused).toEqual({ by, at });
    expect(await events(world)).toEqual([{ kind: 'Paused', by, at, message: 'Paused.' }]);
    expect(world.scenes).toEqual([]);
  });

  test('again changes nothing', async () => {
    const world = await rolling({ paused: order });
    expect(await world.run('pause ImageBased')).toMatchObject({
      exitCode: 0,
      output:
        'The rollout of revision 2 is paused already, by arn:aws:iam::1:user/bo since 2026-11-21 03:00:00Z.',
    });
    expect((await open(world)).paused).toEqual(order);
    expect(await events(world)).toEqual([]);
  });
});

describe('resume', () => {
  test('takes the pause away', async () => {
    const world = await rolling({ paused: order });
    const { output } = await world.run('resume ImageBased --json');
    expect(JSON.parse(output)).toEqual({
      stack: 'ImageBased',
      revision: 2,
      begun: true,
      message: 'The rollout of revision 2 goes on.',
      by,
      at: new Date(at).toISOString(),
    });
    expect((await open(world)).paused).toBeUndefined();
    expect(await events(world)).toEqual([{ kind: 'Resumed', by, at, message: 'Resumed.' }]);
  });

  test.each([
    [{}, 'The rollout of revision 2 is not paused: "rollout pause ImageBased" would let it stand still.'],
    [
      { holding: { at: 50, since: START } },
      'The rollout of revision 2 is not paused: it stands at its gate of 50%, which "rollout promote ImageBased" passes.',
    ],
  ])('what is not paused: %p', async (rollout, output) => {
    expect(await (await rolling(rollout)).run('resume ImageBased')).toEqual({
      ...{ output, exitCode: 1 },
    });
  });
});

describe('promote', () => {
  test('passes the gate that it stands at, and waits if asked to', async () => {
    const world = await rolling({ holding: { at: 50, since: START } });
    world.onSleep = async () => {
      await world.ledger.close(FLEET, await open(world), complete(world.now));
      world.machines = world.machines.map(({ id }) => ({ id, version: 2 }));
      world.stack.StackStatus = 'UPDATE_COMPLETE';
    };
    expect(await world.run('promote ImageBased --wait')).toMatchObject({
      exitCode: 0,
      output: 'Healthy: The fleet runs revision 2 (guestbook 1.1.0).',
    });
    expect(await events(world)).toEqual([{ kind: 'Promoted', by, at, message: 'Passed the gate of 50%.' }]);
  });

  test('writes up to where it passes, and tells of a pause', async () => {
    const world = await rolling({ holding: { at: 75, since: START }, passed: 50, paused: order });
    expect((await world.run('promote ImageBased')).output).toBe(
      'The rollout of revision 2 passes its gate of 75%. It is paused, too: "rollout resume ImageBased" lets it go on.',
    );
    expect((await open(world)).passed).toBe(75);
  });

  test('twice changes nothing', async () => {
    const world = await rolling({ holding: { at: 50, since: START }, passed: 50 });
    expect((await world.run('promote ImageBased')).exitCode).toBe(0);
    expect(await events(world)).toEqual([]);
  });

  test.each([
    [[], 0, 'it has no gates; it goes on by itself'],
    [
      [50, 75],
      0,
      'the next one is at 50% of the machines; wait until "rollout status" says that it is reached',
    ],
    [
      [50, 75],
      50,
      'the next one is at 75% of the machines; wait until "rollout status" says that it is reached',
    ],
    [[50, 75], 75, 'it has passed all its gates; it goes on by itself'],
  ])('no gate: %p, passed %d', async (gates, passed, where) => {
    const world = await rolling({ passed }, gates);
    expect(await world.run('promote ImageBased')).toMatchObject({
      exitCode: 1,
      output: `The rollout of revision 2 does not stand at a gate: ${where}.`,
    });
  });
});

describe('abort', () => {
  test('writes the reason, and is done when the fleet is back', async () => {
    const world = await rolling();
    world.onSleep = async () => {
      await world.ledger.close(FLEET, await open(world), rolledBack(world.now));
      world.stack.StackStatus = 'UPDATE_ROLLBACK_COMPLETE';
    };
    expect((await world.run('abort ImageBased --reason "Style sheet is missing" --wait')).exitCode).toBe(0);
    expect(await events(world)).toEqual([{ kind: 'Aborted', by, at, message: 'Style sheet is missing' }]);
  });

  test('returns once it is written', async () => {
    const world = await rolling();
    expect((await world.run('abort ImageBased')).exitCode).toBe(0);
    expect((await open(world)).aborted).toEqual({ by, at, reason: 'No reason was given.' });
    expect((await world.run('abort ImageBased')).output).toBe(
      `The rollout of revision 2 was given up already, by ${ANNA}: No reason was given.`,
    );
  });

  test('that fails ends with 2', async () => {
    const world = await rolling();
    world.onSleep = async () => {
      const outcome = { ...rolledBack(world.now), kind: 'Failed' as const };
      await world.ledger.close(FLEET, await open(world), outcome);
      world.stack.StackStatus = 'UPDATE_ROLLBACK_COMPLETE';
    };
    expect((await world.run('abort ImageBased --wait')).exitCode).toBe(2);
  });
});

test.each(['pause', 'resume', 'promote', 'abort'])('%s of what is on its way back', async (name) => {
  const world = await rolling({ trouble: 'Too slow' });
  expect(await world.run(`${name} ImageBased`)).toMatchObject({
    exitCode: 1,
    output:
      'The rollout of revision 2 is on its way back already (Too slow): wait for its end with "rollout status ImageBased --watch".',
  });
});
