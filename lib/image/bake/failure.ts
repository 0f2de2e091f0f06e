/** Why an image build failed, as the project tells it: the failed step, and the first failure in the build's log. */
import { failedStep, failedWorkflow } from './build-status';
import type { BakeClients } from './clients';
import { firstFailure } from './first-failure';
import type { BakedImageSpec } from './properties';

/** AWS gives up to 10,000 lines or 1 MB a page: a log that is longer than these is read no further. */
const MAX_LOG_PAGES = 10;

/** The failing step, and the first failure in the log. What could not be read is said. */
export async function readFailure(
  buildArn: string,
  spec: Pick<BakedImageSpec, 'recipeName'>,
  clients: BakeClients,
): Promise<string> {
  const parts = await Promise.all([
    readFailedStep(buildArn, clients).catch((error) => `Its steps could not be read: ${messageOf(error)}.`),
    readLog(buildArn, spec.recipeName, clients),
  ]);
  return parts.filter(Boolean).join(' ');
}

async function readFailedStep(buildArn: string, clients: BakeClients): Promise<string> {
  const { workflowExecutions = [] } = await clients.imageBuilder.listWorkflowExecutions({
    imageBuildVersionArn: buildArn,
  });
  const workflow = failedWorkflow(workflowExecutions);
  if (!workflow) return '';
  const { steps = [] } = await clients.imageBuilder.listWorkflowStepExecutions({
    workflowExecutionId: workflow.workflowExecutionId,
  });
  const step = failedStep(steps);
  if (!step) return workflow.message ?? '';
  const what = step.status === 'CANCELLED' ? 'was cancelled' : 'failed';
  return `Step ${step.name} ${what}${step.message ? `: ${step.message}` : '.'}`;
}

/**
 * Image Builder logs to `/aws/imagebuilder/RECIPE`, in a stream `VERSION/BUILD`. The group has the recipe's name as
 * it was written; the ARN has it in lower case, so the one can't be taken from the other.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/monitor-cwlogs.html
 */
async function readLog(buildArn: string, recipeName: string, clients: BakeClients): Promise<string> {
  const [, version, build] = buildArn.split(':image/')[1]?.split('/') ?? [];
  const place = { logGroupName: `/aws/imagebuilder/${recipeName}`, logStreamName: `${version}/${build}` };
  const called = `${place.logGroupName}, stream ${place.logStreamName}`;
  const lines: string[] = [];
  let nextToken: string | undefined;
  try {
    for (let page = 0; page < MAX_LOG_PAGES; page++) {
      const { events = [], nextForwardToken } = await clients.logs.getLogEvents({
        ...place,
        nextToken,
        startFromHead: true,
      });
      lines.push(...events.map(({ message }) => (message ?? '').trimEnd()));
      // The same token comes back at the end of the stream.
      if (nextForwardToken === nextToken || nextForwardToken === undefined) break;
      nextToken = nextForwardToken;
    }
  } catch (error) {
    return `Its log (${called}) could not be read: ${messageOf(error)}.`;
  }
  if (lines.length === 0) return `Its log (${called}) is empty.`;
  const { lines: quoted, isFailure } = firstFailure(lines);
  const found = isFailure ? 'The first failure in its log' : 'Its log names no failure; it ends';
  return `${found} (${called}):\n${quoted.join('\n')}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message}`.replace(/\.$/, '');
}
