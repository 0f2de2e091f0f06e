import { ConfigurationError, quoted } from '../configuration-error';
import type { Ledger } from '../ledger/ledger';
import type { Head } from '../ledger/types';
import { codeOf } from '../rollout/clients';
import type { OperatorClients } from './clients';
import { type Command, type CommandResult, type ExitCode, result, type Surroundings } from './command';
import { type DeployedFleet, findFleet } from './find-fleet';
import { type FlagKinds, type Flags, parseFlags } from './flags';

/** What a command on a fleet has to work with. */
export interface FleetContext<Kinds extends FlagKinds = FlagKinds> {
  readonly flags: Flags<Kinds>;
  readonly fleet: DeployedFleet;
  readonly ledger: Ledger;
  readonly clients: OperatorClients;
  readonly region: string;
  readonly surroundings: Surroundings;
  /** Whether to answer in JSON. */
  readonly json: boolean;
  /** Time as the services have it, in milliseconds since the epoch. */
  now(): number;
  /** The text, or with `--json` the record. */
  result(text: string, record: object, exitCode?: ExitCode): CommandResult;
}

export interface FleetCommand<Kinds extends FlagKinds> {
  readonly name: string;
  readonly help: string;
  readonly flags: Kinds;
  run(context: FleetContext<Kinds & typeof COMMON>): Promise<CommandResult>;
}

const COMMON = { json: 'switch', region: 'value', profile: 'value' } as const;

/** The flags of every command on a fleet, for its help. */
export const COMMON_HELP = `  --json           prints a record instead of a text
  --region NAME    AWS region (default: that of the environment or profile)
  --profile NAME   profile of the AWS configuration files`;

/** A command that works on a stack's fleet: `rollout NAME STACK [flags]`. */
export function onFleet<Kinds extends FlagKinds>(command: FleetCommand<Kinds>): Command {
  return async (args, surroundings) => {
    const { flags, positionals } = parseFlags(args, { ...command.flags, ...COMMON });
    if (flags.help) return result(command.help);
    const stackName = onlyStack(command.name, positionals);
    const session = await surroundings.connect({ region: flags.region, profile: flags.profile });
    const { clients, region } = session;
    const fleet = await findFleet(clients, stackName, region);
    const json = flags.json !== undefined;
    return command.run({
      flags,
      fleet,
      ledger: session.ledger(fleet.ledgerTable),
      clients,
      region,
      surroundings,
      json,
      now: () => session.now(),
      result: (text, record, exitCode = 0) => result(json ? JSON.stringify(record, null, 2) : text, exitCode),
    });
  };
}

/** The fleet's state in the ledger. @throws ConfigurationError when there is no such table */
export async function readHead({ ledger, fleet }: FleetContext): Promise<Head> {
  try {
    return await ledger.head(fleet.groupName);
  } catch (error) {
    if (codeOf(error) !== 'ResourceNotFound') throw error;
    throw new ConfigurationError(
      `The ledger's table ${quoted(fleet.ledgerTable)}, which the stack ${quoted(fleet.stackName)} names, does not exist: deploy the ledger's stack, or restore the table.`,
    );
  }
}

/** Who asks: the caller's ARN. */
export async function readCaller({ clients }: FleetContext): Promise<string> {
  const { Arn } = await clients.identity.getCallerIdentity({});
  if (!Arn) throw new Error('STS did not say who calls.');
  return Arn;
}

function onlyStack(command: string, positionals: readonly string[]): string {
  const [stackName, second] = positionals;
  if (stackName === undefined || stackName === '')
    throw new ConfigurationError(
      `rollout ${command} needs the name of a stack, as in "rollout ${command} ImageBased".`,
    );
  if (second !== undefined)
    throw new ConfigurationError(
      `rollout ${command} takes one stack; found ${quoted(stackName)} and ${quoted(second)}.`,
    );
  return stackName;
}
