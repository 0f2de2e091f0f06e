import { group, launchTemplate, NETWORK } from './parts';
import type { Probe } from './probe';

/** Whether a refresh that has replaced everything, and waits for its bake time, can still be rolled back. */
export const rollbackWhileBaking: Probe = {
  id: 'rollback-while-baking',
  question:
    'Can an instance refresh be rolled back during its bake time, and is the old version saved until then?',
  usd: 0.02,
  minutes: 25,
  async run(lab) {
    const { autoScaling, ec2 } = lab.clients;
    const { outputs } = await lab.create(
      {
        ...NETWORK,
        ...launchTemplate(),
        ...group(1, { LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' }, Version: '1' } }),
      },
      { Group: { Ref: 'Group' }, Template: { Ref: 'Template' } },
    );
    const AutoScalingGroupName = outputs.Group!;
    await ec2.createLaunchTemplateVersion({
      LaunchTemplateId: outputs.Template,
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 't3.micro' },
    });
    await autoScaling.startInstanceRefresh({
      AutoScalingGroupName,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: outputs.Template, Version: '2' } },
      Preferences: {
        AutoRollback: true,
        BakeTime: 900,
        InstanceWarmup: 0,
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: 200,
      },
    });
    lab.say('a refresh of one machine with a bake time');
    const refresh = async () =>
      (await autoScaling.describeInstanceRefreshes({ AutoScalingGroupName })).InstanceRefreshes![0]!;
    const baking = await lab.until(
      refresh,
      ({ Status }) => Status !== 'Pending' && Status !== 'InProgress',
      1_200,
    );
    const { AutoScalingGroups } = await autoScaling.describeAutoScalingGroups({
      AutoScalingGroupNames: [AutoScalingGroupName],
    });
    const rollback = await lab.outcome(() => autoScaling.rollbackInstanceRefresh({ AutoScalingGroupName }));
    const ended = await lab.until(
      refresh,
      ({ Status }) => !['Baking', 'RollbackInProgress', 'Cancelling'].includes(Status!),
      1_200,
    );
    return {
      facts: {
        afterTheLastReplacement: baking.Status!,
        savedVersion: AutoScalingGroups?.[0]?.LaunchTemplate?.Version ?? 'none',
        rollback,
        endsAs: ended.Status!,
      },
    };
  },
};
