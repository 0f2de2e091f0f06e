/**
 * What a user wrote can't be used. The message alone says what was found, where, and what would be
 * right; the entry point prints it without a stack trace.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** ` (did you mean "version"?)` when one of the names is close to the one found, and nothing otherwise. */
export function didYouMean(found: string, names: readonly string[]): string {
  const distances = names.map((name) => ({
    name,
    distance: editDistance(found.toLowerCase(), name.toLowerCase()),
  }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  const limit = Math.max(2, Math.floor(found.length / 3));
  return nearest && nearest.distance <= limit ? ` (did you mean "${nearest.name}"?)` : '';
}

/** A value as it is shown in a message: short, on one line. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Letters to insert, remove or replace to make one word of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
