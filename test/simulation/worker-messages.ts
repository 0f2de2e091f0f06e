import type { Blueprint, Source } from './blueprints';

/** A portion of seeds for a worker process. */
export interface Portion {
  readonly from: number;
  /** The first one that is not in it. */
  readonly to: number;
  readonly isTraced: boolean;
  readonly isCalm: boolean;
  readonly mutation?: string;
}

/** Synthesized stacks, by what they were asked for; the CDK stays in the parent process. */
export type Synthesized = Readonly<Record<string, Blueprint>>;

/** What a stack was synthesized for. */
export function keyOf(...kind: Parameters<Source>): string {
  return kind.join(' ');
}
