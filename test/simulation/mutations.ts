import type { Outcome, Round } from '../../lib/custom-resource/step';
import type { Action } from '../../lib/rollout/action';
import type { RolloutClients } from '../../lib/rollout/clients';
import { decide } from '../../lib/rollout/decide';
import { execute } from '../../lib/rollout/execute';
import { type Observed, observe } from '../../lib/rollout/observe';
import type { RolloutSpec } from '../../lib/rollout/properties';
import { rollout } from '../../lib/rollout/rollout-step';
import { isActive } from '../../lib/rollout/statuses';
import { type HandlerClients, ledgers, type STEPS } from '../harness/handlers';
import type { Mutation } from './world';

/** Faults that are put into the code, each of which the simulation has to find. */
export const MUTATIONS: Readonly<Record<string, Mutation & { readonly what: string }>> = {
  'forgets-going-back': {
    what: 'a rollout does not heed that its stack goes back',
    steps: rolloutStep({ round: (round) => ({ ...round, isGoingBack: false }) }),
  },
  'compares-numbers': {
    what: 'launch template versions are the same only when their numbers are',
    steps: rolloutStep({ observed: (observed) => ({ ...observed, contents: new Map() }) }),
  },
  'answers-early': {
    what: 'a rollout ends well when half of its machines are replaced',
    steps: rolloutStep({
      action: (action, { spec }, { refreshes }) =>
        action.kind === 'wait' && (refreshes[0]?.percentageComplete ?? 0) >= 50
          ? {
              kind: 'succeed',
              message: 'Half of it is done.',
              data: { LaunchTemplateVersion: spec.target.version, Release: spec.release },
            }
          : action,
    }),
  },
  'leaves-the-refresh-alone': {
    what: 'a rollout that is given up does not end the refresh that goes on',
    steps: rolloutStep({
      action: (action, { spec, isGoingBack }, { refreshes }) =>
        isGoingBack && refreshes.some(({ status }) => isActive(status))
          ? {
              kind: 'succeed',
              message: 'It is given up.',
              data: { LaunchTemplateVersion: spec.target.version, Release: spec.release },
            }
          : action,
    }),
  },
  'never-runs-out-of-time': {
    what: 'a rollout does not heed when its request has to be answered',
    steps: rolloutStep({ round: (round) => ({ ...round, answerBy: round.answerBy + 86_400_000 }) }),
  },
  'closes-on-conflict': {
    what: 'a rollout whose entry in the ledger somebody else changed is closed as failed',
    steps: rolloutStep({
      async outcome(outcome, { spec, now }, { ledger }) {
        if (outcome.kind !== 'wait' || !outcome.message.includes('changed by someone else')) return;
        const { open } = await ledger(spec.ledgerTable).head(spec.groupName);
        if (open)
          await ledger(spec.ledgerTable).close(spec.groupName, open, {
            kind: 'Failed',
            reason: 'Conflict',
            at: now,
          });
      },
    }),
  },
  'writes-without-conditions': {
    what: "the ledger's writes have no conditions",
    around: (_name, operation, input, call) => {
      if (operation === 'TransactWriteItems' || operation === 'UpdateItem') dropConditions(input);
      return call();
    },
  },
  'promises-no-capacity': {
    what: 'a refresh is started with a minimum of no healthy machine',
    around: (_name, operation, input, call) => {
      const { Preferences } = input as { Preferences?: Record<string, unknown> };
      if (operation === 'StartInstanceRefresh')
        Object.assign(Preferences!, { MinHealthyPercentage: 0, MaxHealthyPercentage: 100 });
      return call();
    },
  },
  'keeps-the-rollout-open': {
    what: 'what was given up is not closed in the ledger',
    steps: rolloutStep({
      action: (action, { isGoingBack }) =>
        isGoingBack && action.kind === 'succeed' ? { ...action, entry: undefined } : action,
    }),
  },
  'starts-twice': {
    what: 'executions are not named by their request',
    around: (_name, operation, input, call) => {
      if (operation === 'StartExecution') delete (input as { name?: string }).name;
      return call();
    },
  },
};

interface Changes {
  readonly round?: (round: Round<RolloutSpec>) => Round<RolloutSpec>;
  readonly observed?: (observed: Observed) => Observed;
  readonly action?: (action: Action, round: Round<RolloutSpec>, observed: Observed) => Action;
  readonly outcome?: (outcome: Outcome, round: Round<RolloutSpec>, clients: RolloutClients) => Promise<void>;
}

/** The rollout's step with something changed in between. */
function rolloutStep(changes: Changes): Partial<typeof STEPS> {
  const seenAs = (round: Round<RolloutSpec>) => changes.round?.(round) ?? round;
  return {
    rollout: (handlerClients: HandlerClients) =>
      rollout(
        { ...handlerClients, ledger: ledgers(handlerClients) },
        {
          async observe(round, clients, head) {
            const observed = await observe(seenAs(round), clients, head);
            return changes.observed?.(observed) ?? observed;
          },
          decide(round, observed) {
            const action = decide(seenAs(round), observed);
            return changes.action?.(action, seenAs(round), observed) ?? action;
          },
          async execute(action, round, clients) {
            const outcome = await execute(action, seenAs(round), clients);
            await changes.outcome?.(outcome, seenAs(round), clients);
            return outcome;
          },
        },
      ) as never,
  };
}

/** Names and values that only the condition has used are not to be there without it. */
function dropConditions(input: object): void {
  const write = input as {
    ConditionExpression?: string;
    UpdateExpression?: string;
    TransactItems?: Record<string, object>[];
    ExpressionAttributeNames?: Record<string, unknown>;
    ExpressionAttributeValues?: Record<string, unknown>;
  };
  delete write.ConditionExpression;
  const words = new Set(write.UpdateExpression?.match(/[#:]\w+/g));
  for (const kind of ['ExpressionAttributeNames', 'ExpressionAttributeValues'] as const) {
    const used = Object.entries(write[kind] ?? {}).filter(([name]) => words.has(name));
    if (used.length > 0) write[kind] = Object.fromEntries(used);
    else delete write[kind];
  }
  for (const item of write.TransactItems ?? []) for (const each of Object.values(item)) dropConditions(each);
}
