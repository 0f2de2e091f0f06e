import type { Round } from '../../lib/custom-resource/step';
import type { Action } from '../../lib/rollout/action';
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
  'gives-up-at-once': {
    what: 'the entry tells CloudFormation of a failure that the next attempt might not meet',
    around: async (name, operation, _input, call) => {
      if (name !== 'entry' || operation !== 'StartExecution') return call();
      return call().catch((error: Error) => {
        throw Object.assign(new Error(error.message), {
          name: 'Refused',
          $metadata: { httpStatusCode: 400 },
        });
      });
    },
  },
  'follows-what-is-over': {
    what: 'neither entry nor rollout heeds that the deployment is over',
    around: async (_name, operation, _input, call) => {
      const output = await call();
      if (operation === 'DescribeStackEvents') return { StackEvents: [] };
      const { Stacks } = output as { Stacks?: { StackStatus?: string }[] };
      if (operation === 'DescribeStacks' && !Stacks?.[0]?.StackStatus?.endsWith('_IN_PROGRESS'))
        return { Stacks: [{ ...Stacks?.[0], StackStatus: 'UPDATE_IN_PROGRESS' }] };
      return output;
    },
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
          execute: (action, round, clients) => execute(action, seenAs(round), clients),
        },
      ) as never,
  };
}
