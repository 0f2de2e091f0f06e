/** Rows as columns that line up; the last one is left as long as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, [...cell].length);
    });
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          index === row.length - 1 ? cell : cell + ' '.repeat(widths[index]! - [...cell].length),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `2026-11-21 10:43:29Z` */
export function moment(time: number): string {
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** The end of an ARN, or a name without its address: what people know of `Admin/anna` and of `Anna <anna@…>`. */
export function person(by: string): string {
  const [, session] =
    /^arn:[^:]*:(?:sts|iam)::\d*:(?:(?:assumed-role|user|role|federated-user)\/)?(.+)$/.exec(by) ?? [];
  const [, name] = /^(.+\S)\s*<.*>$/.exec(by) ?? [];
  return session ?? name ?? by;
}
