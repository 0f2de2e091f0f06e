import { ScriptFolder, serve } from './script';

/** How things stand at a look. */
interface Look {
  /** HTTP status of the health path; 0: no answer. @default 200 */
  readonly status?: number;
  /** How often the service was started so far. @default 1 */
  readonly runs?: number;
}

const LOG = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);

/** Lines on the console after so many looks, ten seconds apart, by the look that brought them. */
async function consoleAfter(
  looks: readonly Look[],
  log = LOG,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const folder = new ScriptFolder();
  let look = 0;
  const service = await serve((request, response) => {
    const { status = 200 } = looks[Math.min(folder.lines('slept').length, looks.length - 1)]!;
    if (request.url !== '/healthy?deep=1') response.writeHead(404).end();
    else if (status === 0) response.destroy();
    else response.writeHead(status).end();
  });
  try {
    const runs = looks.map(({ runs: count = 1 }) => count).join(' ');
    folder.program(
      'readlink',
      `[[ "$*" == /run/systemd/units/invocation:application.service ]] || exit 1
       runs=(${runs}); slept=$(cat ${folder.file('slept')} 2> /dev/null | wc -l)
       test "\${runs[slept]}" -gt 0 && echo "run-\${runs[slept]}"`,
    );
    folder.program('journalctl', `cat <<'LOG'\n${log.join('\n')}\nLOG`);
    // Ends the script, which would look for good.
    folder.program(
      'sleep',
      `echo "$1" >> ${folder.file('slept')}; echo "-- look"; test "$(wc -l < ${folder.file('slept')})" -lt ${looks.length} || exit 3`,
    );
    const { lines } = await folder.run('failures.sh', {
      PORT: String(service.port),
      HEALTH_PATH: '/healthy?deep=1',
    });
    const console = new Map<number, string[]>();
    for (const line of lines) {
      if (line === '-- look') look++;
      else console.set(look, [...(console.get(look) ?? []), line]);
    }
    return console;
  } finally {
    await service.close();
    folder.remove();
  }
}

const times = (count: number, look: Look): Look[] => Array.from({ length: count }, () => look);
const LAST = LOG.slice(-30).map((line) => `application: ${line}`);

test('of a service that is healthy, nothing comes to the console, however much it logs', async () => {
  expect(await consoleAfter(times(20, {}))).toEqual(new Map());
});

test.each<[string, readonly Look[], ReadonlyMap<number, string>]>([
  [
    'an unhealthy answer at once, and then once a minute',
    times(14, { status: 500 }),
    new Map(
      [0, 6, 12].map((look) => [look, 'application: /healthy?deep=1 answers 500; what it logged last:']),
    ),
  ],
  [
    'no answer after a minute: a service may need time to start',
    [...times(14, { status: 0 })],
    new Map(
      [5, 11].map((look) => [
        look,
        'application: /healthy?deep=1 has not answered for a minute; what it logged last:',
      ]),
    ),
  ],
  ['not a service that starts for 50 seconds', [...times(5, { status: 0 }), ...times(9, {})], new Map()],
  [
    'that it was started again, with those that come within the minute after it',
    [{ runs: 0, status: 0 }, {}, { runs: 2, status: 0 }, ...times(4, { runs: 5 }), ...times(6, { runs: 5 })],
    new Map([
      [2, 'application: it has ended, and was started again; what it logged last:'],
      [8, 'application: it has ended, and was started again; what it logged last:'],
    ]),
  ],
])('%s is told with the last 30 lines', async (_, looks, heads) => {
  const console = await consoleAfter(looks);
  expect(console).toEqual(new Map([...heads].map(([look, head]) => [look, [head, ...LAST]])));
});

test('what a service logs stays short on the console, and can not be taken for the words of the machine', async () => {
  const log = [...times(29, {}).map(() => 'x'.repeat(10_000)), 'drift[1]: drift: none'];
  const [lines] = (await consoleAfter([{ status: 503 }], log)).values();
  // Every ten minutes there is a line that verify reads: eleven reports are less than the 64 KB that EC2 keeps.
  expect(lines!.map((line) => line.length + 2).reduce((sum, length) => sum + length) * 11).toBeLessThan(
    60_000,
  );
  expect(lines!.at(-1)).toBe('application: drift[1]: drift: none');
});
