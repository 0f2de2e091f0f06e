import type { Terminal } from '../forecast/chart';
import type { Ledger } from '../ledger/ledger';
import type { OperatorClients } from './clients';

/**
 * What the process ends with: 0 healthy or done; 1 used wrongly, or a service refused; 2 degraded; 3 still
 * going when the time that it was given ran out.
 */
export type ExitCode = 0 | 1 | 2 | 3;

/** What a command found; the entry point prints and writes it. */
export interface CommandResult {
  readonly output: string;
  readonly exitCode: ExitCode;
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

export function result(output: string, exitCode: ExitCode = 0): CommandResult {
  return { output, exitCode, files: [] };
}

/** What the command line has around it. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** @throws ConfigurationError when the file can't be read */
  readonly readJsonObject: (file: string) => Readonly<Record<string, unknown>>;
  readonly exists: (file: string) => boolean;
  /** @throws the SDK's error without a region, or with an unknown profile */
  readonly connect: (account: Account) => Promise<Session>;
  /** The operator's own time: waits, and what is left of `--timeout`. */
  readonly clock: Clock;
  /** Shows how things stand while a command waits for people; a record has no such scenes. */
  readonly show: (scene: Scene) => void;
}

/** How things stand: a whole picture for a terminal, which replaces the one before; a line where there is none. */
export interface Scene {
  readonly picture: string;
  /** Absent when nothing has changed but the time. */
  readonly line?: string;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(seconds: number): Promise<void>;
}

/** Which account and region are meant; what is left out is found as all of AWS's tools find it. */
export interface Account {
  readonly region?: string;
  readonly profile?: string;
}

/** The services of an account and region. */
export interface Session {
  readonly region: string;
  readonly clients: OperatorClients;
  /** The ledger in a table. */
  readonly ledger: (table: string) => Ledger;
  /** Time as the services have it, in milliseconds since the epoch: an operator's clock may be wrong. */
  now(): number;
}

/** A command of the command line. @throws ConfigurationError, a sentence that says what to do */
export type Command = (
  args: readonly string[],
  surroundings: Surroundings,
) => CommandResult | Promise<CommandResult>;
