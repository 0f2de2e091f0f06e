import { ConfigurationError, quoted } from '../configuration-error';
import {
  isResourceFailed,
  isStackBusy,
  isStackStuck,
  isStackUpdatable,
} from '../custom-resource/stack-status';
import { codeOf } from '../rollout/clients';
import type { FleetContext } from './on-fleet';

/** @throws ConfigurationError saying what to do first, when the stack takes no update */
export function requireUpdatable({ fleet: { stackName, stackStatus } }: FleetContext): void {
  if (isStackUpdatable(stackStatus)) return;
  const is = `The stack ${quoted(stackName)} is ${stackStatus}`;
  if (isStackBusy(stackStatus))
    throw new ConfigurationError(
      `${is}: wait for the end of that deployment ("rollout status ${stackName} --watch"), or give it up with "aws cloudformation cancel-update-stack --stack-name ${stackName}".`,
    );
  if (isStackStuck(stackStatus))
    throw new ConfigurationError(`${is}: let it go on from there with "rollout retry ${stackName}" first.`);
  throw new ConfigurationError(
    `${is}, in which CloudFormation changes nothing: repair or delete the stack, and deploy it anew.`,
  );
}

/**
 * Starts an update of the stack in which nothing changes but one parameter.
 * @throws ConfigurationError when the stack has no such parameter, or has that value already
 */
export async function updateParameter(
  { clients, fleet }: FleetContext,
  parameter: string,
  value: string,
): Promise<void> {
  if (!fleet.parameters.has(parameter))
    throw new ConfigurationError(
      `The stack ${quoted(fleet.stackName)} has no parameter ${parameter}: deploy it anew, with "npx cdk deploy ${fleet.stackName}".`,
    );
  try {
    await clients.cloudFormation.updateStack({
      StackName: fleet.stackId,
      UsePreviousTemplate: true,
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      Parameters: [...fleet.parameters.keys()].map((key) =>
        key === parameter
          ? { ParameterKey: key, ParameterValue: value }
          : { ParameterKey: key, UsePreviousValue: true },
      ),
    });
  } catch (error) {
    if (codeOf(error) !== 'ValidationError') throw error;
    const { message } = error as Error;
    if (/No updates are to be performed/i.test(message))
      throw new ConfigurationError(
        `CloudFormation holds that the stack ${quoted(fleet.stackName)} is like that already, although the fleet is not: look at it with "rollout verify ${fleet.stackName}", and replace its machines with "rollout restart ${fleet.stackName}".`,
      );
    if (/_IN_PROGRESS/.test(message))
      throw new ConfigurationError(
        `Another deployment of the stack ${quoted(fleet.stackName)} has just begun: look at it with "rollout status ${fleet.stackName} --watch".`,
      );
    throw error;
  }
}

/** Why CloudFormation gave up what it did since a moment: the first failures, oldest first. */
export async function failuresSince(
  { clients, fleet }: FleetContext,
  since: number,
): Promise<readonly string[]> {
  const { StackEvents = [] } = await clients.cloudFormation.describeStackEvents({
    StackName: fleet.stackId,
  });
  return StackEvents.filter(
    ({ Timestamp, ResourceStatus, ResourceStatusReason, PhysicalResourceId }) =>
      (Timestamp?.getTime() ?? 0) >= since &&
      // The stack's own have a stack's statuses.
      PhysicalResourceId !== fleet.stackId &&
      isResourceFailed(ResourceStatus) &&
      !/cancelled/i.test(ResourceStatusReason ?? ''),
  )
    .map(({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`)
    .reverse()
    .slice(0, 3);
}
