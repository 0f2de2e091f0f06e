import type { Head, Revision } from './types';

/**
 * The revisions that a fleet can show and go back to, oldest first. Of those with the same content only
 * the newest counts, as Kubernetes numbers them: after going back from 3 to 2, the list is 1, 3, 4. Those of
 * a stack that is gone are left out: nothing can start from its launch template any more.
 */
export function history(revisions: readonly Revision[]): readonly Revision[] {
  const newestOf = new Map<string, number>();
  for (const { software, number } of revisions) newestOf.set(software.content, number);
  const newest = revisions.at(-1);
  return revisions.filter(
    (revision) =>
      newest &&
      isOfSameStack(revision, newest) &&
      newestOf.get(revision.software.content) === revision.number,
  );
}

/** A stack that is made anew has a launch template of its own. */
function isOfSameStack(one: Revision, other: Revision): boolean {
  return one.software.launchTemplateId === other.software.launchTemplateId;
}

/** What the fleet runs: the newest revision that completed. */
export function currentRevision(revisions: readonly Revision[]): Revision | undefined {
  return revisions.findLast(({ outcome }) => outcome?.kind === 'Complete');
}

/** What to do about a wish to go back. */
export type Undo =
  | { readonly kind: 'to'; readonly revision: Revision }
  /** There is nothing to do, or nothing to go back to; the message says why. */
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'impossible'; readonly message: string };

/**
 * Where an undo goes. Without a number it takes back the newest revision: to the one that the fleet ran
 * before it. A newest revision that was rolled back by itself is taken back already.
 */
export function undoTarget(head: Head, revisions: readonly Revision[], wanted?: number): Undo {
  if (head.open) {
    return {
      kind: 'impossible',
      message: `The rollout of revision ${head.open.revision} is still going on: wait for its end, or give it up with "rollout abort".`,
    };
  }
  const current = currentRevision(revisions);
  if (!current) return { kind: 'impossible', message: `No revision of ${head.fleet} has completed yet.` };
  if (wanted !== undefined) return toNumber(wanted, current, revisions);
  const newest = revisions.at(-1)!;
  if (newest.number !== current.number) {
    return {
      kind: 'nothing',
      message: `There is nothing to undo: revision ${newest.number} (${nameOf(newest)}) ${fate(newest)}, and the fleet runs revision ${current.number} (${nameOf(current)}). "--to-revision N" goes to another one of "rollout history".`,
    };
  }
  const before = revisions.findLast(
    (revision) =>
      revision.number < current.number &&
      revision.outcome?.kind === 'Complete' &&
      isOfSameStack(revision, current) &&
      revision.software.content !== current.software.content,
  );
  if (before) return { kind: 'to', revision: before };
  return {
    kind: 'impossible',
    message: `There is nothing to undo: revision ${current.number} (${nameOf(current)}) is the only one that completed. Deploy another release.`,
  };
}

function toNumber(wanted: number, current: Revision, revisions: readonly Revision[]): Undo {
  const revision = revisions.find(({ number }) => number === wanted);
  if (!revision) {
    const known = history(revisions).map(({ number }) => number);
    return {
      kind: 'impossible',
      message: `There is no revision ${wanted}; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}, as "rollout history" lists.`,
    };
  }
  if (revision.software.content === current.software.content) {
    return {
      kind: 'nothing',
      message: `The fleet already runs what revision ${wanted} has: ${nameOf(current)}, as revision ${current.number}.`,
    };
  }
  // What never completed may have done so under another number.
  const hasCompleted = revisions.some(
    ({ outcome, software }) => outcome?.kind === 'Complete' && software.content === revision.software.content,
  );
  if (!hasCompleted) {
    return {
      kind: 'impossible',
      message: `Revision ${wanted} (${nameOf(revision)}) ${fate(revision)}, and is nothing to go back to: "rollout retry" rolls out once more what failed last.`,
    };
  }
  return { kind: 'to', revision };
}

function fate({ outcome }: Revision): string {
  switch (outcome?.kind) {
    case 'RolledBack':
      return 'was rolled back';
    case 'Failed':
      return 'failed';
    default:
      return 'has no outcome yet';
  }
}

function nameOf({ release }: Revision): string {
  return `${release.application} ${release.version}`;
}
