import { statusLine } from '../../lib/cli/status-view';
import { formatPin } from '../../lib/rollout/pin';
import { ANNA, complete, FLEET, rolledBack, START, serviceError, softwareOf, World } from './world';

const two = (version: number) => [
  { id: 'i-a', version },
  { id: 'i-b', version },
];

/** A fleet of two that runs revision 1. */
async function healthy(): Promise<World> {
  const world = new World();
  await world.released(1, '1.0.0');
  world.machines = two(1);
  return world;
}

/** The same, with a rollout to revision 2 that has replaced one machine. */
async function halfway(
  rollout: Parameters<World['opened']>[3] = {},
  more: Parameters<World['opened']>[2] = {},
) {
  const world = await healthy();
  world.now = START + 10 * 60_000;
  await world.opened(2, '1.1.0', { openedAt: world.now, ...more }, rollout);
  world.stack.StackStatus = 'UPDATE_IN_PROGRESS';
  world.machines = [
    { id: 'i-a', version: 1 },
    { id: 'i-c', version: 2 },
    { id: 'i-d', version: 2, lifecycleState: 'Pending:Wait', health: 'initial' },
  ];
  world.refreshes = [
    {
      InstanceRefreshId: 'refresh-1',
      Status: 'InProgress',
      StartTime: new Date(world.now + 5000),
      PercentageComplete: 50,
      InstancesToUpdate: 1,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '2' } },
    },
  ];
  world.now += 200_000;
  return world;
}

const phaseOf = async (world: World) => {
  const { output, exitCode } = await world.run('status ImageBased --json');
  const { phase, message } = JSON.parse(output);
  return { phase, message, exitCode };
};

test('a machine that the target group does not know yet stands in the tree without a state', async () => {
  const world = await halfway();
  world.machines[2] = { id: 'i-d', version: 2, lifecycleState: 'Pending:Wait', isTarget: false };
  const { output, exitCode } = await world.run('status ImageBased');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/└─ i-d {2}Pending:Wait *\n/);
});

describe('at rest', () => {
  test('a healthy fleet', async () => {
    const world = await healthy();
    const { output, exitCode } = await world.run('status ImageBased');
    expect(exitCode).toBe(0);
    expect(output).toBe(`ImageBased  Healthy
The fleet runs revision 1 (guestbook 1.0.0).

machines  2 wanted, 2 there, 2 healthy

ImageBased-fleet
└─ revision 1 (guestbook 1.0.0)  stable
   ├─ i-a  InService  healthy
   └─ i-b  InService  healthy`);
  });

  test('what was rolled back by itself is told, and the fleet is healthy', async () => {
    const world = await healthy();
    await world.released(2, '2.0.0', { outcome: rolledBack(START) });
    expect(await phaseOf(world)).toEqual({
      phase: 'Healthy',
      message:
        'The fleet runs revision 1 (guestbook 1.0.0). Revision 2 (guestbook 2.0.0) was rolled back: Health checks failed with these codes: [500].',
      exitCode: 0,
    });
  });

  test('pinned to a kept revision, as long as the pin holds', async () => {
    const world = await healthy();
    const pin = (launchTemplateVersion: string) => {
      world.stack.Parameters = [
        {
          ParameterKey: 'FleetPin',
          ParameterValue: formatPin({
            after: 0,
            revision: 7,
            release: 'guestbook 1.0.0',
            launchTemplateVersion,
            instead: '1.1.0',
            by: ANNA,
          }),
        },
      ];
    };
    pin('1');
    expect((await world.run('status ImageBased')).output).toContain(
      'pinned    to revision 7 (guestbook 1.0.0) by Operator/anna, until another release is deployed',
    );
    pin('9');
    expect((await world.run('status ImageBased')).output).not.toContain('pinned');
  });

  test('another number with the same content is the same revision', async () => {
    const world = await healthy();
    world.machines = two(11);
    world.versions = [1, 11];
    expect((await phaseOf(world)).phase).toBe('Healthy');
    const { versions } = JSON.parse((await world.run('status ImageBased --json')).output);
    expect(versions).toMatchObject([{ revision: 1, role: 'stable' }]);
  });

  test.each([
    [
      'a machine is sick',
      (world: World) => {
        world.machines = [
          { id: 'i-a', version: 1 },
          { id: 'i-b', version: 1, health: 'unhealthy' },
        ];
      },
      /^1 of 2 machines is healthy\. The fleet runs revision 1/,
    ],
    [
      'a machine was started from something else',
      (world: World) => {
        world.machines = [
          { id: 'i-a', version: 1 },
          { id: 'i-b', version: 3 },
        ];
      },
      /^1 machine of 2 does not run revision 1 .*rollout restart/,
    ],
    [
      'the way back has failed',
      (world: World) => {
        world.stack.StackStatus = 'UPDATE_ROLLBACK_FAILED';
      },
      /^The stack is UPDATE_ROLLBACK_FAILED; "rollout retry"/,
    ],
    [
      'the deployment goes back',
      (world: World) => {
        world.stack.StackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
      },
      /^The stack is UPDATE_ROLLBACK_IN_PROGRESS/,
    ],
  ])('degraded: %s', async (_, change, message) => {
    const world = await healthy();
    change(world);
    expect(await phaseOf(world)).toEqual({
      phase: 'Degraded',
      message: expect.stringMatching(message),
      exitCode: 2,
    });
  });

  test('degraded: a rollout that failed, and a fleet that never had a release', async () => {
    const world = await healthy();
    await world.released(2, '2.0.0', { outcome: { ...rolledBack(START), kind: 'Failed' } });
    expect(await phaseOf(world)).toMatchObject({ phase: 'Degraded', exitCode: 2 });
    expect((await phaseOf(new World())).message).toBe('No revision has completed yet: deploy a release.');
  });

  test('the deployment has not come to its rollout', async () => {
    const world = await healthy();
    world.stack.StackStatus = 'UPDATE_IN_PROGRESS';
    expect((await phaseOf(world)).phase).toBe('Progressing');
  });

  test("a refresh that is no rollout's", async () => {
    const world = await healthy();
    world.refreshes = [{ InstanceRefreshId: 'r', Status: 'InProgress', StartTime: new Date(START) }];
    expect((await phaseOf(world)).message).toMatch(/^An instance refresh goes on that is no rollout\./);
  });
});

