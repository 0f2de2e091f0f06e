import { failure, launchTemplate, parameter } from './parts';
import type { Probe } from './probe';

/** What a dependant of a launch template gets when an update of both is rolled back. */
export const rollbackValues: Probe = {
  id: 'rollback-values',
  question: "After a failed update, which version does a launch template's dependant hold?",
  usd: 0,
  minutes: 4,
  async run(lab) {
    const holder = parameter('Holder', { 'Fn::GetAtt': ['Template', 'LatestVersionNumber'] });
    const outputs = { Holder: { Ref: 'Holder' }, Template: { Ref: 'Template' } };
    await lab.create({ ...launchTemplate(), ...holder }, outputs);
    lab.say('an update that changes the launch template, and fails');
    const { status, outputs: found } = await lab.update(
      { ...launchTemplate({ InstanceType: 't3.micro' }), ...holder, ...failure('Holder') },
      outputs,
    );
    const { Parameter } = await lab.clients.ssm.getParameter({ Name: found.Holder });
    const { LaunchTemplates } = await lab.clients.ec2.describeLaunchTemplates({
      LaunchTemplateIds: [found.Template!],
    });
    const newest = String(LaunchTemplates?.[0]?.LatestVersionNumber);
    const held = String(Parameter?.Value);
    return {
      facts: {
        endsAs: status,
        newestVersion: newest,
        dependantHolds: held === newest ? 're-resolved' : held === '1' ? 'replayed' : `version ${held}`,
      },
    };
  },
};
