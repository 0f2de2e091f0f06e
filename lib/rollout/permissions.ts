/** What observing and replacing a fleet's machines takes. Actions and condition keys: AWS's service authorization reference. */
import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Permission } from '../custom-resource/permission';
import { GROUP_ARN_REASON, groupArn } from '../fleet/group-arn';

/** Why calls that describe are on all resources. */
export const DESCRIBE_REASON =
  'Auto Scaling, EC2 and Elastic Load Balancing have no resource-level permissions for these calls, which only read.';

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

/** What reading the state of metric alarms takes; of composite ones CloudWatch tells nobody whose permission names alarms. */
export function readingAlarms(stack: Stack, alarmNames: readonly string[]): readonly Permission[] {
  if (alarmNames.length === 0) return [];
  const arn = (resourceName: string) =>
    stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  return [{ actions: ['cloudwatch:DescribeAlarms'], resources: alarmNames.map(arn) }];
}

/** What reading the consoles of a group's machines takes. */
export function readingConsoles(stack: Stack, groupName: string): Permission {
  return {
    actions: ['ec2:GetConsoleOutput'],
    resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
    // Auto Scaling gives this tag to what it starts, and nobody else can.
    conditions: { StringEquals: { 'aws:ResourceTag/aws:autoscaling:groupName': groupName } },
    wildcardReason: "A fleet's machines come and go, and have no ids yet when the policy is written.",
  };
}

/** What keeping the ledger takes: opening, changing and closing rollouts, and noting what happens. */
export function keepingLedger(stack: Stack, tableName: string): Permission {
  return {
    actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    resources: [ledgerArn(stack, tableName)],
  };
}

/** What saying how a rollout ended takes. */
export function closingInLedger(stack: Stack, tableName: string): Permission {
  return {
    actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    resources: [ledgerArn(stack, tableName)],
  };
}

function ledgerArn(stack: Stack, tableName: string): string {
  return stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName });
}

/** What driving a group's instance refresh takes. */
export function refreshing(
  stack: Stack,
  props: { readonly groupName: string; readonly launchTemplateId: string; readonly machineRole: iam.IRole },
): readonly Permission[] {
  const ec2 = (resource: string, resourceName: string, account?: string) =>
    stack.formatArn({ service: 'ec2', resource, resourceName, account });
  const launchTemplate = ec2('launch-template', props.launchTemplateId);
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
    // Who starts a refresh towards a launch template version must be allowed to start what it starts:
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
    { actions: ['ec2:RunInstances'], resources: [launchTemplate] },
    // Each resource of a call is evaluated for itself: without the condition, a call that names no launch
    // template would be allowed to start anything.
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
      conditions: { ArnEquals: { 'ec2:LaunchTemplate': launchTemplate } },
      wildcardReason:
        'What a launch template version starts has no ids yet, and another release names another image; it is bound by the launch template that it is started from.',
    },
    {
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance', '*'), ec2('volume', '*')],
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      wildcardReason: 'Machines and volumes that are being started have no ids yet.',
    },
    {
      actions: ['iam:PassRole'],
      resources: [props.machineRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
  ];
}