describe('while a rollout goes on', () => {
  test('the picture', async () => {
    const world = await halfway({}, { forecastSeconds: 300, gates: [50, 75] });
    world.alarms = [
      {
        AlarmName: 'sick',
        StateValue: 'ALARM',
        StateReason: 'Threshold crossed',
      },
    ];
    const { output, exitCode } = await world.run('status ImageBased');
    expect(exitCode).toBe(0);
    expect(output).toBe(`ImageBased  Progressing
The rollout of revision 2 (guestbook 1.1.0) goes on. Instance refresh refresh-1 to launch template version 2: 50% done, 1 to go.

change      Release 1.1.0, by Operator/anna
machines    2 wanted, 3 there, 2 healthy
progress    ████████████████████████ 2 of 2 run revision 2
time        3 min 20 s passed, about 1 min 40 s left
gates       50%, 75%
held up by  Alarm sick is ALARM: Threshold crossed
            Machine i-d is initial in the target group.

ImageBased-fleet
├─ revision 2 (guestbook 1.1.0)  desired
│  ├─ i-c  InService     healthy
│  └─ i-d  Pending:Wait  initial
└─ revision 1 (guestbook 1.0.0)  stable
   └─ i-a  InService  healthy`);
  });

  const order = { by: ANNA, at: START };
  test.each([
    ['paused', { paused: order }, 'Paused', /was paused by .*anna at .*"rollout resume"/],
    ['at a gate', { holding: { at: 50, since: START } }, 'Paused', /gate of 50% since .*"rollout promote"/],
    ['promoted', { holding: { at: 50, since: START }, passed: 50 }, 'Progressing', /goes on/],
    [
      'given up',
      { aborted: { ...order, reason: 'Not now' } },
      'Degraded',
      /was given up by .*anna: Not now\./,
    ],
    ['in trouble', { trouble: 'Too slow.' }, 'Degraded', /is being given up: Too slow\./],
    ['restarting', { isRestart: true }, 'Progressing', /^The restart at revision 2/],
  ])('%s', async (_, rollout, phase, message) => {
    expect(await phaseOf(await halfway(rollout))).toMatchObject({
      phase,
      message: expect.stringMatching(message),
      exitCode: phase === 'Degraded' ? 2 : 0,
    });
  });

  test('the refresh that was cancelled for a pause is no trouble', async () => {
    const world = await halfway({ paused: order, cancelled: 'refresh-1' });
    world.refreshes[0]!.Status = 'Cancelled';
    expect(await phaseOf(world)).toMatchObject({ phase: 'Paused' });
  });

  test('what a cancelled refresh still does is said', async () => {
    const world = await halfway({ paused: order, cancelled: 'refresh-1' });
    world.refreshes[0]!.Status = 'Cancelling';
    expect((await phaseOf(world)).message).toMatch(/ What it replaces at the moment is being finished\.$/);
  });

  test('its refresh turns back', async () => {
    const world = await halfway();
    world.refreshes[0]!.Status = 'RollbackInProgress';
    expect(await phaseOf(world)).toMatchObject({
      phase: 'Degraded',
      message: expect.stringMatching(/turns back\. Instance refresh refresh-1 is rolling back\./),
    });
  });

  test('a line says what is where, and nothing of the time', async () => {
    const world = await halfway();
    const line = async () => statusLine(JSON.parse((await world.run('status ImageBased --json')).output));
    const before = await line();
    expect(before).toContain('2 × revision 2 (guestbook 1.1.0), 1 × revision 1 (guestbook 1.0.0)');
    world.now += 60_000;
    expect(await line()).toBe(before);
  });
});

