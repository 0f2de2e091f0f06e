import type { Lab } from './lab';

/** What a probe saw: under stable names, so that two runs can be compared. */
export interface Observation {
  /** Compared with what the local AWS does, text by text. */
  readonly facts: Readonly<Record<string, string>>;
  /** Measured values, each with its unit last in its name (`delaySeconds`): compared with `Probe.ranges`. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Why the question stays open, where this account cannot answer it: a role that exists already. */
  readonly unsettled?: string;
}

/**
 * A question about AWS that its documentation leaves open, and the smallest stack that answers it. A probe
 * creates everything in one stack of its own, which anyone who runs it removes.
 */
export interface Probe {
  /** Stable name, by which assumptions and results refer to it. */
  readonly id: string;
  readonly question: string;
  /** What it costs on AWS at most, in US dollars, at list prices of eu-central-1. */
  readonly usd: number;
  /** How long it takes on AWS, at most. */
  readonly minutes: number;
  /** What this project takes for granted of each figure, from the least to the most. */
  readonly ranges?: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** @throws Error when what it needs could not be created; nothing is settled then */
  run(lab: Lab): Promise<Observation>;
}
