import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { SSM } from '@aws-sdk/client-ssm';
import type { Probe } from './probe';

const LIMIT_SECONDS = 300;

/** How long a role that was just created, and a permission that was just given, take to be in force, and what one covers. */
export const policySpread: Probe = {
  id: 'policy-spread',
  question: 'How long after its creation is a role, or a permission of it, still refused?',
  usd: 0,
  minutes: 8,
  ranges: { roleSeconds: [0, 60], permissionSeconds: [0, 60] },
  async run(lab) {
    const { iam, sts } = lab.clients;
    const { Account, Arn = '' } = await sts.getCallerIdentity({});
    const [, partition] = Arn.split(':');
    const { outputs } = await lab.create(
      {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Principal: { AWS: `arn:aws:iam::${Account}:root` },
                  Action: 'sts:AssumeRole',
                },
              ],
            },
          },
        },
      },
      { Role: { Ref: 'Role' }, Arn: { 'Fn::GetAtt': ['Role', 'Arn'] } },
    );
    const created = lab.time.now();
    const Credentials = await lab.until(
      async () => {
        try {
          const RoleSessionName = 'image-rollouts-probe';
          return (await sts.assumeRole({ RoleArn: outputs.Arn, RoleSessionName })).Credentials;
        } catch (error) {
          if (isRefusal(error)) return undefined;
          throw error;
        }
      },
      (found) => found !== undefined,
      LIMIT_SECONDS,
      1,
    );
    const roleSeconds = lab.secondsSince(created);
    const credentials = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    const ssm = lab.as((configuration) => new SSM(configuration), credentials);
    const mayRead = async () => {
      try {
        await ssm.getParameter({ Name: `/${lab.name}/nothing` });
      } catch (error) {
        if (error instanceof Error && error.name === 'ParameterNotFound') return true;
        if (isRefusal(error)) return false;
        throw error;
      }
      throw new Error(`There is a parameter /${lab.name}/nothing, which nobody has created.`);
    };
    const before = await mayRead();
    lab.say('a permission that the role does not have yet');
    await iam.putRolePolicy({
      RoleName: outputs.Role,
      PolicyName: 'read',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'ssm:GetParameter', Resource: '*' },
          {
            Effect: 'Allow',
            Action: 'cloudwatch:DescribeAlarms',
            Resource: `arn:${partition}:cloudwatch:*:${Account}:alarm:${lab.name}-named`,
          },
        ],
      }),
    });
    const given = lab.time.now();
    await lab.until(mayRead, (allowed) => allowed, LIMIT_SECONDS, 1);
    const permissionSeconds = lab.secondsSince(given);
    const cloudWatch = lab.as((configuration) => new CloudWatch(configuration), credentials);
    const mayDescribe = async (name: string) => {
      try {
        await cloudWatch.describeAlarms({ AlarmNames: [name] });
        return true;
      } catch (error) {
        if (isRefusal(error)) return false;
        throw error;
      }
    };
    lab.say('alarms that a permission names, and another one');
    const isNamedAllowed = await lab.until(
      () => mayDescribe(`${lab.name}-named`),
      (allowed) => allowed,
      LIMIT_SECONDS,
      1,
    );
    const isOtherAllowed = await mayDescribe(`${lab.name}-other`);
    // A policy that the stack does not know would keep its role from being deleted.
    await iam.deleteRolePolicy({ RoleName: outputs.Role, PolicyName: 'read' });
    return {
      facts: {
        withoutPermission: before ? 'allowed' : 'refused',
        namedAlarm: isNamedAllowed ? 'allowed' : 'refused',
        otherAlarm: isOtherAllowed ? 'allowed' : 'refused',
      },
      figures: { roleSeconds: Math.round(roleSeconds), permissionSeconds: Math.round(permissionSeconds) },
    };
  },
};

function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^AccessDenied/.test(error.name);
}
