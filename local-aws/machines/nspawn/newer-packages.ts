import { createHash } from 'node:crypto';
import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hostCommand } from './host-command';

export interface NewerPackages {
  /** Folder of the packages that there are; it stays as it is. */
  readonly from: string;
  /** Folder that is made. */
  readonly to: string;
  /** Names of the packages that get another version. */
  readonly names: readonly string[];
  /** What is added to their versions: `+week1`. */
  readonly suffix: string;
}

/**
 * Makes the repository that there will be after some time: with newer versions of some packages, in each of which
 * one program has changed, and all others as they are.
 * @throws Error naming a package that there is not, or one in which there is no program
 */
export async function makeNewerPackages({ from, to, names, suffix }: NewerPackages): Promise<void> {
  await cp(from, to, { recursive: true });
  const files = await readdir(to);
  for (const name of names) {
    const file = files.find((entry) => entry.startsWith(`${name}_`) && entry.endsWith('.deb'));
    if (file === undefined) throw new Error(`There is no package ${name} in ${from}.`);
    await renew(to, file, suffix);
  }
  const index = await hostCommand('sh', ['-c', 'cd "$1" && apt-ftparchive packages .', 'sh', to]);
  await writeFile(join(to, 'Packages'), index);
}

/** Puts another version of a package in its place. */
async function renew(folder: string, file: string, suffix: string): Promise<void> {
  const content = join(folder, 'content');
  await hostCommand('dpkg-deb', ['--raw-extract', join(folder, file), content]);
  const control = join(content, 'DEBIAN', 'control');
  const fields = await readFile(control, 'utf8');
  await writeFile(
    control,
    fields.replace(/^Version: .*$/m, (line) => line + suffix),
  );
  await changeProgram(content, file, suffix);
  const [name, version, architecture] = file.split('_');
  const newer = join(folder, [name, version + suffix, architecture].join('_'));
  await hostCommand('dpkg-deb', ['--root-owner-group', '--build', content, newer]);
  await rm(content, { recursive: true });
  await rm(join(folder, file));
}

/** A comment at the end of JavaScript does nothing, and neither does what follows the parts of a binary. */
async function changeProgram(content: string, file: string, suffix: string): Promise<void> {
  const entries = await readdir(content, { recursive: true, withFileTypes: true });
  const program = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .find((path) => /\/bin\/[^/]+$|\.so\.[\d.]+$|\.js$/.test(path) && !path.includes('/share/doc/'));
  if (program === undefined) throw new Error(`In ${file} there is no program that could have changed.`);
  await appendFile(program, `\n// ${suffix}\n`);
  const sums = join(content, 'DEBIAN', 'md5sums');
  const path = relative(content, program);
  const sum = createHash('md5')
    .update(await readFile(program))
    .digest('hex');
  const lines = (await readFile(sums, 'utf8')).split('\n');
  await writeFile(
    sums,
    lines.map((line) => (line.endsWith(`  ${path}`) ? `${sum}  ${path}` : line)).join('\n'),
  );
}
