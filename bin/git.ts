import { execFileSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { readJsonObject } from '../lib/release/json-file';

/** What git tells of a release. */
export interface Provenance {
  /** Author of the commit. */
  readonly deployedBy?: string;
  readonly commit?: string;
}

/** Runs git with arguments in a folder: what it prints, or undefined when it fails or is not there. */
export type Git = (folder: string, args: readonly string[]) => string | undefined;

/**
 * The last commit that touched a release: its manifest, or its artifact's folder. Nothing is told of a
 * release that was changed since, or that git does not hold in whole.
 * @param manifest path of a manifest that was read before
 */
export function provenanceOf(manifest: string, git: Git = runGit): Provenance {
  const folder = dirname(resolve(manifest));
  const paths = [resolve(manifest), join(folder, String(readJsonObject(manifest).artifact))];
  // What git ignores is packed all the same.
  const changes = git(folder, ['status', '--porcelain', '--ignored', '--', ...paths]);
  if (changes === undefined || changes.trim() !== '') return {};
  const log = git(folder, ['log', '-1', '--format=%H%n%P%n%an <%ae>', '--', ...paths]);
  const [commit, parents, author] = (log ?? '').split('\n');
  if (!commit || !author) return {};
  // Where a shallow clone begins, every file looks as if it were new.
  if (!parents && git(folder, ['rev-parse', '--is-shallow-repository'])?.trim() !== 'false') return {};
  return { deployedBy: [...author].slice(0, 160).join(''), commit };
}

function runGit(folder: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // No git, or no repository: who released, and from which commit, is then said by flags, or not at all.
    return undefined;
  }
}
