import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DNF = join(__dirname, '../../../../local-aws/machines/nspawn/debian/files/usr/local/bin/dnf');

/** Runs it with an apt-get that writes down how it was called. */
function dnf(...args: string[]): { status: number | null; errors: string; calls: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'dnf-'));
  try {
    writeFileSync(join(folder, 'apt-get'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n`);
    chmodSync(join(folder, 'apt-get'), 0o755);
    writeFileSync(join(folder, 'calls'), '');
    const { status, stderr } = spawnSync('bash', [DNF, ...args], {
      env: { PATH: `${folder}:/usr/bin:/bin` },
      encoding: 'utf8',
    });
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    return { status, errors: stderr, calls };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const onBash = process.platform === 'win32' ? test.skip : test;

onBash('what the recipe and the boot script ask for is asked of apt-get, by its names', () => {
  const { status, calls } = dnf('--assumeyes', '--setopt=retries=10', 'install', 'nodejs22', 'tzdata');
  expect(status).toBe(0);
  expect(calls[0]).toMatch(/ update$/);
  expect(calls[1]).toMatch(/--option Acquire::Retries=10 install nodejs tzdata$/);
});

onBash('an upgrade is of everything, or of what is named', () => {
  expect(dnf('-y', 'upgrade').calls[1]).toMatch(/ dist-upgrade$/);
  expect(dnf('-y', 'update', 'nodejs22').calls[1]).toMatch(/ install --only-upgrade nodejs$/);
});

onBash.each([
  [['--enablerepo=x', 'install', 'y'], '--enablerepo=x'],
  [['-y', 'module', 'list'], "'module'"],
])('%j is refused, with what is known', (args, named) => {
  const { status, errors, calls } = dnf(...args);
  expect(status).toBe(1);
  expect(errors).toContain(named);
  expect(errors).toContain('known are');
  expect(calls).toEqual(['']);
});
