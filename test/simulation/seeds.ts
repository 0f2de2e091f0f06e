import { Blueprints } from './blueprints';
import { type Result, simulate } from './simulation';
import { synthesize } from './synthesis';

/** Runs a range of seeds, and says of those that fail what failed and how to see it. */
export async function failuresOf(from: number, to: number): Promise<string[]> {
  const blueprints = new Blueprints(synthesize);
  const failures: string[] = [];
  for (let seed = from; seed <= to; seed++) {
    const result = await simulate(seed, blueprints);
    if (result.violations.length > 0) failures.push(told(result));
  }
  return failures;
}

function told({ seed, violations, trace }: Result): string {
  return `Seed ${seed} (npm run simulate -- --seeds 1 --from ${seed} --trace):\n${violations.join('\n')}\n${trace()}`;
}