describe('--watch', () => {
  test('shows changes alone, until the rollout and the deployment have ended', async () => {
    const world = await halfway();
    const open = (await world.ledger.head(FLEET)).open!;
    let looks = 0;
    world.onSleep = async () => {
      looks++;
      if (looks === 10) {
        await world.ledger.close(FLEET, open, complete(world.now));
        world.refreshes = [];
        world.machines = two(2);
      }
      if (looks === 15) world.stack.StackStatus = 'UPDATE_COMPLETE';
    };
    const { output, exitCode } = await world.run('status ImageBased --watch');
    expect(exitCode).toBe(0);
    expect(output).toBe('Healthy: The fleet runs revision 2 (guestbook 1.1.0).');
    expect(looks).toBe(15);
    expect(world.scenes).toHaveLength(16);
    expect(world.lines).toEqual([
      expect.stringMatching(/^Progressing: The rollout of revision 2 .*goes on/),
      expect.stringMatching(/^Progressing: The stack is UPDATE_IN_PROGRESS/),
      expect.stringMatching(/^Healthy/),
    ]);
  });

  test('a rollout that was rolled back meanwhile is degraded, although the fleet is healthy again', async () => {
    const world = await halfway();
    world.onSleep = async () => {
      await world.ledger.close(FLEET, (await world.ledger.head(FLEET)).open!, rolledBack(world.now));
      world.refreshes = [];
      world.machines = two(1);
      world.stack.StackStatus = 'UPDATE_ROLLBACK_COMPLETE';
    };
    const { output, exitCode } = await world.run('status ImageBased --watch --json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(output)).toMatchObject({ phase: 'Healthy', isDone: false, isTimeUp: false });
    expect(world.scenes).toEqual([]);
  });

  test('nothing goes on: it ends at once', async () => {
    const world = await healthy();
    expect((await world.run('status ImageBased --watch')).exitCode).toBe(0);
    expect(world.scenes).toHaveLength(1);
  });

  test.each([
    ['for a while: it goes on', 60, 3],
    ['for good: it ends', 3600, 1],
  ])('AWS does not answer %s', async (_, seconds, code) => {
    const world = await halfway();
    const from = world.now + 30_000;
    world.onSleep = () => {
      const isSilent = world.now > from && world.now < from + seconds * 1000;
      if (isSilent) world.failures.describeStacks = serviceError('ServiceUnavailable', 'Try again');
      else delete world.failures.describeStacks;
    };
    const { output, exitCode } = await world.run('status ImageBased --watch --timeout 20m');
    expect(exitCode).toBe(code);
    expect(world.lines).toContain('No news: AWS refused (ServiceUnavailable): Try again.');
    expect(output).toMatch(code === 1 ? /^AWS refused \(ServiceUnavailable\)/ : /^Still going after 20 min/);
  });

  test('the time runs out', async () => {
    const world = await halfway();
    const before = world.now;
    const { output, exitCode } = await world.run('status ImageBased --watch --timeout 2m');
    expect(exitCode).toBe(3);
    expect(output).toMatch(/^Still going after 2 min\. Progressing: /);
    expect(world.now - before).toBe(120_000);
  });
});

test('machines of a version that the ledger does not know, or of none', async () => {
  const world = await healthy();
  world.machines = [{ id: 'i-a', version: 3 }, { id: 'i-b' }];
  expect((await world.run('status ImageBased')).output).toContain(`ImageBased-fleet
├─ launch template version 3, not in the ledger
│  └─ i-a  InService  healthy
└─ no launch template
   └─ i-b  InService  healthy`);
  expect(softwareOf(11).content).toBe(softwareOf(1).content);
});
