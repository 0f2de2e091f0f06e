import { type ConsoleClients, codeOf } from './clients';

/** What a machine wrote to its console, as far back as EC2 keeps it. */
export interface Console {
  readonly text: string;
  /** Whether it is the console as it is now, and not as it was some time ago. */
  readonly isLatest: boolean;
}

/** What EC2 says when it can't hand out a console as it is now. */
const ONLY_OLDER: readonly string[] = ['UnsupportedOperation', 'IncorrectInstanceState'];

/**
 * Reads a machine's console: as it is now, where its type is of Nitro; else as it was shortly after the machine
 * started or ended, in which what went wrong since is missing.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
 * @returns undefined when the machine is gone
 */
export async function readConsole(clients: ConsoleClients, instanceId: string): Promise<Console | undefined> {
  try {
    return await readLatest(clients, instanceId);
  } catch (error) {
    // Sick machines are replaced: this one has just gone.
    if (codeOf(error).startsWith('InvalidInstanceID')) return undefined;
    throw error;
  }
}

/** How much of EC2's refusal is told. */
const REFUSAL_CHARACTERS = 200;

/**
 * A machine's console for a function whose permission goes by the group's tag on the machine. What is gone has no
 * tag, so that EC2 refuses to tell of it; a rollout must not fail for that, nor where the permission is missing.
 * @returns instead of a console that EC2 refuses, a line that says so
 */
export async function readFleetConsole(clients: ConsoleClients, instanceId: string): Promise<string> {
  try {
    return (await readConsole(clients, instanceId))?.text ?? '';
  } catch (error) {
    if (codeOf(error) !== 'UnauthorizedOperation') throw error;
    const refusal = error instanceof Error ? error.message.slice(0, REFUSAL_CHARACTERS) : '';
    return `(EC2 does not tell, as of a machine that has just gone: ${refusal})`;
  }
}

async function readLatest(clients: ConsoleClients, instanceId: string): Promise<Console> {
  try {
    return { text: await read(clients, instanceId, true), isLatest: true };
  } catch (error) {
    if (!ONLY_OLDER.includes(codeOf(error))) throw error;
    return { text: await read(clients, instanceId, false), isLatest: false };
  }
}

async function read({ ec2 }: ConsoleClients, InstanceId: string, Latest: boolean): Promise<string> {
  const { Output = '' } = await ec2.getConsoleOutput({ InstanceId, Latest });
  return Buffer.from(Output, 'base64').toString('utf8');
}
