import type { Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Permission } from '../custom-resource/permission';
import { GROUP_ARN_REASON, groupArn } from '../fleet/group-arn';

const DESCRIBE_REASON =
  'Auto Scaling, EC2, Elastic Load Balancing and CloudWatch have no resource-level permissions for these calls, which only read.';

/** What observing a fleet takes. */
export function observing(furtherActions: readonly string[] = []): Permission {
  return {
    actions: [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeInstanceRefreshes',
      'autoscaling:DescribeScalingActivities',
      'ec2:DescribeLaunchTemplateVersions',
      'elasticloadbalancing:DescribeTargetHealth',
      ...furtherActions,
    ],
    resources: ['*'],
    wildcardReason: DESCRIBE_REASON,
  };
}

/** What reading the consoles of a fleet's machines takes. */
export function readingConsoles(stack: Stack): Permission {
  return {
    actions: ['ec2:GetConsoleOutput'],
    resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
    wildcardReason: "A fleet's machines come and go, and have no ids yet when the policy is written.",
  };
}

/** What keeping the ledger takes. */
export function keepingLedger(stack: Stack, tableName: string): Permission {
  return {
    actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    resources: [stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName })],
  };
}

/** What driving a group's instance refresh takes. */
export function refreshing(
  stack: Stack,
  props: { readonly groupName: string; readonly launchTemplateId: string; readonly machineRole: iam.IRole },
): readonly Permission[] {
  const ec2 = (resource: string, resourceName: string, account?: string) =>
    stack.formatArn({ service: 'ec2', resource, resourceName, account });
  return [
    {
      actions: [
        'autoscaling:StartInstanceRefresh',
        'autoscaling:RollbackInstanceRefresh',
        'autoscaling:CancelInstanceRefresh',
      ],
      resources: [groupArn(stack, props.groupName)],
      wildcardReason: GROUP_ARN_REASON,
    },
    // Whoever starts a refresh towards a launch template version has to be allowed to start what it starts:
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
    {
      actions: ['ec2:RunInstances'],
      resources: [ec2('launch-template', props.launchTemplateId)],
    },
    {
      actions: ['ec2:RunInstances'],
      resources: [
        ec2('image', '*', ''),
        ec2('instance', '*'),
        ec2('volume', '*'),
        ec2('network-interface', '*'),
        ec2('security-group', '*'),
        ec2('subnet', '*'),
      ],
      wildcardReason:
        'What a launch template version starts has no ids yet, and another release names another image; what can be started is bound by the launch template and by the role that may be passed.',
    },
    {
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance', '*'), ec2('volume', '*')],
      wildcardReason: 'Machines and volumes that are being started have no ids yet.',
    },
    { actions: ['iam:PassRole'], resources: [props.machineRole.roleArn] },
  ];
}
