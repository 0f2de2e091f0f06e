import { createHash } from 'node:crypto';
import { Random } from './random';

/** How a local AWS varies. What is fixed here does not depend on the seed. */
export interface VariationOptions {
  /** The same seed gives the same variations. @default calm: nothing varies, and nothing is late */
  readonly seed?: number;
  /** How long after its minute each metric of a load balancer arrives. @default by the seed; 0 when calm */
  readonly metricsDelaySeconds?: number;
}

/** What AWS does not promise, and the local AWS therefore varies: each part is asked whenever it matters. */
export interface Variations {
  /** How long after its minute's end one metric of a load balancer arrives. */
  metricsDelayMs(): number;
  /** How long after a change one service still goes by a role's permissions from before it. */
  permissionsDelayMs(): number;
  /** How long after its launch a machine's metadata has none of its tags. */
  tagsDelayMs(): number;
  /** How long EC2's describe calls do not tell of something that was made or tagged. */
  describeDelayMs(): number;
  /** How long after its cancellation a build goes on. */
  cancellationDelayMs(): number;
  /** Whether a workflow of Image Builder that fails is rolled back, and stands so in the end. */
  isFailedWorkflowRolledBack(): boolean;
}

/** AWS publishes no delay; operators report one to three minutes. */
const METRICS_DELAY_SECONDS = { least: 60, most: 180 } as const;

/**
 * "Within seconds", as a rule, and operators report up to a minute: https://github.com/DataDog/stratus-red-team/issues/358, https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * Longer than CloudFormation takes from a role to the function that has it.
 */
export const MOST_PERMISSIONS_DELAY_SECONDS = 60;

/** Longer than a machine takes from its launch to its service. */
const MOST_TAGS_DELAY_SECONDS = 60;

/** "Cancellation is asynchronous": https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CancelImageCreation.html */
const MOST_CANCELLATION_SECONDS = 60;

/** https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
const MOST_DESCRIBE_DELAY_SECONDS = 10;

/** What varies with a seed. Half of all that may be late is not. */
export function variationsOf({ seed, metricsDelaySeconds }: VariationOptions = {}): Variations {
  const metrics = streamOf(seed, 'metrics');
  const { least, most } = METRICS_DELAY_SECONDS;
  const late = (part: string, mostSeconds: number) => {
    const random = streamOf(seed, part);
    return () => (random?.chance(0.5) ? random.whole(1, mostSeconds) * 1000 : 0);
  };
  const builds = streamOf(seed, 'builds');
  return {
    metricsDelayMs: () => (metricsDelaySeconds ?? metrics?.whole(least, most) ?? 0) * 1000,
    permissionsDelayMs: late('permissions', MOST_PERMISSIONS_DELAY_SECONDS),
    tagsDelayMs: late('tags', MOST_TAGS_DELAY_SECONDS),
    describeDelayMs: late('describe', MOST_DESCRIBE_DELAY_SECONDS),
    cancellationDelayMs: late('cancellations', MOST_CANCELLATION_SECONDS),
    isFailedWorkflowRolledBack: () => builds?.chance(0.5) ?? false,
  };
}

/** Chance of its own for each part, so that what one draws changes no other. @returns undefined when calm */
function streamOf(seed: number | undefined, part: string): Random | undefined {
  if (seed === undefined) return undefined;
  return new Random(createHash('sha256').update(`${part} ${seed}`).digest().readUInt32BE());
}
