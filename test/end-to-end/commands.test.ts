import type { MachineBehaviour, MemoryMachine } from '../../local-aws/machines/memory-driver';
import { rollout } from '../harness/command-line';
import { type Variant, VirtualAws } from '../harness/virtual-aws';

// The operator's commands on the real stacks, in virtual time.

/** As the guestbook is: 2.0.0 starts, and then answers its health checks with 500. */
function asReleased({ software }: MemoryMachine): MachineBehaviour {
  return software?.version === '2.0.0' ? { status: (age) => (age < 40_000 ? 'refused' : 500) } : {};
}

interface Machine {
  readonly id: string;
  readonly isInFleet: boolean;
}

async function released(
  variant: Variant,
  versions: readonly string[],
  context: Readonly<Record<string, unknown>> = {},
): Promise<VirtualAws> {
  const aws = await VirtualAws.start({ behaviour: asReleased });
  for (const version of versions) {
    const { status, failures } = await aws.deploy(variant, version, context);
    expect({ status: status.replace('CREATE', 'UPDATE'), failures }).toEqual({
      status: 'UPDATE_COMPLETE',
      failures: [],
    });
  }
  return aws;
}

const listed = async (aws: VirtualAws, variant: Variant) => {
  const { output } = await rollout(aws, `history ${variant} --json`);
  const { revisions } = JSON.parse(output);
  return revisions.map(
    ({
      number,
      release,
      outcome,
    }: {
      number: number;
      release: { version: string };
      outcome?: { kind: string };
    }) => `${number} ${release.version} ${outcome?.kind}`,
  );
};

test('three releases, one undo, one that goes back by itself', async () => {
  const variant = 'ImageBased';
  const aws = await released(variant, ['1.0.0', '1.1.0', '1.2.0']);
  expect(await listed(aws, variant)).toEqual(['1 1.0.0 Complete', '2 1.1.0 Complete', '3 1.2.0 Complete']);
  const bakes = aws.count('StartImagePipelineExecution');

  const undone = await rollout(aws, `undo ${variant}`);
  expect(undone.output).toBe('Healthy: The fleet runs revision 4 (guestbook 1.1.0).');
  expect(undone.exitCode).toBe(0);
  expect(undone.lines[0]).toBe('Going back to revision 2 (guestbook 1.1.0).');
  expect(undone.lines).toContainEqual(expect.stringMatching(/^Progressing: The rollout of revision 4/));
  expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0']);
  expect(aws.count('StartImagePipelineExecution')).toBe(bakes);
  expect(await listed(aws, variant)).toEqual(['1 1.0.0 Complete', '3 1.2.0 Complete', '4 1.1.0 Complete']);

  expect((await aws.deploy(variant, '2.0.0')).status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await listed(aws, variant)).toEqual([
    ...['1 1.0.0 Complete', '3 1.2.0 Complete', '4 1.1.0 Complete', '5 2.0.0 RolledBack'],
  ]);
  expect(await rollout(aws, `status ${variant}`)).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(
      /^ImageBased {2}Healthy\nThe fleet runs revision 4 \(guestbook 1\.1\.0\)\. Revision 5 \(guestbook 2\.0\.0\) was rolled back: .*(\[500\]|health check failure)/s,
    ),
  });
  expect(await rollout(aws, `undo ${variant}`)).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(
      /^There is nothing to undo: revision 5 \(guestbook 2\.0\.0\) was rolled back/,
    ),
  });
  expect((await rollout(aws, `history ${variant} --revision 5`)).output).toMatch(
    /Evidence .*End of its console/s,
  );

  const proof = JSON.parse((await rollout(aws, `verify ${variant} --json`)).output);
  expect(proof.findings).toEqual([]);
  const machines = proof.machines.filter(({ isInFleet }: { isInFleet: boolean }) => isInFleet);
  expect(machines).toHaveLength(2);
  for (const machine of machines)
    expect(machine).toMatchObject({
      revision: 4,
      imageId: proof.revision.software.imageId,
      imageState: 'available',
      answer: { version: '1.1.0', through: 'machine' },
    });
  expect(proof.logins.lookedAt).toBe(false);

  // Back to what the template itself names: the pin goes.
  expect((await rollout(aws, `undo ${variant} --to-revision 3`)).output).toBe(
    'Healthy: The fleet runs revision 6 (guestbook 1.2.0).',
  );
  expect(await aws.versionsInService(variant)).toEqual(['1.2.0', '1.2.0']);
});

