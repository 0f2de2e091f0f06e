import { group, launchTemplate, NETWORK } from './parts';
import type { Probe } from './probe';

/** Whether a template that changes a group's size alone writes its launch template version, too. */
export const groupSizeChange: Probe = {
  id: 'group-size-change',
  question: "Does a change of a group's size write the template's launch template version again?",
  usd: 0,
  minutes: 5,
  async run(lab) {
    const { autoScaling, ec2 } = lab.clients;
    const outputs = { Group: { Ref: 'Group' }, Template: { Ref: 'Template' } };
    const resources = (most: number) => ({
      ...NETWORK,
      ...launchTemplate(),
      ...group(0, {
        MaxSize: String(most),
        LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' }, Version: '1' },
      }),
    });
    const { outputs: found } = await lab.create(resources(0), outputs);
    await ec2.createLaunchTemplateVersion({
      LaunchTemplateId: found.Template,
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 't3.micro' },
    });
    const AutoScalingGroupName = found.Group!;
    await autoScaling.updateAutoScalingGroup({
      AutoScalingGroupName,
      LaunchTemplate: { LaunchTemplateId: found.Template, Version: '2' },
    });
    lab.say("an update of the group's size, after its version was changed outside of the stack");
    const { status } = await lab.update(resources(1), outputs);
    const { AutoScalingGroups } = await autoScaling.describeAutoScalingGroups({
      AutoScalingGroupNames: [AutoScalingGroupName],
    });
    const version = AutoScalingGroups?.[0]?.LaunchTemplate?.Version;
    return {
      facts: {
        endsAs: status,
        version: version === '1' ? 'written again' : version === '2' ? 'left alone' : `now ${version}`,
      },
    };
  },
};
