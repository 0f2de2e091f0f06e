import { group, launchTemplate, NETWORK } from './parts';
import type { Probe } from './probe';

/** What EC2 answers when the newest console of a machine is asked for whose type is not a Nitro one. */
export const consoleOfOldType: Probe = {
  id: 'console-of-old-type',
  question: 'Which error does GetConsoleOutput with Latest give for a type that is not built on Nitro?',
  usd: 0.02,
  minutes: 10,
  async run(lab) {
    const { outputs } = await lab.create(
      { ...NETWORK, ...launchTemplate({ InstanceType: 't2.micro' }), ...group(1) },
      { Group: { Ref: 'Group' } },
    );
    const { AutoScalingGroups } = await lab.clients.autoScaling.describeAutoScalingGroups({
      AutoScalingGroupNames: [outputs.Group!],
    });
    const InstanceId = AutoScalingGroups?.[0]?.Instances?.[0]?.InstanceId;
    const { ec2 } = lab.clients;
    return {
      facts: {
        latest: await lab.outcome(() => ec2.getConsoleOutput({ InstanceId, Latest: true })),
        kept: await lab.outcome(() => ec2.getConsoleOutput({ InstanceId })),
      },
    };
  },
};
