/** What the statuses of AWS's services mean here: tables that have every value of a service's model, and no default. */

/**
 * What a status means. The table's type is the SDK's own, so that a value which a newer SDK knows does not compile
 * until somebody has said what it means.
 * @param what in an error's words: `A target has the unknown state`
 * @throws Error naming a value that is not known
 */
export function meaningOf<Value extends string, Meaning>(
  meanings: Readonly<Record<Value, Meaning>>,
  value: string | undefined,
  what: string,
): Meaning {
  if (value !== undefined && Object.hasOwn(meanings, value)) return meanings[value as Value];
  throw new Error(`${what} "${value ?? ''}".`);
}
