/** Finds what made a build fail in the lines of its log. */

const MAX_LINES = 15;
const MAX_CHARACTERS = 1500;

/** How AWSTOE writes the end of a command: `CmdExecution: ExitCode 1`. */
const EXIT_CODE = /\bExitCode (-?\d+)\s*$/;
const COMMAND_BEGINS = /\bSTARTED EXECUTION\b/;
/** A component that failed for good: `Document arn:… failed!`; or all of them. */
const FAILED_FOR_GOOD = /\bDocument \S+ failed\b|completed execution with failure/;
/** What stands in a log whose failure is not a command's, such as a machine that can't be launched. */
const FAILURE = /\b(fail(ed|ure)?|error|exception|denied|not authorized|timed out|insufficient\w*)\b/i;

/**
 * The lines that say what failed first. What follows them is mostly tear-down, up to hundreds of lines of it. A command
 * that failed and was repeated with success is passed over: the one counts that came last before its component failed.
 * @returns the log's last lines where no line tells of a failure
 */
export function firstFailure(lines: readonly string[]): {
  readonly lines: readonly string[];
  readonly isFailure: boolean;
} {
  const end = lines.findIndex((line) => FAILED_FOR_GOOD.test(line));
  const failedCommands = lines.flatMap((line, index) => {
    const exitCode = EXIT_CODE.exec(line)?.[1];
    return exitCode === undefined || Number(exitCode) === 0 ? [] : [index];
  });
  const command = end < 0 ? failedCommands[0] : failedCommands.filter((index) => index < end).at(-1);
  if (command !== undefined) {
    const begin = lines.slice(0, command).findLastIndex((line) => COMMAND_BEGINS.test(line));
    return { lines: cut(lines.slice(begin < 0 ? 0 : begin, command + 1)), isFailure: true };
  }
  const other = lines.findIndex((line) => FAILURE.test(line));
  if (other >= 0) return { lines: cut(lines.slice(Math.max(0, other - 2), other + 3)), isFailure: true };
  return { lines: cut(lines), isFailure: false };
}

/** The last lines, as many as fit into a reason that CloudFormation takes. */
function cut(lines: readonly string[]): readonly string[] {
  const text = lines.slice(-MAX_LINES).join('\n');
  return (text.length > MAX_CHARACTERS ? `…${text.slice(-MAX_CHARACTERS)}` : text).split('\n');
}
