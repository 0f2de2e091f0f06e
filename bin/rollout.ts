import { writeFileSync } from 'node:fs';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { forecastCommand } from '../lib/cli/forecast';
import { ConfigurationError, didYouMean } from '../lib/configuration-error';
import { readJsonObject } from '../lib/release/json-file';

const HELP = `rollout COMMAND [flags]

  forecast   what a rollout will do, before it starts

rollout COMMAND --help tells a command's flags.`;

const COMMANDS = { forecast: forecastCommand };

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h') {
    console.log(HELP);
    if (name === undefined) process.exitCode = 1;
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name as keyof typeof COMMANDS] : undefined;
  if (!command) {
    const known = Object.keys(COMMANDS);
    throw new ConfigurationError(
      `There is no command "${name}"${didYouMean(name, known)}; known are: ${known.join(', ')}.`,
    );
  }
  const { output, files, exitCode } = await command(args, {
    terminal: {
      columns: process.stdout.columns ?? (Number(process.env.COLUMNS) || 80),
      colours: process.stdout.isTTY === true && !process.env.NO_COLOR,
    },
    readJsonObject,
    connect: async (account) => ({
      clients: { autoScaling: new AutoScaling(account), cloudFormation: new CloudFormation(account) },
    }),
  });
  process.exitCode = exitCode;
  for (const { path, content } of files) write(path, content);
  console.log(output);
}

function write(path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new ConfigurationError(`${path} can't be written: ${(error as Error).message}.`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
