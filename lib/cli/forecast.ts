import { ConfigurationError } from '../configuration-error';
import { type DeployedClients, deployedSettings } from '../forecast/deployed';
import { type Flags, readFlags } from '../forecast/flags';
import type { Known } from '../forecast/known';
import { type Measured, measuredOf } from '../forecast/measured';
import { report } from '../forecast/report';
import { planVariants } from '../forecast/settings';
import { FleetTemplate } from '../forecast/stack-settings';
import { svg } from '../forecast/svg';
import { foresee } from '../forecast/variant-forecast';
import { type Account, type CommandResult, result, type Surroundings } from './command';

/** An account is needed for a deployed stack alone. */
type Around = Pick<Surroundings, 'terminal' | 'readJsonObject' | 'exists'> & {
  readonly connect: (account: Account) => Promise<{ readonly clients: DeployedClients }>;
};

/** Where `npm run rehearse:machines` leaves what it has measured. */
const MEASURED = 'out/machines.json';

export const FORECAST_HELP = `rollout forecast [flags]

Says what a rollout will do before it starts: how long it takes, how low capacity falls, what it costs.
It changes nothing, and asks no account but with --deployed.

The fleet
  --capacity N            machines in the group (default 2)
  --already-new N         of them with the new release already (default 0)
  --min N                 least healthy percentage (default 100)
  --max N|none            largest healthy percentage (default 150, at most 100 above the least); none leaves
                          it out, which AWS does not take for 100; a number needs --min beside it
  --warmup TIME           from in service until a machine counts (default 60)
  --boot TIME             from launch until in service (default 40 image-based, 110 instance-based, or by
                          what was measured)
  --healthy TIME          from in service until it passes its health checks (default 0)
  --bake TIME             to bake the image (default 22m, or by what was measured; 0 when it is there already)
  --variant NAME          image-based (default) or instance-based
  --compare               both; --boot then takes two times, as in 40,110
  --stack NAME            takes the fleet from cdk.out/NAME.template.json
  --deployed              takes it from the deployed stack, and times from its group's past
  --measured FILE|none    takes boot and bake by what "npm run rehearse:machines" measured (default
                          ${MEASURED} where it is there); none leaves them modelled
  --region, --profile     where the stack is deployed; else as all of AWS's tools find it

Waits and limits
  --checkpoints N,N,…     shares of new machines at which to wait
  --checkpoint-delay TIME how long to wait there (AWS's default is 1h)
  --bake-time TIME        AWS's wait after the last machine (default 0)
  --timeout TIME          after so long the rollout turns back (default: as long as it takes)
  --progress-deadline TIME|none  and without a newly healthy machine for so long (default 15m)

What is asked
  --deadline TIME         chooses --min and --max so that bake and rollout end by then, at the lowest surge
                          cost; with --checkpoints the delay, too
  --lowest-capacity N%    and so that such a share of the machines always serves
  --fail-at N%            new machines from that share on are sick: when it turns back, and how long that takes
  --fail-as NAME          they are unhealthy (default), which the alarm sees, or silent: they never answer
  --price-per-hour P      of one machine, for what the extra machines cost
  --json                  prints the forecast as JSON
  --svg FILE              draws the timeline into a file

A TIME is in seconds, or with a unit: 40, 40s, 22m, 1h, 2d; --timeout and --progress-deadline are whole minutes.`;

/**
 * `rollout forecast`.
 * @throws ConfigurationError, a sentence that names the flag
 */
export async function forecastCommand(args: readonly string[], surroundings: Around): Promise<CommandResult> {
  const flags = readFlags(args);
  if (flags.help) return result(FORECAST_HELP);
  const known = await readKnown(flags, surroundings);
  const measured = readMeasured(flags, surroundings);
  const forecasts = planVariants(flags, known, measured).map((planned) => foresee(planned, flags));
  const output = flags.json
    ? JSON.stringify(flags.compare ? forecasts : forecasts[0], null, 2)
    : report(forecasts, surroundings.terminal);
  return {
    ...result(output, forecasts.every(({ choice }) => choice?.isMet ?? true) ? 0 : 1),
    files: flags.svg === undefined ? [] : [{ path: flags.svg, content: svg(forecasts) }],
  };
}

async function readKnown(flags: Flags, { connect, readJsonObject }: Around): Promise<Known | undefined> {
  const { stack, deployed, region, profile } = flags;
  if (!deployed && (region ?? profile) !== undefined) {
    throw new ConfigurationError(
      `--${region ? 'region' : 'profile'} is for a deployed stack: give --deployed, too.`,
    );
  }
  if (stack === undefined) {
    if (deployed)
      throw new ConfigurationError('--deployed needs --stack beside it, the name of a deployed stack.');
    return undefined;
  }
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(stack)) {
    throw new ConfigurationError(
      `--stack is ${JSON.stringify(stack)}; expected is a stack's name, such as ImageBased.`,
    );
  }
  if (deployed) {
    const { clients } = await connect({ region, profile });
    return deployedSettings(stack, clients);
  }
  const file = `cdk.out/${stack}.template.json`;
  try {
    return new FleetTemplate(file, readJsonObject(file)).settings(`stack ${stack}`);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`--stack ${stack}: ${error.message} "npx cdk synth -q" writes it.`);
  }
}

function readMeasured(
  { measured: given }: Flags,
  { exists, readJsonObject }: Pick<Around, 'exists' | 'readJsonObject'>,
): Measured | undefined {
  if (given === 'none' || (given === undefined && !exists(MEASURED))) return undefined;
  const file = given ?? MEASURED;
  try {
    return measuredOf(file, readJsonObject(file));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const flag = given === undefined ? '' : `--measured ${given}: `;
    throw new ConfigurationError(
      `${flag}${error.message} "npm run rehearse:machines" writes ${MEASURED} anew; --measured none goes without.`,
    );
  }
}
