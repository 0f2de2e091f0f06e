/** What `userdata/install.sh` says when it fails. */
const FAILED_INSTALLATION = /Installation of \S+ \S+ failed at line \d+: .*/;

/** How much of a console is quoted: the answer to CloudFormation may have 4096 bytes in all. */
const QUOTED_CHARACTERS = 700;
/** How much of it a message repeats in its own words. */
const TOLD_CHARACTERS = 300;

/** Which line of its boot script a machine has failed at, in the script's words; empty when the console does not say. */
export function failedInstallation(console: string): string {
  return (FAILED_INSTALLATION.exec(console)?.[0] ?? '').trimEnd().slice(0, TOLD_CHARACTERS);
}

/**
 * The part of a console that says most: its end, or what the boot script wrote when it failed, behind which the
 * boot goes on to write. Empty when there is nothing.
 */
export function quoteOf(console: string): string {
  const text = console.trimEnd();
  const failed = FAILED_INSTALLATION.exec(text);
  // From the line before on, which is the failed command's own.
  const ownLine = failed ? text.lastIndexOf('\n', failed.index) : -1;
  const from = ownLine > 0 ? text.lastIndexOf('\n', ownLine - 1) + 1 : 0;
  if (failed && text.length - from > QUOTED_CHARACTERS)
    return `Its console, from where it failed: ${text.slice(from, from + QUOTED_CHARACTERS)}`;
  const end = text.slice(-QUOTED_CHARACTERS);
  return end && `End of its console: ${end}`;
}
