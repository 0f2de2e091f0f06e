import type { Event } from '@aws-sdk/client-cloudtrail';
import { ANNA, START, serviceError, World } from './world';

const says = (version: string, instance?: string) => ({ application: 'guestbook', version, instance });

/** A fleet of two that runs revision 2, each machine reachable. */
async function fleet(): Promise<World> {
  const world = new World();
  await world.released(1, '1.0.0');
  await world.released(2, '1.1.0');
  world.savedVersion = 2;
  world.machines = [
    { id: 'i-a', version: 2, answer: says('1.1.0', 'i-a') },
    { id: 'i-b', version: 2, answer: says('1.1.0', 'i-b') },
  ];
  world.trail = [];
  return world;
}

const verify = async (world: World) => {
  const { output, exitCode } = await world.run('verify ImageBased --json');
  return { ...JSON.parse(output), exitCode };
};

test('the proof: machine, AMI, launch template version, release', async () => {
  const { output, exitCode } = await (await fleet()).run('verify ImageBased');
  expect(output).toBe(`ImageBased-fleet in eu-central-1, at 2026-11-21 03:00:00Z, for Operator/anna
It is to run revision 2 (guestbook 1.1.0).

MACHINE  STATE      AMI    TEMPLATE VERSION  REVISION             ANSWERS
i-a      InService  ami-2  2                 2 (guestbook 1.1.0)  guestbook 1.1.0
i-b      InService  ami-2  2                 2 (guestbook 1.1.0)  guestbook 1.1.0

Proven: nothing is off.`);
  expect(exitCode).toBe(0);
});

test('machines that are missing, while nothing is rolled out', async () => {
  const world = await fleet();
  world.machines = world.machines.slice(0, 1);
  expect(await verify(world)).toMatchObject({
    exitCode: 2,
    desiredMachines: 2,
    findings: ['The group ImageBased-fleet is to have 2 machines, and has 1.'],
  });
});

test('the record names who, when, and everything that it rests on', async () => {
  const proof = await verify(await fleet());
  expect(proof).toMatchObject({
    exitCode: 0,
    isProven: true,
    at: new Date(START).toISOString(),
    by: ANNA,
    region: 'eu-central-1',
    stack: 'ImageBased',
    revision: { number: 2, release: { version: '1.1.0' }, software: { imageId: 'ami-2' } },
    logins: { lookedAt: true, since: new Date(START).toISOString(), events: [] },
    notLookedAt: [],
  });
  expect(proof.machines[0]).toEqual({
    id: 'i-a',
    isInGroup: true,
    isTarget: true,
    isInFleet: true,
    lifecycleState: 'InService',
    health: 'healthy',
    launchedAt: new Date(START).toISOString(),
    imageId: 'ami-2',
    imageName: 'ami-2',
    imageState: 'available',
    launchTemplateVersion: '2',
    revision: 2,
    release: 'guestbook 1.1.0',
    answer: { ...says('1.1.0', 'i-a'), url: 'http://10.0.0.1:8080/version', through: 'machine' },
    changed: [],
  });
});

