import { ConfigurationError, didYouMean } from '../configuration-error';
import { abortCommand } from './abort';
import { type Command, type CommandResult, result, type Surroundings } from './command';
import { forecastCommand } from './forecast';
import { historyCommand } from './history';
import { pauseCommand } from './pause';
import { promoteCommand } from './promote';
import { restartCommand } from './restart';
import { resumeCommand } from './resume';
import { retryCommand } from './retry';
import { statusCommand } from './status';
import { table } from './table';
import { undoCommand } from './undo';
import { verifyCommand } from './verify';

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly run: Command }>> = {
  forecast: { summary: 'what a rollout will do, before it starts', run: forecastCommand },
  status: { summary: 'how the fleet is, and what goes on; --watch until it has ended', run: statusCommand },
  history: { summary: 'revisions: release, change cause, who, when, outcome', run: historyCommand },
  undo: { summary: 'go back to what the fleet ran before, or to --to-revision N', run: undoCommand },
  pause: { summary: 'let the rollout stand still', run: pauseCommand },
  resume: { summary: 'let a paused rollout go on', run: resumeCommand },
  promote: { summary: 'let the rollout pass the gate that it stands at', run: promoteCommand },
  abort: { summary: 'give the rollout up: the fleet goes back', run: abortCommand },
  retry: { summary: 'roll out once more what failed or was rolled back', run: retryCommand },
  restart: { summary: 'replace all machines at the same revision', run: restartCommand },
  verify: { summary: 'prove what every machine runs', run: verifyCommand },
};

const HELP = `rollout COMMAND STACK [flags]

${table(Object.entries(COMMANDS).map(([name, { summary }]) => [`  ${name}`, summary]))}

rollout COMMAND --help tells a command's flags. A command ends with 0 when the fleet is healthy or the work
done, 1 when it was used wrongly or AWS refused, 2 when the fleet is degraded, 3 when the time ran out.`;

/** Runs the command that the arguments name. @throws ConfigurationError, a sentence that says what to do */
export async function runCommand(
  [name, ...args]: readonly string[],
  surroundings: Surroundings,
): Promise<CommandResult> {
  if (name === undefined) return result(HELP, 1);
  if (name === '--help' || name === '-h') return result(HELP);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command.run(args, surroundings);
  const known = Object.keys(COMMANDS);
  throw new ConfigurationError(
    `There is no command "${name}"${didYouMean(name, known)}; known are: ${known.join(', ')}.`,
  );
}
