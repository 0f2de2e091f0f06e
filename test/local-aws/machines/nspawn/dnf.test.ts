import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BIN = join(__dirname, '../../../../local-aws/machines/nspawn/debian/files/usr/local/bin');

interface Ran {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
  /** How apt-get was called. */
  readonly calls: readonly string[];
  /** What rpm says of the release afterwards. */
  readonly release: string;
}

/**
 * Runs it with an apt-get that writes down how it was called, would install what it is asked for, and knows no package
 * `nothing`; and with a dpkg that has nodejs.
 */
function dnf(...args: string[]): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'dnf-'));
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  try {
    program(
      'apt-get',
      `echo "$@" >> ${folder}/calls
case " $* " in
  *' nothing '*) exit 100 ;;
  *' --simulate '*) echo 'Inst nodejs (18 Debian:12 [amd64])' ;;
esac`,
    );
    program('dpkg-query', `[ "\${@: -1}" = nodejs ] && echo installed`);
    const releases = join(folder, 'release');
    writeFileSync(releases, 'Amazon Linux release 2023.9.20251117 (Amazon Linux)\n');
    writeFileSync(join(folder, 'calls'), '');
    const run = (file: string, given: readonly string[]) =>
      spawnSync('bash', [join(BIN, file), ...given], {
        env: { PATH: `${folder}:/usr/bin:/bin`, LOCAL_AWS_RELEASE_FILE: releases },
        encoding: 'utf8',
      });
    const { status, stdout, stderr } = run('dnf', args);
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').filter(Boolean);
    const release = run('rpm', ['--query', '--queryformat', '%{VERSION}', 'system-release']).stdout.trim();
    return { status, output: stdout, errors: stderr, calls, release };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const onBash = process.platform === 'win32' ? test.skip : test;

onBash('what the recipe and the boot script ask for is asked of apt-get, by its names', () => {
  const { status, calls } = dnf(
    '--assumeyes',
    '--setopt=retries=10',
    'install',
    'nodejs22',
    'cronie',
    'tzdata',
  );
  expect(status).toBe(0);
  expect(calls[0]).toMatch(/ update$/);
  expect(calls[1]).toMatch(/--option Acquire::Retries=10 install nodejs cron tzdata$/);
});

onBash('an upgrade is of everything, or of what is named', () => {
  expect(dnf('-y', 'upgrade').calls[1]).toMatch(/ dist-upgrade$/);
  expect(dnf('-y', 'update', 'nodejs22').calls[1]).toMatch(/ install --only-upgrade nodejs$/);
});

onBash.each([['install'], ['remove']])('%s without a package is an error, as dnf has it', (command) => {
  const { status, errors, calls } = dnf('-y', command);
  expect({ status, calls }).toEqual({ status: 1, calls: [] });
  expect(errors).toContain('the following arguments are required: PACKAGE');
});

onBash('what can not be done ends with 1, whatever apt-get ends with', () => {
  const { status, errors } = dnf('-y', 'install', 'nothing');
  expect(status).toBe(1);
  expect(errors).toContain('Unable to find a match');
});

onBash('nobody answers its question, and nothing is done, where it was not told to assume yes', () => {
  const { status, errors, calls } = dnf('install', 'nodejs22');
  expect(status).toBe(1);
  expect(errors).toContain('Operation aborted.');
  expect(calls.filter((call) => !/ update$| --simulate /.test(call))).toEqual([]);
});

onBash('to remove what is not there is no error', () => {
  expect(dnf('-y', 'remove', 'nodejs22').calls[0]).toMatch(/ remove nodejs$/);
  expect(dnf('-y', 'remove', 'cronie')).toMatchObject({
    status: 0,
    output: 'No match for argument: cron\n',
    calls: [],
  });
});

onBash.each([
  ['a newer one', '2023.10.20260105', '2023.10.20260105'],
  ['no older one', '2023.9.20251027', '2023.9.20251117'],
])('an upgrade to another release brings %s', (_, asked, release) => {
  expect(dnf('-y', `--releasever=${asked}`, 'upgrade')).toMatchObject({ status: 0, release });
});

onBash('a release that there is not has no packages', () => {
  expect(dnf('-y', '--releasever', '2024', 'upgrade')).toMatchObject({ status: 1, calls: [] });
});

onBash.each([
  [['--enablerepo=x', 'install', 'y'], '--enablerepo=x'],
  [['-y', 'module', 'list'], "'module'"],
])('%j is refused, with what is known', (args, named) => {
  const { status, errors, calls } = dnf(...args);
  expect(status).toBe(1);
  expect(errors).toContain(named);
  expect(errors).toContain('known are');
  expect(calls).toEqual([]);
});
