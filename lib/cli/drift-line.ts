/** What a machine says was changed on it since it had booted. */
export interface Drift {
  /** Whether its root file system, which its image makes read-only, can be written to. */
  readonly isWritable: boolean;
  /** Files, and folders from which something is gone. */
  readonly paths: readonly string[];
  /** How many there are besides. */
  readonly more: number;
}

/** What the unit `drift` writes, as the journal puts it on a console, with its time or without. */
const LINE = /^(?:\[ *\d+\.\d+\] )?drift\[\d+\]: drift: (.*)$/gm;
const NONE = 'none';
const CHANGES =
  /^(?<writable>\/ is writable)?(?:(?:^|, )(?<paths>\/\S*(?: \/\S*)*))?(?: and (?<more>\d+) more)?$/;

/**
 * Reads what `userdata/drift.sh` wrote to a machine's console last.
 * @returns undefined when it has said nothing, does not know, or another line came into its own
 */
export function lastDrift(console: string): Drift | undefined {
  const said = [...console.replaceAll('\r', '').matchAll(LINE)].at(-1)?.[1];
  if (said === undefined) return undefined;
  if (said === NONE) return { isWritable: false, paths: [], more: 0 };
  const { writable, paths, more } = CHANGES.exec(said)?.groups ?? {};
  if (!writable && !paths) return undefined;
  return {
    isWritable: writable !== undefined,
    paths: paths?.split(' ').map(decoded) ?? [],
    more: Number(more ?? 0),
  };
}

/** A byte that would part the line is written there as in addresses. */
function decoded(path: string): string {
  const bytes = path.replace(/%([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
