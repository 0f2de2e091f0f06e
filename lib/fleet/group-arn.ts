import { ArnFormat, type Stack } from 'aws-cdk-lib';

/** Why a group's ARN is a pattern. */
export const GROUP_ARN_REASON =
  "A group's ARN holds an id that is made with the group, which comes after this policy; its name pins it down.";

/** ARN of an Auto Scaling group by its name, as policies have it. */
export function groupArn(stack: Stack, groupName: string): string {
  return stack.formatArn({
    service: 'autoscaling',
    resource: 'autoScalingGroup',
    resourceName: `*:autoScalingGroupName/${groupName}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
