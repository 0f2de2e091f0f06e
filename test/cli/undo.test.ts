import { parsePin, parseRestart } from '../../lib/rollout/pin';
import { ANNA, complete, FLEET, rolledBack, START, softwareOf, World } from './world';

/** Releases 1.0.0, 1.1.0 and 1.2.0, of which the last one runs and is the template's. */
async function released(): Promise<World> {
  const world = new World();
  await world.released(1, '1.0.0');
  await world.released(2, '1.1.0');
  await world.released(3, '1.2.0');
  world.templateRelease = '1.2.0';
  world.savedVersion = 3;
  world.machines = [
    { id: 'i-a', version: 3 },
    { id: 'i-b', version: 3 },
  ];
  return world;
}

/** The one parameter that an update changed. */
function changed(world: World): { key: string; value: string } {
  expect(world.updates).toHaveLength(1);
  const { Parameters = [], UsePreviousTemplate, Capabilities } = world.updates[0]!;
  expect(UsePreviousTemplate).toBe(true);
  expect(Capabilities).toEqual(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM']);
  expect(Parameters.map(({ ParameterKey }) => ParameterKey)).toEqual([
    'BootstrapVersion',
    'FleetPin',
    'FleetRestart',
  ]);
  const values = Parameters.filter(({ UsePreviousValue }) => !UsePreviousValue);
  expect(values).toHaveLength(1);
  return { key: values[0]!.ParameterKey!, value: values[0]!.ParameterValue! };
}

/** Lets the deployment that was begun roll out a revision and end. */
function rollsOut(world: World, number: number, template: number, ending: 'kept' | 'back' | 'none'): void {
  let looks = 0;
  world.onSleep = async () => {
    looks++;
    if (looks === 2 && ending !== 'none')
      await world.opened(number, '1.1.0', { software: softwareOf(template), openedAt: world.now });
    if (looks !== 6) return;
    const { open } = await world.ledger.head(FLEET);
    if (open)
      await world.ledger.close(FLEET, open, ending === 'kept' ? complete(world.now) : rolledBack(world.now));
    world.stack.StackStatus = ending === 'kept' ? 'UPDATE_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
    if (ending === 'kept') world.machines = world.machines.map(({ id }) => ({ id, version: template }));
  };
}

describe('undo', () => {
  test('goes back to the revision before, and waits for the end', async () => {
    const world = await released();
    rollsOut(world, 4, 2, 'kept');
    const { output, exitCode } = await world.run('undo ImageBased');
    expect(output).toBe('Healthy: The fleet runs revision 4 (guestbook 1.1.0).');
    expect(exitCode).toBe(0);
    const { key, value } = changed(world);
    expect(key).toBe('FleetPin');
    expect(parsePin(value)).toEqual({
      after: 3,
      revision: 2,
      release: 'guestbook 1.1.0',
      launchTemplateVersion: '2',
      instead: '1.2.0',
      by: ANNA,
    });
    expect(world.lines[0]).toBe('Going back to revision 2 (guestbook 1.1.0).');
    const { output: list } = await world.run('history ImageBased --json');
    expect(JSON.parse(list).revisions.map(({ number }: { number: number }) => number)).toEqual([1, 3, 4]);
  });

  test('to the release that the template names: the pin goes', async () => {
    const world = await released();
    world.templateRelease = '1.0.0';
    world.versions = [1, 2, 3, 11];
    await world.run('undo ImageBased --to-revision 1 --no-wait');
    expect(changed(world)).toEqual({ key: 'FleetPin', value: '' });
  });

  test('to the same release with other machines: a pin', async () => {
    const world = await released();
    world.templateRelease = '1.0.0';
    await world.run('undo ImageBased --to-revision 1 --no-wait');
    expect(parsePin(changed(world).value)).toMatchObject({ revision: 1, instead: '1.0.0' });
  });

  test('without waiting', async () => {
    const world = await released();
    const { output, exitCode } = await world.run('undo ImageBased --no-wait');
    expect(exitCode).toBe(0);
    expect(output).toBe(
      'Going back to revision 2 (guestbook 1.1.0). "rollout status ImageBased --watch" follows it.',
    );
    expect(world.now).toBe(START);
  });

  test('that is rolled back itself ends with 2', async () => {
    const world = await released();
    rollsOut(world, 4, 2, 'back');
    const { output, exitCode } = await world.run('undo ImageBased');
    expect(exitCode).toBe(2);
    expect(output).toMatch(
      /^Healthy: The fleet runs revision 3 .*Revision 4 \(guestbook 1\.1\.0\) was rolled back/,
    );
  });

  test("that never came to its rollout ends with 2, and CloudFormation's reason", async () => {
    const world = await released();
    rollsOut(world, 4, 2, 'none');
    const event = { StackId: 's', EventId: 'e', StackName: 'ImageBased' };
    world.events = [
      {
        ...event,
        Timestamp: new Date(START - 60_000),
        ResourceStatus: 'UPDATE_FAILED',
        ResourceStatusReason: 'Old.',
        LogicalResourceId: 'Old',
      },
      {
        ...event,
        Timestamp: new Date(START + 5000),
        ResourceStatus: 'UPDATE_FAILED',
        ResourceStatusReason: 'The AMI is gone.',
        LogicalResourceId: 'FleetRollout',
      },
    ];
    const { output, exitCode } = await world.run('undo ImageBased');
    expect(exitCode).toBe(2);
    expect(output.split('\n')[1]).toBe('FleetRollout: The AMI is gone.');
    expect(output).not.toContain('Old.');
  });

  test('the time runs out', async () => {
    const world = await released();
    expect((await world.run('undo ImageBased --timeout 30')).exitCode).toBe(3);
  });

  test('what was rolled back by itself is no more to undo', async () => {
    const world = await released();
    await world.released(4, '2.0.0', { software: softwareOf(9), outcome: rolledBack(START) });
    const { output, exitCode } = await world.run('undo ImageBased');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^There is nothing to undo: revision 4 \(guestbook 2\.0\.0\) was rolled back/);
    expect(world.updates).toEqual([]);
  });

  test('there already', async () => {
    const world = await released();
    const { output, exitCode } = await world.run('undo ImageBased --to-revision 3 --json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ begun: false });
    expect(world.updates).toEqual([]);
  });
});

describe('retry', () => {
  test('pins what failed last', async () => {
    const world = await released();
    await world.released(4, '2.0.0', { outcome: rolledBack(START) });
    world.versions = [1, 2, 3, 4, 13];
    rollsOut(world, 5, 4, 'kept');
    const { exitCode } = await world.run('retry ImageBased');
    expect(exitCode).toBe(0);
    expect(parsePin(changed(world).value)).toMatchObject({ revision: 4, launchTemplateVersion: '4' });
  });

  test('lets a way back that failed go on', async () => {
    const world = await released();
    world.stack.StackStatus = 'UPDATE_ROLLBACK_FAILED';
    world.onSleep = () => {
      world.stack.StackStatus = 'UPDATE_ROLLBACK_COMPLETE';
    };
    expect(await world.run('retry ImageBased')).toMatchObject({
      exitCode: 0,
      output: 'Healthy: The fleet runs revision 3 (guestbook 1.2.0).',
    });
    expect(world.continued).toEqual([world.stack.StackId]);
    expect(world.updates).toEqual([]);
  });

  test('ends with 2 when the way back fails again', async () => {
    const world = await released();
    world.stack.StackStatus = 'UPDATE_ROLLBACK_FAILED';
    world.onSleep = () => {
      world.stack.StackStatus = 'UPDATE_ROLLBACK_FAILED';
    };
    expect((await world.run('retry ImageBased')).exitCode).toBe(2);
  });
});

test.each(['Complete', 'RolledBack'] as const)('restart replaces all machines: %s', async (kind) => {
  const world = await released();
  let looks = 0;
  world.onSleep = async () => {
    looks++;
    const order = world.updates[0]!.Parameters!.at(-1)!.ParameterValue;
    if (looks === 2) await world.restarted(3, order!);
    if (looks !== 4) return;
    const outcome = { kind, reason: 'So it went.', at: world.now };
    await world.ledger.close(FLEET, (await world.ledger.head(FLEET)).open!, outcome);
    world.stack.StackStatus = kind === 'Complete' ? 'UPDATE_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
  };
  const { exitCode } = await world.run('restart ImageBased');
  expect(exitCode).toBe(kind === 'Complete' ? 0 : 2);
  const { key, value } = changed(world);
  expect(key).toBe('FleetRestart');
  expect(parseRestart(value)).toEqual({ by: ANNA, at: new Date(START).toISOString() });
});

test('restart --newest-base asks for the newest base image', async () => {
  const world = await released();
  const { output } = await world.run('restart ImageBased --newest-base --no-wait');
  expect(output).toMatch(/^Replacing all machines at .*, with the newest base image\./);
  const at = new Date(START).toISOString();
  expect(parseRestart(changed(world).value)).toEqual({ by: ANNA, at, newestBase: true });
});
