import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeNewerPackages } from '../../../../local-aws/machines/nspawn/newer-packages';

const TOOLS = ['dpkg-deb', 'apt-ftparchive'];
const areThere = TOOLS.every((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0);
const onDebian = areThere ? test : test.skip;
if (!areThere) console.warn(`LEFT OUT: no packages were made anew: ${TOOLS.join(' or ')} is not installed.`);

let folder: string;
let from: string;
let to: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packages-'));
  from = join(folder, 'from');
  to = join(folder, 'to');
  mkdirSync(from);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A package of the version 1.2-3 with these files. */
function makePackage(name: string, files: Readonly<Record<string, string>>): void {
  const content = join(folder, 'content');
  const fields = ['Maintainer: nobody <nobody@example.com>', 'Description: for a test', ''];
  const all: Record<string, string> = {
    ...files,
    'DEBIAN/control': [`Package: ${name}`, 'Version: 1.2-3', 'Architecture: all', ...fields].join('\n'),
    'DEBIAN/md5sums': Object.keys(files)
      .map((path) => `${'0'.repeat(32)}  ${path}\n`)
      .join(''),
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(join(content, dirname(path)), { recursive: true });
    writeFileSync(join(content, path), text);
  }
  chmodSync(join(content, 'DEBIAN'), 0o755);
  run('dpkg-deb', '--root-owner-group', '--build', content, join(from, `${name}_1.2-3_all.deb`));
  rmSync(content, { recursive: true });
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, [...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

onDebian(
  'newer versions stand in the place of the old ones, each with a program that has changed',
  async () => {
    makePackage('moves', { 'usr/share/doc/moves/a.js': 'doc', 'usr/share/lib/b.js': 'code', 'usr/z': 'z' });
    makePackage('stays', { 'usr/bin/stays': 'code' });
    await makeNewerPackages({ from, to, names: ['moves'], suffix: '+week1' });

    expect(readdirSync(to).sort()).toEqual(['Packages', 'moves_1.2-3+week1_all.deb', 'stays_1.2-3_all.deb']);
    const index = readFileSync(join(to, 'Packages'), 'utf8');
    expect(index.match(/^(?:Version|Filename): .*$/gm)!.sort()).toEqual([
      'Filename: ./moves_1.2-3+week1_all.deb',
      'Filename: ./stays_1.2-3_all.deb',
      'Version: 1.2-3',
      'Version: 1.2-3+week1',
    ]);
    run('dpkg-deb', '--raw-extract', join(to, 'moves_1.2-3+week1_all.deb'), join(folder, 'newer'));
    const content = (path: string) => readFileSync(join(folder, 'newer', path), 'utf8');
    expect(content('usr/share/lib/b.js')).toBe('code\n// +week1\n');
    expect([content('usr/share/doc/moves/a.js'), content('usr/z')]).toEqual(['doc', 'z']);
    const sum = run('md5sum', join(folder, 'newer/usr/share/lib/b.js')).slice(0, 32);
    expect(content('DEBIAN/md5sums')).toContain(`${sum}  usr/share/lib/b.js\n`);
    expect(readdirSync(from).sort()).toEqual(['moves_1.2-3_all.deb', 'stays_1.2-3_all.deb']);
  },
);

onDebian.each([
  ['none', 'There is no package none in '],
  ['texts', 'In texts_1.2-3_all.deb there is no program'],
])("%s can't be made newer, and it says why", async (name, message) => {
  makePackage('texts', { 'usr/share/texts/a': 'text' });
  await expect(makeNewerPackages({ from, to, names: [name], suffix: '+week1' })).rejects.toThrow(message);
});