describe('what is off ends with 2', () => {
  test.each<[string, (world: World) => unknown, string]>([
    [
      'a stray',
      (world) => {
        world.machines[1] = { id: 'i-b', version: 1, answer: says('1.0.0') };
      },
      'Machine i-b is a stray: it was started from revision 1 (guestbook 1.0.0), and not from revision 2 (guestbook 1.1.0).',
    ],
    [
      'a machine that was changed in place',
      (world) => {
        world.machines[1] = { id: 'i-b', version: 2, answer: says('1.2.0', 'i-b') };
      },
      'Machine i-b answers that it is guestbook 1.2.0, and not guestbook 1.1.0.',
    ],
    [
      'another AMI',
      (world) => {
        world.machines[1] = { ...world.machines[1]!, imageId: 'ami-3' };
      },
      'Machine i-b runs the AMI ami-3, and not ami-2 of revision 2 (guestbook 1.1.0).',
    ],
    [
      'an AMI that is gone',
      (world) => {
        world.images = ['ami-1'];
      },
      'The AMI ami-2 of machine i-a is gone: no further machine can start from it.',
    ],
    [
      'a machine beside the group',
      (world) => {
        world.machines.push({ id: 'i-c', version: 2, isInGroup: false });
      },
      "Machine i-c was started from the fleet's launch template, and does not belong to the group ImageBased-fleet.",
    ],
    [
      'a machine behind the load balancer alone',
      (world) => {
        world.machines.push({ id: 'i-c', isInGroup: false, isTarget: true });
      },
      'Machine i-c is behind the load balancer, and does not belong to the group ImageBased-fleet.',
    ],
    [
      'a group that would start something else',
      (world) => {
        world.savedVersion = 1;
      },
      'The group starts new machines from revision 1, and not from revision 2 (guestbook 1.1.0).',
    ],
    [
      'a rollout that goes on',
      (world) => world.opened(3, '1.2.0'),
      'The rollout of revision 3 goes on: until its end the fleet may hold two revisions.',
    ],
    [
      'no machines',
      (world) => {
        world.machines = [];
      },
      'The group ImageBased-fleet has no machines.',
    ],
    [
      'a login',
      (world) => {
        world.trail = [login('StartSession', 'i-b'), login('StartSession', 'i-elsewhere')];
      },
      'Machine i-b was entered by bo at 2026-11-21T03:10:00.000Z (StartSession).',
    ],
    [
      'a machine whose files were changed',
      (world) => {
        world.machines[1] = {
          ...world.machines[1]!,
          console: 'drift[7]: drift: none\ndrift[9]: drift: / is writable, /etc/motd /a%0Ab and 3 more',
        };
      },
      'Machine i-b was changed since it started: / (writable again), /etc/motd, /a%0Ab and 3 more.',
    ],
    [
      'a machine that had changed files when its console was read last',
      (world) => {
        world.machines[1] = {
          ...world.machines[1]!,
          isNitro: false,
          console: 'drift[9]: drift: /etc/motd',
        };
      },
      'Machine i-b was changed since it started: /etc/motd.',
    ],
  ])('%s', async (_, change, finding) => {
    const world = await fleet();
    await change(world);
    const { findings, exitCode, isProven } = await verify(world);
    expect(findings).toContain(finding);
    expect(isProven).toBe(false);
    expect(exitCode).toBe(2);
  });

  test('nothing has completed', async () => {
    const { findings } = await verify(new World());
    expect(findings).toEqual([
      'No revision of ImageBased-fleet has completed yet: there is nothing to hold it against.',
    ]);
  });
});

test('the record has what was changed on a machine, and what is known of no machine', async () => {
  const world = await fleet();
  const console = 'drift[9]: drift: / is writable, /etc/motd /a%0Ab and 3 more';
  world.machines = [
    { ...world.machines[0]!, console },
    { ...world.machines[1]!, console: 'Linux' },
  ];
  const { machines, notLookedAt } = await verify(world);
  expect(machines).toMatchObject([
    { changed: ['/', '/etc/motd', '/a\nb'], changedBesides: 3, isWritable: true },
    { id: 'i-b' },
  ]);
  expect(machines[1]).not.toHaveProperty('changed');
  expect(notLookedAt).toEqual(['What was changed on i-b: no word of it on the console.']);
});

describe('what was changed on machines is not known', () => {
  test.each<[string, (world: World) => unknown, string]>([
    [
      'when nothing is said of it',
      (world) => {
        world.machines = world.machines.map((machine) => ({ ...machine, console: 'Linux' }));
      },
      'What was changed on i-a, i-b: no word of it on the console.',
    ],
    [
      'when the console is not of now',
      (world) => {
        world.machines[1] = { ...world.machines[1]!, isNitro: false };
      },
      'What was changed on i-b: no word of it on the console.',
    ],
    [
      'without the permission',
      (world) => {
        world.failures.getConsoleOutput = serviceError(
          'UnauthorizedOperation',
          'You are not authorized to perform: ec2:GetConsoleOutput',
        );
      },
      'What was changed on i-a, i-b: The permission ec2:GetConsoleOutput is missing (You are not authorized to perform: ec2:GetConsoleOutput): have it granted, or name another profile with --profile.',
    ],
  ])('%s, which is said and does not count as off', async (_, change, sentence) => {
    const world = await fleet();
    await change(world);
    const { findings, notLookedAt, exitCode } = await verify(world);
    expect(findings).toEqual([]);
    expect(notLookedAt).toEqual([sentence]);
    expect(exitCode).toBe(0);
  });

  test('of one that has just gone', async () => {
    const world = await fleet();
    world.failures.getConsoleOutput = serviceError('InvalidInstanceID.NotFound', 'It does not exist');
    expect((await verify(world)).notLookedAt).toEqual([
      'What was changed on i-a, i-b: no word of it on the console.',
    ]);
  });
});

