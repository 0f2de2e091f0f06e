import { Blueprints } from './blueprints';
import { MUTATIONS } from './mutations';
import { simulate } from './simulation';
import type { SeedReport } from './summary';
import { keyOf, type Portion, type Synthesized } from './worker-messages';

let blueprints: Blueprints;

process.on('message', async (message: Synthesized | Portion) => {
  if (!('from' in message)) {
    blueprints = new Blueprints((...kind) => (message as Synthesized)[keyOf(...kind)]!);
    return;
  }
  const { from, to, isTraced, isCalm, mutation } = message as Portion;
  for (let seed = from; seed < to; seed++) {
    const before = process.cpuUsage();
    const result = await simulate(seed, blueprints, {
      isCalm,
      mutation: mutation === undefined ? undefined : MUTATIONS[mutation],
    });
    const { violations, endings, elapsedMs } = result;
    const hasTrace = isTraced || (violations.length > 0 && mutation === undefined);
    const { user, system } = process.cpuUsage(before);
    const report: SeedReport = {
      seed,
      violations,
      endings,
      elapsedMs,
      processorMs: (user + system) / 1000,
      struck: [...result.struck],
      ...(hasTrace ? { trace: result.trace() } : {}),
    };
    process.send!(report);
  }
  process.send!('done');
});
