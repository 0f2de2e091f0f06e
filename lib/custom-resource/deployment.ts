/** Whether the deployment that a request belongs to is still the one that its stack is at. */
import type { DescribeStacksCommandInput, DescribeStacksCommandOutput } from '@aws-sdk/client-cloudformation';
import { isStackBack, isStackBusy, isStackGoingForward } from './stack-status';
import type { Round } from './step';

interface CloudFormation {
  describeStacks(input: DescribeStacksCommandInput): Promise<DescribeStacksCommandOutput>;
}

/**
 * Whether a deployment is over, or was aborted: a function that comes late may find the stack back already, at rest,
 * gone, or at another update. What is begun for such a request nobody follows.
 */
export async function isDeploymentOver(
  cloudFormation: CloudFormation,
  { stackId, startedAt, isGoingBack }: Pick<Round<unknown>, 'stackId' | 'startedAt' | 'isGoingBack'>,
): Promise<boolean> {
  const { Stacks } = await cloudFormation.describeStacks({ StackName: stackId });
  const stack = Stacks?.[0];
  if (!stack?.StackStatus) return false;
  if (isGoingBack) return !(isStackBack(stack.StackStatus) && isStackBusy(stack.StackStatus));
  // CloudFormation's times may be in whole seconds.
  const isOfAnother = (stack.LastUpdatedTime?.getTime() ?? 0) > startedAt + 1000;
  return isOfAnother || !isStackGoingForward(stack.StackStatus);
}
