import type { LongRunning, Round } from '../custom-resource/step';
import type { Head } from '../ledger/types';
import type { RolloutClients } from './clients';
import { decide } from './decide';
import { execute } from './execute';
import { observe } from './observe';
import { isPinInForce } from './pin';
import { pinned, type RolloutSpec, rolloutSpec } from './properties';

/** What a round is made of. */
export interface RoundParts {
  readonly observe: typeof observe;
  readonly decide: typeof decide;
  readonly execute: typeof execute;
}

const PARTS: RoundParts = { observe, decide, execute };

/** Observes, decides, and carries out one action. */
export function rollout(clients: RolloutClients, parts: RoundParts = PARTS): LongRunning<RolloutSpec> {
  return {
    parse: rolloutSpec,
    step: async (given) => {
      const { round, head } = await withTarget(given, clients);
      const observed = await parts.observe(round, clients, head);
      return parts.execute(parts.decide(round, observed), round, clients);
    },
  };
}

/** The round of a pinned fleet with what it is to run, and the ledger's head where that was read for it. */
async function withTarget(
  round: Round<RolloutSpec>,
  clients: RolloutClients,
): Promise<{ readonly round: Round<RolloutSpec>; readonly head?: Head }> {
  const { pin, groupName, ledgerTable } = round.spec;
  if (!pin || round.requestType === 'Delete') return { round };
  const ledger = clients.ledger(ledgerTable);
  const applied: Round<RolloutSpec> = { ...round, spec: pinned(round.spec, pin) };
  const head = await ledger.head(groupName);
  const { open } = head;
  // The rollout that goes on has decided it already.
  if (open?.stackId === round.stackId && !round.isGoingBack) {
    const isOwn = round.spec.part > 0 || open.requestId === round.requestId;
    const begun = [applied, round].find(({ spec }) => spec.target.version === open.launchTemplateVersion);
    if (isOwn && begun) return { round: begun, head };
  }
  const isInForce = isPinInForce(pin, await ledger.revisions(groupName), round.isGoingBack);
  return { round: isInForce ? applied : round, head };
}
