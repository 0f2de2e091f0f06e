import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { MachineIdentity } from '../../local-aws/machines/nspawn/metadata';
import { type MetadataFaults, MetadataService } from '../../local-aws/machines/nspawn/metadata-service';
import { type Ended, ScriptFolder, serve } from './script';

const INSTANCE = 'i-0123456789abcdef0';
/** Instead of 300, because every second of it starts some processes. */
const RUN_SECONDS = 20;
const NOT_ACTIVE = `An error occurred (ValidationError) when calling the CompleteLifecycleAction operation: No active Lifecycle Action found with instance ID ${INSTANCE}`;

interface Surroundings {
  readonly tags?: MachineIdentity['tags'];
  readonly lifecycleState?: string;
  /** What goes wrong with the metadata service, by how many seconds the script has slept. */
  readonly faults?: (path: string, sleptSeconds: number) => ReturnType<MetadataFaults>;
  /** From how many slept seconds on the service answers, with an error. @default 0 */
  readonly answersAfter?: number;
  /** Answers of Auto Scaling, from the first call on; the last one is repeated. An empty one is a success. */
  readonly answers?: readonly string[];
  /** Whether a fault is the metadata service's silence. */
  readonly isSilent?: boolean;
  /** For how long the machine has been up. @default 20 s */
  readonly upSeconds?: number;
  /** Whether an earlier run has told Auto Scaling. */
  readonly isTold?: boolean;
}

const IN_GROUP = { tags: { 'aws:autoscaling:groupName': 'fleet' }, lifecycleState: 'Pending:Wait' };

/** Runs the script once. */
async function announce(given: Surroundings): Promise<Ended & { calls: readonly string[]; slept: number }> {
  const folder = new ScriptFolder();
  const service = await serve((_request, response) => {
    if (folder.sleptSeconds < (given.answersAfter ?? 0)) response.destroy();
    else response.writeHead(500).end();
  });
  const identity: MachineIdentity = {
    ...{ instanceId: INSTANCE, imageId: 'ami-1', address: '127.0.0.1', accountId: '0', userData: '' },
    ...{
      region: 'eu-central-1',
      availabilityZone: 'eu-central-1a',
      launchedAt: new Date(),
      tags: given.tags,
    },
    lifecycleState: async () => given.lifecycleState,
  };
  const faults: MetadataFaults = ({ path }) => given.faults?.(path, folder.sleptSeconds);
  const metadata = new MetadataService(() => identity, Date.now, faults).server().listen(0, '127.0.0.1');
  await new Promise((resolve) => metadata.once('listening', resolve));
  const { port } = metadata.address() as AddressInfo;
  try {
    writeFileSync(folder.file('.curlrc'), `connect-to = "169.254.169.254:80:127.0.0.1:${port}"\n`);
    // Its time-outs come sooner: curl takes the last that it is told.
    if (given.isSilent) folder.program('curl', 'PATH=${PATH#*:} exec curl "$@" --max-time 0.5');
    folder.program(
      'ps',
      `up=${given.upSeconds ?? 20}
       if [[ -e ${folder.file('slept')} ]]; then while read -r seconds; do up=$((up + seconds)); done < ${folder.file('slept')}; fi
       echo "  $up"`,
    );
    const answers = given.answers ?? [''];
    folder.program(
      'aws',
      `echo "$*" >> ${folder.file('calls')}
       answers=(${answers.map((answer) => `'${answer}'`).join(' ')})
       number=$(($(wc -l < ${folder.file('calls')}) - 1))
       answer=\${answers[number < ${answers.length} ? number : ${answers.length - 1}]}
       echo "$answer"
       test -z "$answer"`,
    );
    if (given.isTold) writeFileSync(folder.file(INSTANCE), '');
    const ended = await folder.run(
      'announce.sh',
      {
        ...{ APPLICATION: 'guestbook', VERSION: '1.0.0', PORT: String(service.port), LAUNCH_HOOK: 'serving' },
        STATE_DIRECTORY: folder.path,
      },
      (text) => text.replace('RUN_SECONDS=300', `RUN_SECONDS=${RUN_SECONDS}`),
    );
    return { ...ended, calls: folder.lines('calls'), slept: folder.sleptSeconds };
  } finally {
    await service.close();
    metadata.closeAllConnections();
    metadata.close();
    folder.remove();
  }
}

const TOLD = 'Told fleet that guestbook 1.0.0 answers.';

test('once the service answers, whatever the answer is, Auto Scaling is told by the hook', async () => {
  const { exitCode, lines, calls } = await announce({ ...IN_GROUP, answersAfter: 4 });
  expect({ exitCode, lines }).toEqual({ exitCode: 0, lines: ['guestbook 1.0.0 does not answer yet.', TOLD] });
  expect(calls).toEqual([
    `autoscaling complete-lifecycle-action --cli-connect-timeout 5 --cli-read-timeout 20 --region eu-central-1 --auto-scaling-group-name fleet --lifecycle-hook-name serving --instance-id ${INSTANCE} --lifecycle-action-result CONTINUE`,
  ]);
});

