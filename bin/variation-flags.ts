import { randomInt } from 'node:crypto';
import type { VariationOptions } from '../local-aws/core/variations';

const MOST = 999_999;

/** Flags of whatever starts a local AWS, for `parseArgs`. */
export const VARIATION_FLAGS = {
  seed: { type: 'string' },
  calm: { type: 'boolean', default: false },
} as const;

export const VARIATION_HELP = `  --seed   what AWS does not promise (how late metrics are, how permissions spread, …) varies by this number,
           1 to ${MOST}; without it by one that is drawn and printed
  --calm   nothing of that varies, and nothing is late`;

/** What the flags ask for. @throws RangeError */
export function variationsOf(values: {
  readonly seed?: string | undefined;
  readonly calm: boolean;
}): VariationOptions {
  if (values.calm) {
    if (values.seed !== undefined)
      throw new RangeError('Give either --seed or --calm: a calm run has no seed.');
    return {};
  }
  if (values.seed === undefined) return { seed: randomInt(1, MOST + 1) };
  const seed = Number(values.seed);
  if (Number.isInteger(seed) && seed >= 1 && seed <= MOST) return { seed };
  throw new RangeError(`--seed must be a whole number from 1 to ${MOST}, but is "${values.seed}".`);
}

/** A line that says how it varies, and how to have it so again. */
export function told({ seed }: VariationOptions): string {
  return seed === undefined
    ? 'The local AWS is calm: what AWS does not promise does not vary.'
    : `What AWS does not promise varies by seed ${seed} (--seed ${seed} repeats it, --calm turns it off).`;
}