test('what failed is tried once more, and fails again with its reason', async () => {
  const variant = 'InstanceBased';
  const aws = await released(variant, ['1.0.0']);
  expect((await aws.deploy(variant, '2.0.0')).status).toBe('UPDATE_ROLLBACK_COMPLETE');
  const retried = await rollout(aws, `retry ${variant}`);
  expect(retried.exitCode).toBe(2);
  expect(retried.output).toMatch(
    /^Healthy: .*Revision 3 \(guestbook 2\.0\.0\) was rolled back.*\nFleetRollout\w*: .*\[500\]/s,
  );
  expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
});

test('a machine that was changed by hand is found, and replaced by a restart', async () => {
  const variant = 'InstanceBased';
  const aws = await released(variant, ['1.0.0']);
  const verify = async () => {
    const { output, exitCode } = await rollout(aws, `verify ${variant} --json`);
    const { findings, notLookedAt, machines } = JSON.parse(output);
    const inFleet: Machine[] = machines.filter(({ isInFleet }: Machine) => isInFleet);
    return { findings, notLookedAt, exitCode, ids: inFleet.map(({ id }) => id), machines: inFleet };
  };
  const { ids: before, ...wordless } = await verify();
  expect(wordless).toMatchObject({ findings: [], exitCode: 0 });
  expect(wordless.notLookedAt).toContainEqual(
    `What was changed on ${before.join(', ')}: no word of it on the console.`,
  );
  const [well, changed] = before as [string, string];
  aws.machines.say(well, 'drift[7]: drift: none');
  aws.machines.say(changed, 'drift[9]: drift: /etc/motd');
  expect(await verify()).toMatchObject({
    exitCode: 2,
    findings: [`Machine ${changed} was changed since it started: /etc/motd.`],
    machines: [
      { id: well, changed: [] },
      { id: changed, changed: ['/etc/motd'] },
    ],
  });
  expect(await rollout(aws, `restart ${variant}`)).toMatchObject({
    exitCode: 0,
    output: 'Healthy: The fleet runs revision 1 (guestbook 1.0.0).',
  });
  const { ids: after, ...replaced } = await verify();
  expect(replaced).toMatchObject({ findings: [], exitCode: 0 });
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  expect(await listed(aws, variant)).toEqual(['1 1.0.0 Complete']);
});

test('a rollout is paused, resumed, promoted and watched', async () => {
  const variant = 'InstanceBased';
  const context = { minCapacity: 4, maxCapacity: 6, gates: '75', rolloutTimeoutMinutes: 180 };
  const aws = await released(variant, ['1.0.0'], context);
  const said: string[] = [];
  const says = async (line: string) => {
    const { output, exitCode } = await rollout(aws, line);
    said.push(`${exitCode} ${output}`);
  };
  const phase = async () => {
    const { phase, message } = JSON.parse((await rollout(aws, `status ${variant} --json`)).output);
    said.push(`${phase}: ${message}`);
  };
  aws.whenMixed(variant, '1.1.0', async () => {
    await says(`promote ${variant}`);
    await says(`undo ${variant}`);
    await says(`pause ${variant}`);
    await aws.clock.advance(20 * 60_000);
    await phase();
    await says(`resume ${variant}`);
  });
  aws.when(
    async () => (await aws.ledger.head(`${variant}-fleet`)).open?.holding !== undefined,
    async () => {
      await phase();
      await says(`promote ${variant}`);
    },
  );
  expect((await aws.deploy(variant, '1.1.0', context)).status).toBe('UPDATE_COMPLETE');
  expect(said).toEqual([
    expect.stringMatching(/^1 The rollout of revision 2 does not stand at a gate: the next one is at 75%/),
    expect.stringMatching(/^1 The rollout of revision 2 is still going on/),
    expect.stringMatching(/^0 The rollout of revision 2 will stand still/),
    expect.stringMatching(
      /^Paused: The rollout of revision 2 \(guestbook 1\.1\.0\) was paused by arn:aws:iam/,
    ),
    '0 The rollout of revision 2 goes on.',
    expect.stringMatching(/^Paused: The rollout of revision 2 .*gate of 75% since/),
    '0 The rollout of revision 2 passes its gate of 75%.',
  ]);
  expect((await rollout(aws, `status ${variant}`)).exitCode).toBe(0);
  const events = await aws.ledger.events(`${variant}-fleet`, 2);
  expect(events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['Paused', 'Resumed', 'Holding', 'Promoted']),
  );
});