const LAGGING =
  'Auto Scaling takes this machine to the state InService, but its tags do not name the group yet.';

test.each<[string, Surroundings, readonly string[]]>([
  [
    'tags that lag',
    { ...IN_GROUP, faults: (_, slept) => (slept < 12 ? 'no tags' : undefined) },
    [LAGGING, TOLD],
  ],
  [
    'tags and a state that lag',
    {
      ...IN_GROUP,
      faults: (path, slept) => {
        if (slept < 7 && path.endsWith('target-lifecycle-state')) return { status: 404 };
        return slept < 12 ? 'no tags' : undefined;
      },
    },
    ['This machine belongs to no Auto Scaling group so far.', LAGGING, TOLD],
  ],
  [
    'a metadata service that answers 5xx',
    {
      ...IN_GROUP,
      faults: (path, slept) => (slept < 7 && path.includes('/tags/') ? { status: 503 } : undefined),
    },
    [
      'The metadata service gave no tags/instance/aws:autoscaling:groupName: HTTP status 503, exit code 0 of curl.',
      TOLD,
    ],
  ],
  [
    'a metadata service that gives no token',
    {
      ...IN_GROUP,
      faults: (path, slept) => (slept < 7 && path.endsWith('/token') ? { status: 500 } : undefined),
    },
    ['The metadata service gave no token: exit code 22 of curl.', TOLD],
  ],
  [
    'a metadata service that does not answer',
    {
      ...IN_GROUP,
      isSilent: true,
      faults: (path, slept) => (slept < 4 && path.endsWith('/region') ? 'silence' : undefined),
    },
    ['The metadata service gave no placement/region: HTTP status 000, exit code 28 of curl.', TOLD],
  ],
  [
    'Auto Scaling that does not wait for it yet',
    { ...IN_GROUP, answers: [NOT_ACTIVE, NOT_ACTIVE, NOT_ACTIVE, ''] },
    [`Auto Scaling was not told: ${NOT_ACTIVE}`, TOLD],
  ],
  [
    'a call that is refused',
    { ...IN_GROUP, answers: ['AccessDenied', 'AccessDenied', 'Service Unavailable', ''] },
    ['Auto Scaling was not told: AccessDenied', 'Auto Scaling was not told: Service Unavailable', TOLD],
  ],
])(
  '%s: it is tried again until it is told',
  async (_, given, lines) => {
    expect(await announce(given)).toMatchObject({ exitCode: 0, lines });
  },
  30_000,
);

test.each<[string, Surroundings]>([
  ['no metadata service', { ...IN_GROUP, faults: () => ({ status: 500 }) }],
  ['no tag', { ...IN_GROUP, faults: () => 'no tags' as const }],
  ['a call that is always refused', { ...IN_GROUP, answers: ['AccessDenied'] }],
  ['no answer of the service', { ...IN_GROUP, answersAfter: 10_000 }],
  ['no group, as that of a test machine', {}],
])(
  'with %s, a run ends after its time, with a failure, for systemd to begin the next one',
  async (_, given) => {
    const { exitCode, lines, slept } = await announce(given);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toMatch(/^Tried again by systemd: \S/);
    expect(slept).toBeGreaterThanOrEqual(RUN_SECONDS);
    expect(slept).toBeLessThan(RUN_SECONDS + 60);
    expect(lines).toHaveLength(2);
  },
  60_000,
);

test.each<[string, Surroundings]>([
  ['in a group', { ...IN_GROUP, answers: ['AccessDenied'] }],
  ['in no group', {}],
])(
  "%s, it is no longer tried when the hook's time is over, which no hook outlives",
  async (_, given) => {
    const { exitCode, lines } = await announce({ ...given, upSeconds: 3_590 });
    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toMatch(/^The launch hook's time is over\. \S/);
  },
  30_000,
);

test.each([
  [
    { ...IN_GROUP, lifecycleState: 'Terminating:Wait' },
    'Auto Scaling takes this machine to the state Terminated: it waits for no service.',
  ],
  [{ ...IN_GROUP, isTold: true }, 'Auto Scaling was told before this machine was restarted.'],
])('nobody is told where nobody waits: %j', async (given, line) => {
  expect(await announce(given)).toMatchObject({ exitCode: 0, lines: [line], calls: [] });
});

test('no call of the script waits for good', () => {
  const script = readFileSync('userdata/announce.sh', 'utf8').replaceAll('\\\n', ' ');
  const calls = script.split('\n').filter((line) => /\b(?:curl|aws) .*--/.test(line));
  expect(calls).toHaveLength(4);
  for (const call of calls) expect(call).toMatch(/curl .*--max-time \d+ |aws .*--cli-read-timeout \d+ /);
});
