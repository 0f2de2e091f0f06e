import { ConfigurationError } from '../configuration-error';
import { readParts } from './fleet-view';
import { endingOf, follow, resultOf, TIMEOUT_HELP } from './follow';
import { COMMON_HELP, onFleet, readHead } from './on-fleet';
import { readStatus } from './read-status';
import { statusView } from './status-view';

const HELP = `rollout status STACK [flags]

Says how the fleet is: phase and message, machines by revision, progress, time passed and left, and what
holds it up. Ends with 0, or with 2 when the fleet is degraded.

  --watch          goes on until the rollout and the deployment have ended; then 2 also when the rollout was
                   rolled back or failed, and 3 when the time ran out
${TIMEOUT_HELP}
${COMMON_HELP}`;

/** `rollout status` */
export const statusCommand = onFleet({
  name: 'status',
  help: HELP,
  flags: { watch: 'switch', timeout: 'value' },
  async run(context) {
    const { flags, surroundings } = context;
    if (flags.timeout !== undefined && !flags.watch)
      throw new ConfigurationError('--timeout needs --watch beside it: without it nothing is waited for.');
    const parts = await readParts(context);
    if (flags.watch) {
      const before = await readHead(context);
      return resultOf(context, await endingOf(context, before, await follow(context, parts)));
    }
    const report = await readStatus(context, parts);
    return context.result(
      statusView(report, surroundings.terminal),
      report,
      report.phase === 'Degraded' ? 2 : 0,
    );
  },
});
