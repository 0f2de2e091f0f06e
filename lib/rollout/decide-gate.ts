import type { Round } from '../custom-resource/step';
import type { OpenRollout } from '../ledger/types';
import type { Action } from './action';
import { minutes } from './endings';
import type { Gate } from './gates';
import type { Observed } from './observe';
import type { RolloutSpec } from './properties';

/**
 * Stands at a gate until it is passed, by an operator or by its checks.
 * @param reached the gate that has been reached
 * @returns undefined when it is passed, or when there is none
 */
export function standAtGate(
  reached: Gate | undefined,
  round: Round<RolloutSpec>,
  observed: Observed,
  open: OpenRollout,
): Action | undefined {
  const { holding, passed, revision } = open;
  if (!holding) {
    if (!reached) return undefined;
    const message = `Standing at the gate at ${reached.percentage}%.`;
    return {
      kind: 'amend',
      open,
      change: { holding: { at: reached.percentage, since: round.now } },
      message,
      event: { kind: 'Holding', by: 'rollout', message, revision },
    };
  }
  if (passed >= holding.at) return undefined;
  const gate = round.spec.gates.find(({ percentage }) => percentage === holding.at);
  if (gate?.minutes === undefined) {
    return {
      kind: 'wait',
      seconds: 30,
      message: `Standing at the gate at ${holding.at}% until "rollout promote" passes it.`,
    };
  }
  return decideChecks(gate.minutes, round, observed, { ...open, holding });
}

function decideChecks(
  forMinutes: number,
  { now }: Round<RolloutSpec>,
  { check }: Observed,
  open: OpenRollout & Required<Pick<OpenRollout, 'holding'>>,
): Action {
  const { holding, revision } = open;
  const { heldSince, ...bare } = holding;
  if (!check?.holds) {
    const message = `The gate at ${holding.at}% stays shut: ${check?.reason ?? 'its checks were not read'}.`;
    if (heldSince === undefined) return { kind: 'wait', seconds: 30, message };
    return { kind: 'amend', open, change: { holding: bare }, message };
  }
  if (heldSince === undefined) {
    const message = `The checks of the gate at ${holding.at}% hold.`;
    return { kind: 'amend', open, change: { holding: { ...bare, heldSince: now } }, message };
  }
  const left = heldSince + forMinutes * 60_000 - now;
  if (left > 0) {
    return {
      kind: 'wait',
      seconds: Math.min(30, Math.ceil(left / 1000)),
      message: `The checks of the gate at ${holding.at}% have to hold for ${minutes(left)} more.`,
    };
  }
  const message = `The checks of the gate at ${holding.at}% have held for ${forMinutes} minutes.`;
  return {
    kind: 'amend',
    open,
    change: { passed: holding.at },
    message,
    event: { kind: 'Promoted', by: 'rollout', message, revision },
  };
}
