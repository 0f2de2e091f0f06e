import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

// Steps of the recipe, and lines of the boot script, as bash runs them.

const onBash = process.platform === 'win32' ? test.skip : test;

/** A machine's programs: a dnf that writes down how it was called, and refuses to install nothing. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'recipe-'));
  /** In the place of the folder that Image Builder keeps on a machine. */
  readonly service = join(this.folder, 'imagebuilder_service');

  constructor() {
    const script = `#!/bin/bash
echo "$@" >> ${this.folder}/calls
case "$*" in *install) echo 'required: PACKAGE' >&2; exit 1 ;; esac`;
    writeFileSync(join(this.folder, 'dnf'), script);
    chmodSync(join(this.folder, 'dnf'), 0o755);
    for (const name of ['rm', 'mkdir', 'touch', 'cat', 'bash'])
      writeFileSync(join(this.folder, name), `#!/bin/sh\nexec /bin/${name} "$@"\n`, { mode: 0o755 });
  }

  /** Runs a script with these programs alone. */
  run(script: string, environment: Readonly<Record<string, string>> = {}): number | null {
    const { status } = spawnSync(
      '/bin/bash',
      ['-c', script.replaceAll('/tmp/imagebuilder_service', this.service)],
      {
        env: { PATH: this.folder, ...environment },
        encoding: 'utf8',
      },
    );
    return status;
  }

  get calls(): readonly string[] {
    const file = join(this.folder, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => rmSync(bench.folder, { recursive: true }));

function step(document: string, name: string, parameters: Readonly<Record<string, string>> = {}): string {
  const { phases } = parse(readFileSync(`image-recipes/${document}.yaml`, 'utf8')) as {
    phases: { steps: { name: string; inputs: { commands: string[] } }[] }[];
  };
  const found = phases.flatMap(({ steps }) => steps).find((each) => each.name === name)!;
  return found.inputs.commands.join('\n').replace(/{{ (\w+) }}/g, (_, key: string) => parameters[key]!);
}

const INSTALL = readFileSync('userdata/install.sh', 'utf8');
const PREPARE = readFileSync('local-aws/component-runner/prepare-machine.sh', 'utf8');
const HOUSEKEEPING = readFileSync('local-aws/component-runner/housekeeping.sh', 'utf8');

onBash.each<[string, readonly string[]]>([
  ['', []],
  ['nodejs22 tzdata', ['--assumeyes --setopt=retries=10 install nodejs22 tzdata']],
])(
  'packages "%s" are installed by recipe and boot script, and none where there are none',
  (packages, calls) => {
    expect(bench.run(step('install-release', 'Packages', { Packages: packages }))).toBe(0);
    expect(bench.calls).toEqual(calls);
    const lines = INSTALL.split('\n').filter((line) => line.includes('dnf ') && !line.startsWith('#'));
    expect(bench.run(`set -euo pipefail\n${lines.join('\n')}`, { PACKAGES: packages })).toBe(0);
    expect(bench.calls).toEqual([...calls, ...calls]);
  },
);

onBash('cronie, which Image Builder installs for a build, stays in a release, and goes otherwise', () => {
  // As far as it is about cronie: the rest cleans the machine that it runs on.
  const cleanUp = HOUSEKEEPING.slice(0, HOUSEKEEPING.indexOf("# The machine's own identity"));
  expect(bench.run(PREPARE)).toBe(0);
  expect(bench.run(cleanUp)).toBe(0);
  expect(bench.calls).toEqual([
    '--assumeyes --setopt=retries=10 install cronie',
    '--assumeyes remove cronie',
  ]);
  expect(bench.run(PREPARE)).toBe(0);
  expect(bench.run(step('install-release', 'KeepCron'))).toBe(0);
  expect(bench.run(cleanUp)).toBe(0);
  expect(bench.calls).toHaveLength(3);
});

onBash('where there is a crontab already, nothing is installed for the build, and nothing removed', () => {
  mkdirSync(bench.service);
  writeFileSync(join(bench.folder, 'crontab'), '#!/bin/sh\n', { mode: 0o755 });
  expect(bench.run(PREPARE)).toBe(0);
  expect(bench.run(step('install-release', 'KeepCron'))).toBe(0);
  expect(bench.calls).toEqual([]);
});

onBash.each([
  ['2023.9.20251117', 0],
  ['2023.8.20250101', 1],
])(
  'a machine that is to be at release %s and is at 2023.9.20251117 ends the check with %i',
  (Release, status) => {
    writeFileSync(join(bench.folder, 'rpm'), '#!/bin/sh\necho 2023.9.20251117\n', { mode: 0o755 });
    expect(bench.run(step('patch-to', 'Upgrade', { Release }))).toBe(0);
    expect(bench.calls).toEqual([`--assumeyes --setopt=retries=10 --releasever=${Release} upgrade`]);
    expect(bench.run(step('patch-to', 'Release', { Release }))).toBe(status);
  },
);
