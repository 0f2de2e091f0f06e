import type { LongRunning } from '../custom-resource/step';
import type { RolloutClients } from './clients';
import { decide } from './decide';
import { execute } from './execute';
import { observe } from './observe';
import { type RolloutSpec, rolloutSpec } from './properties';

/** Observes, decides, and carries out one action. */
export function rollout(clients: RolloutClients): LongRunning<RolloutSpec> {
  return {
    parse: rolloutSpec,
    step: async (round) => execute(decide(round, await observe(round, clients)), round, clients),
  };
}
