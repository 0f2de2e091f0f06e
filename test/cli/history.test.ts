import { person } from '../../lib/cli/table';
import { ANNA, FLEET, rolledBack, START, softwareOf, World } from './world';

/** The story: three releases, back to the second, and one that is rolled back by itself. */
async function story(): Promise<World> {
  const world = new World();
  await world.released(1, '1.0.0');
  await world.released(2, '1.1.0');
  await world.released(3, '1.2.0');
  await world.released(4, '1.1.0', { software: softwareOf(2), origin: { kind: 'undo', of: 2 } });
  await world.released(5, '2.0.0', {
    outcome: { ...rolledBack(START + 400_000), reason: 'Health checks failed.\nEnd of its console: no' },
  });
  return world;
}

test('lists what the fleet can go back to, and marks what it runs', async () => {
  const { output, exitCode } = await (await story()).run('history ImageBased');
  expect(exitCode).toBe(0);
  expect(output).toBe(`\
REVISION  RELEASE          CHANGE CAUSE              BY             WHEN                  OUTCOME
1         guestbook 1.0.0  Release 1.0.0             Operator/anna  2026-11-21 03:01:00Z  Complete
3         guestbook 1.2.0  Release 1.2.0             Operator/anna  2026-11-21 03:03:00Z  Complete
4 *       guestbook 1.1.0  back to 2: Release 1.1.0  Operator/anna  2026-11-21 03:04:00Z  Complete
5         guestbook 2.0.0  Release 2.0.0             Operator/anna  2026-11-21 03:05:00Z  RolledBack: Health checks failed.`);
});

test('--all lists the whole ledger, --json everything about it', async () => {
  const world = await story();
  await world.opened(6, '1.3.0');
  const { output } = await world.run('history ImageBased --all --json');
  const { revisions, current, open } = JSON.parse(output);
  expect(revisions.map(({ number }: { number: number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(current).toBe(4);
  expect(open).toMatchObject({ revision: 6 });
  expect(revisions[3]).toMatchObject({ origin: { kind: 'undo', of: 2 }, by: ANNA });
  expect((await world.run('history ImageBased')).output).toMatch(/\n6 .* goes on$/);
});

test('--revision tells all of one, with what happened', async () => {
  const world = await story();
  const event = { fleet: FLEET, revision: 5 };
  await world.ledger.note({
    ...event,
    at: START + 301_000,
    kind: 'Started',
    by: 'rollout',
    message: 'Refresh r-1.',
  });
  await world.ledger.note({
    ...event,
    at: START + 390_000,
    kind: 'Evidence',
    by: 'rollout',
    message: 'i-9: 500\nEnd of its console: no',
  });
  const { output } = await world.run('history ImageBased --revision 5');
  expect(output).toBe(`Revision 5
  release          guestbook 2.0.0
  digest           2.0.0
  change cause     Release 2.0.0
  lives beside     *
  image            ami-5
  launch template  lt-1, version 5
  content          ${softwareOf(5).content}
  strategy         rolling, 100 to 150% healthy
  gates            none
  by               ${ANNA}
  stack            arn:aws:cloudformation:eu-central-1:000000000000:stack/ImageBased/1
  began            2026-11-21 03:05:00Z
  ended            2026-11-21 03:06:40Z, after 1 min 40 s
  outcome          RolledBack
  reason           Health checks failed.
                   End of its console: no

2026-11-21 03:05:01Z  Started   rollout  Refresh r-1.
2026-11-21 03:06:30Z  Evidence  rollout  i-9: 500
                                         End of its console: no`);
  const { output: json } = await world.run('history ImageBased --revision 5 --json');
  expect(JSON.parse(json)).toMatchObject({ revision: { number: 5 }, events: [{}, {}] });
});

test('a long reason is cut in the list, and whole in its own record', async () => {
  const world = new World();
  const reason = 'x'.repeat(200);
  await world.released(1, '1.0.0', { outcome: { kind: 'Failed', reason, at: START } });
  expect((await world.run('history ImageBased')).output).toMatch(/Failed: x{99}…$/);
  expect((await world.run('history ImageBased --revision 1')).output).toContain(reason);
});

test.each([
  ['arn:aws:sts::000000000000:assumed-role/Operator/anna', 'Operator/anna'],
  ['arn:aws:iam::000000000000:user/anna', 'anna'],
  ['arn:aws:iam::000000000000:root', 'root'],
  ['Anna A. <anna@example.org>', 'Anna A.'],
  ['CloudFormation', 'CloudFormation'],
])('%s is known as %s', (by, name) => {
  expect(person(by)).toBe(name);
});

test('a fleet without revisions', async () => {
  const world = new World();
  expect((await world.run('history ImageBased')).output).toBe('ImageBased-fleet has no revision yet.');
  expect((await world.run('history ImageBased --revision 1')).output).toBe(
    'There is no revision 1: ImageBased-fleet has none yet.',
  );
});

test('a revision that came with another base image says so', async () => {
  const world = new World();
  await world.released(1, '1.0.0', { baseImageId: 'ami-1' });
  await world.released(2, '1.1.0', { baseImageId: 'ami-1' });
  await world.released(3, '1.1.0', { baseImageId: 'ami-2', software: softwareOf(3) });
  const { output } = await world.run('history ImageBased');
  expect(output.match(/new base image/g)).toHaveLength(1);
  expect(output).toContain('Release 1.1.0; new base image');
  expect((await world.run('history ImageBased --revision 3')).output).toContain(
    'base image       ami-2; new base image',
  );
});
