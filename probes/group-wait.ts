import { group, launchTemplate, NETWORK } from './parts';
import type { Probe } from './probe';

const LIMIT_MINUTES = 7 * 60;

/** How long CloudFormation waits for a new group whose only machine never comes into service. */
export const groupWait: Probe = {
  id: 'group-wait',
  question: 'How long is the creation of a group waited for whose machine never comes into service?',
  usd: 0.06,
  minutes: LIMIT_MINUTES + 10,
  ranges: { waitMinutes: [0, 361] },
  async run(lab) {
    const began = lab.time.now();
    await lab.begin(
      {
        ...NETWORK,
        ...launchTemplate(),
        ...group(1, {
          LifecycleHookSpecificationList: [
            {
              LifecycleHookName: 'never',
              LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
              // The longest that a hook can hold a machine.
              HeartbeatTimeout: 7_200,
              DefaultResult: 'ABANDON',
            },
          ],
        }),
      },
      { Group: { Ref: 'Group' } },
    );
    lab.say('a group whose machine is held in Pending:Wait; this takes hours');
    const stack = await lab.until(
      async () => (await lab.stack())!,
      ({ StackStatus }) => StackStatus !== 'CREATE_IN_PROGRESS',
      LIMIT_MINUTES * 60,
      30,
    );
    const waitMinutes = Math.round(lab.secondsSince(began) / 60);
    await lab.ended();
    return {
      facts: { endsAs: stack.StackStatus!.startsWith('ROLLBACK') ? 'failed' : stack.StackStatus! },
      figures: { waitMinutes },
    };
  },
};
