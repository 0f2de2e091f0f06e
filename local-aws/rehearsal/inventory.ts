import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineShell } from '../machines/nspawn/machine-shell';

/** What a machine's software consists of. */
export interface Inventory {
  /** Versions of the installed packages, by name. */
  readonly packages: ReadonlyMap<string, string>;
  /** Type, permissions, and SHA-256 or link target of files, folders and links, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** In what two machines differ: names and paths, in their order. */
export interface Difference {
  readonly packages: readonly string[];
  readonly files: readonly string[];
}

const SCRIPT = join(__dirname, 'inventory.sh');
/** A look takes a few seconds; a machine in which it takes longer is not well. */
const LOOK_LIMIT_MS = 120_000;

/** What makes a machine itself, and is another thing on each: its names, its id, its keys. */
const ITS_OWN = [
  /^\/etc\/hostname$/,
  /^\/etc\/hosts$/,
  /^\/etc\/machine-id$/,
  /^\/etc\/ssh\/ssh_host_[^/]+_key(?:\.pub)?$/,
];

/** Looks into a machine, as root. @throws Error when that is not possible */
export async function takeInventory(shell: Pick<MachineShell, 'run'>): Promise<Inventory> {
  const { exitCode, output } = await shell.run(readFileSync(SCRIPT, 'utf8'), { timeoutMs: LOOK_LIMIT_MS });
  if (exitCode !== 0) throw new Error(`The inventory ended with ${exitCode}: ${output.slice(-1_000)}`);
  return readInventory(output);
}

/** Reads what `inventory.sh` prints, without what makes the machine itself. @throws Error when a part is missing */
export function readInventory(text: string): Inventory {
  const parts: string[][] = [[]];
  for (const entry of text.split('\0').slice(0, -1)) {
    if (entry === '') parts.push([]);
    else parts.at(-1)!.push(entry);
  }
  const [packages, files, digests] = parts;
  if (parts.length !== 4 || !packages || !files || !digests)
    throw new Error(`An inventory has three parts; found ${parts.length - 1}.`);
  const found = new Map<string, string>();
  for (let index = 0; index < files.length; index += 2) found.set(files[index]!, files[index + 1]!.trimEnd());
  for (const line of digests) {
    const [, digest = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/s.exec(line) ?? [];
    found.set(path, `${found.get(path)} ${digest}`);
  }
  return {
    packages: new Map(packages.map((line) => [line.replace(/ .*/, ''), line.replace(/^.*? /, '')])),
    files: new Map([...found].filter(([path]) => !ITS_OWN.some((own) => own.test(path)))),
  };
}

/** What is on one of two machines alone, or on both and not the same. */
export function compareInventories(one: Inventory, other: Inventory): Difference {
  return {
    packages: differing(one.packages, other.packages),
    files: differing(one.files, other.files),
  };
}

function differing(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): readonly string[] {
  const keys = new Set([...one.keys(), ...other.keys()]);
  return [...keys].filter((key) => one.get(key) !== other.get(key)).sort();
}