describe('machines that can not be reached', () => {
  async function behindBalancer(...balancer: (object | number)[]): Promise<World> {
    const world = await fleet();
    world.machines = world.machines.map(({ answer: _, ...machine }) => machine);
    world.balancer = balancer;
    return world;
  }

  test('are asked through the load balancer, until each has answered', async () => {
    const world = await behindBalancer(says('1.1.0', 'i-a'), says('1.1.0', 'i-a'), says('1.1.0', 'i-b'), 500);
    const { machines, exitCode } = await verify(world);
    expect(exitCode).toBe(0);
    expect(machines.map(({ answer }: { answer: object }) => answer)).toEqual([
      { ...says('1.1.0', 'i-a'), url: 'http://balancer.example/version', through: 'load balancer' },
      { ...says('1.1.0', 'i-b'), url: 'http://balancer.example/version', through: 'load balancer' },
    ]);
    expect(world.balancer).toEqual([500]);
  });

  test('one to which no request came is named', async () => {
    const world = await behindBalancer(...Array.from({ length: 6 }, () => says('1.1.0', 'i-a')));
    const { notLookedAt, exitCode } = await verify(world);
    expect(exitCode).toBe(0);
    expect(notLookedAt).toEqual(['What is answered by i-b: not reachable, and no request came there.']);
  });

  test('answers that name no machine count all the same', async () => {
    const good = await verify(await behindBalancer(...Array.from({ length: 6 }, () => says('1.1.0'))));
    expect(good.exitCode).toBe(0);
    const bad = await verify(await behindBalancer(says('1.0.0')));
    expect(bad.findings).toEqual([
      'Through the load balancer comes the answer that it is guestbook 1.0.0, and not guestbook 1.1.0.',
    ]);
  });

  test('an answer from a machine that is not of the fleet', async () => {
    const { findings } = await verify(await behindBalancer(says('1.1.0', 'i-x')));
    expect(findings).toEqual([
      'Through the load balancer comes an answer from i-x, which is no machine of the fleet.',
    ]);
  });

  test('no answer at all is off', async () => {
    const { findings, exitCode } = await verify(await behindBalancer(404, 404));
    expect(exitCode).toBe(2);
    expect(findings).toEqual([
      'No machine could be asked for its version: http://balancer.example/version answers 404.',
    ]);
  });

  test("somebody else at a private address in the operator's own network is not believed", async () => {
    const world = await behindBalancer(says('1.1.0', 'i-a'), says('1.1.0', 'i-b'));
    world.machines[0] = { ...world.machines[0]!, answer: { router: 'login' } };
    world.machines[1] = { ...world.machines[1]!, answer: says('0.0.1', 'i-other') };
    expect((await verify(world)).exitCode).toBe(0);
  });
});

test('what could not be looked at is said', async () => {
  const world = await fleet();
  world.trail = new Error('never served');
  Object.assign(world.trail, { name: 'AccessDeniedException', $metadata: {} });
  world.machines[0] = { ...world.machines[0]!, keyName: 'bo' };
  const { output, exitCode } = await world.run('verify ImageBased');
  expect(exitCode).toBe(0);
  expect(output).toContain(`Not looked at:
  Whether machines were logged into: A permission is missing (never served): have it granted, or name another profile with --profile.
  Logins with the key pair bo into i-a: they leave no trace in AWS.

Proven: nothing is off.`);
});

test('machines on their way out have nothing to prove', async () => {
  const world = await fleet();
  world.machines.push({ id: 'i-c', version: 1, lifecycleState: 'Terminating:Wait' });
  expect((await verify(world)).exitCode).toBe(0);
});

function login(EventName: string, machine: string): Event {
  return {
    EventName,
    Username: 'bo',
    EventTime: new Date(START + 600_000),
    CloudTrailEvent: JSON.stringify({ requestParameters: { target: machine } }),
  };
}
