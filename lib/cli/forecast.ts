import { ConfigurationError } from '../configuration-error';
import { readFlags } from '../forecast/flags';
import { foresee, report } from '../forecast/report';
import { planVariants } from '../forecast/settings';
import { stackSettings } from '../forecast/stack-settings';
import { svg } from '../forecast/svg';
import { type CommandResult, result, type Surroundings } from './command';

/** Of its surroundings a forecast needs no account. */
type Around = Pick<Surroundings, 'terminal' | 'readJsonObject'>;

export const FORECAST_HELP = `rollout forecast [flags]

Says what a rollout will do before it starts: how long it takes, how low capacity falls, what it costs.
It asks no account and changes nothing.

  --capacity N            machines in the group (default 2)
  --min N                 least healthy percentage (default 100)
  --max N|none            largest healthy percentage (default 150, at most 100 above the least); none leaves
                          it out, which AWS does not take for 100; a number needs --min beside it
  --warmup TIME           from in service until a machine counts (default 60)
  --boot TIME             from launch until in service (default 40 image-based, 110 instance-based)
  --bake TIME             to bake the image (default 22m; 0 when it is there already)
  --checkpoints N,N,…     shares of new machines at which to wait
  --checkpoint-delay TIME how long to wait there (AWS's default is 1h)
  --price-per-hour P      of one machine, for what the extra machines cost
  --fail-at N%            new machines from that share on are sick: when it turns back, and how long that takes
  --variant NAME          image-based (default) or instance-based
  --compare               both; --boot then takes two times, as in 40,110
  --stack NAME            takes capacity, percentages and warmup from cdk.out/NAME.template.json
  --json                  prints the forecast as JSON
  --svg FILE              draws the timeline into a file

A TIME is in seconds, or with a unit: 40, 40s, 22m, 1h, 2d.`;

/**
 * `rollout forecast`.
 * @throws ConfigurationError, a sentence that names the flag
 */
export function forecastCommand(args: readonly string[], surroundings: Around): CommandResult {
  const flags = readFlags(args);
  if (flags.help) return result(FORECAST_HELP);
  const stack = flags.stack === undefined ? undefined : readStack(flags.stack, surroundings);
  const forecasts = planVariants(flags, stack).map(foresee);
  const output = flags.json
    ? JSON.stringify(flags.compare ? forecasts : forecasts[0], null, 2)
    : report(forecasts, surroundings.terminal);
  return {
    ...result(output),
    files: flags.svg === undefined ? [] : [{ path: flags.svg, content: svg(forecasts) }],
  };
}

function readStack(name: string, { readJsonObject }: Around) {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) {
    throw new ConfigurationError(
      `--stack is ${JSON.stringify(name)}; expected is a stack's name, such as ImageBased.`,
    );
  }
  const file = `cdk.out/${name}.template.json`;
  try {
    return stackSettings(file, readJsonObject(file));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`--stack ${name}: ${error.message} "npx cdk synth -q" writes it.`);
  }
}
