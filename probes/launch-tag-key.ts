import { group, launchTemplate, NETWORK } from './parts';
import type { Probe } from './probe';

/** What becomes of a launch with a tag key that the instance metadata cannot show. */
export const launchTagKey: Probe = {
  id: 'launch-tag-key',
  question: 'How does a launch fail whose tag key has a blank or a slash, with tags in the metadata?',
  usd: 0.01,
  minutes: 12,
  async run(lab) {
    const { autoScaling } = lab.clients;
    const { outputs } = await lab.create(
      {
        ...NETWORK,
        ...launchTemplate({
          MetadataOptions: { InstanceMetadataTags: 'enabled' },
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'cost/center', Value: '1' }] }],
        }),
        ...group(0, { MaxSize: '1' }),
      },
      { Group: { Ref: 'Group' } },
    );
    const AutoScalingGroupName = outputs.Group!;
    await autoScaling.setDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 1 });
    lab.say('the launch');
    const activity = await lab.until(
      async () => (await autoScaling.describeScalingActivities({ AutoScalingGroupName })).Activities?.[0],
      (found) => found?.StatusCode === 'Failed' || found?.StatusCode === 'Successful',
      600,
    );
    await autoScaling.setDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 0 });
    return {
      facts: {
        launch: activity!.StatusCode!,
        namesTheKey: /cost\/center/.test(activity!.StatusMessage ?? '') ? 'yes' : 'no',
      },
    };
  },
};
