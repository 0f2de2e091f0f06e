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
}

/** AWS publishes no delay; operators report one to three minutes. */
const METRICS_DELAY_SECONDS = { least: 60, most: 180 } as const;

export function variationsOf({ seed, metricsDelaySeconds }: VariationOptions = {}): Variations {
  const metrics = streamOf(seed, 'metrics');
  const { least, most } = METRICS_DELAY_SECONDS;
  return {
    metricsDelayMs: () => (metricsDelaySeconds ?? metrics?.whole(least, most) ?? 0) * 1000,
  };
}

/** Chance of its own for each part, so that what one draws changes no other. @returns undefined when calm */
function streamOf(seed: number | undefined, part: string): Random | undefined {
  if (seed === undefined) return undefined;
  return new Random(createHash('sha256').update(`${part} ${seed}`).digest().readUInt32BE());
}
