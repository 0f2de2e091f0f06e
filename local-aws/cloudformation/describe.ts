import type {
  Change,
  DescribeChangeSetOutput,
  ResourceChangeDetail,
  StackResourceSummary,
  Stack as StackShape,
} from '@aws-sdk/client-cloudformation';
import { pageOf } from '../core/page';
import { validationError } from './faults';
import { describeParameters } from './parameters';
import type { ChangeDetail, ResourceChange } from './plan';
import type { ChangeSet, Stack, StackResource } from './stack';

/** A stack as DescribeStacks shows it. */
export function describeStack(stack: Stack): StackShape {
  const input = stack.model?.input;
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...(stack.changeSetId ? { ChangeSetId: stack.changeSetId } : {}),
    ...(input?.template.Description !== undefined ? { Description: input.template.Description } : {}),
    Parameters: describeParameters(input?.parameters ?? []),
    CreationTime: new Date(stack.createdAt),
    ...(stack.updatedAt !== undefined ? { LastUpdatedTime: new Date(stack.updatedAt) } : {}),
    ...(stack.deletedAt !== undefined ? { DeletionTime: new Date(stack.deletedAt) } : {}),
    StackStatus: stack.status,
    ...(stack.statusReason !== undefined ? { StackStatusReason: stack.statusReason } : {}),
    DisableRollback: stack.disableRollback,
    NotificationARNs: [...(input?.notificationArns ?? [])],
    Capabilities: [...stack.capabilities],
    Outputs: [...stack.outputs],
    ...(stack.roleArn ? { RoleARN: stack.roleArn } : {}),
    Tags: [...(input?.tags ?? [])],
    EnableTerminationProtection: stack.terminationProtection,
    RollbackConfiguration: {},
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

/** A change set as DescribeChangeSet shows it. @param withValues whether properties' values are asked for */
export function describeChangeSet(
  stack: Stack,
  changeSet: ChangeSet,
  withValues: boolean,
): DescribeChangeSetOutput {
  const { input } = changeSet.model;
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: stack.id,
    StackName: stack.name,
    ...(changeSet.description !== undefined ? { Description: changeSet.description } : {}),
    Parameters: describeParameters(input.parameters),
    CreationTime: new Date(changeSet.createdAt),
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    ...(changeSet.statusReason !== undefined ? { StatusReason: changeSet.statusReason } : {}),
    NotificationARNs: [...input.notificationArns],
    Capabilities: [...changeSet.capabilities],
    Tags: [...input.tags],
    Changes: changeSet.plan?.changes.map((change) => describeChange(change, withValues)) ?? [],
    IncludeNestedStacks: false,
    ...(changeSet.onStackFailure ? { OnStackFailure: changeSet.onStackFailure } : {}),
  };
}

function describeChange(change: ResourceChange, withValues: boolean): Change {
  const context = (properties: ResourceChange['before']) =>
    withValues && properties ? JSON.stringify({ Properties: properties }) : undefined;
  return {
    Type: 'Resource',
    ResourceChange: {
      ...(change.policyAction ? { PolicyAction: change.policyAction } : {}),
      Action: change.action,
      LogicalResourceId: change.logicalId,
      ...(change.physicalId !== undefined ? { PhysicalResourceId: change.physicalId } : {}),
      ResourceType: change.type,
      ...(change.replacement ? { Replacement: change.replacement } : {}),
      Scope: [...new Set(change.details.map((detail) => detail.attribute))],
      Details: change.details.map((detail) => describeDetail(detail, withValues)),
      BeforeContext: context(change.before),
      AfterContext: context(change.after),
    },
  };
}

function describeDetail(detail: ChangeDetail, withValues: boolean): ResourceChangeDetail {
  const text = (value: unknown) =>
    value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
  const changeType = detail.before === undefined ? 'Add' : detail.after === undefined ? 'Remove' : 'Modify';
  return {
    Target: {
      Attribute: detail.attribute,
      ...(detail.name !== undefined ? { Name: detail.name, Path: `/Properties/${detail.name}` } : {}),
      RequiresRecreation: detail.recreation,
      AttributeChangeType: changeType,
      ...(withValues ? { BeforeValue: text(detail.before), AfterValue: text(detail.after) } : {}),
    },
    Evaluation: detail.evaluation,
    ChangeSource: detail.source,
    ...(detail.cause !== undefined ? { CausingEntity: detail.cause } : {}),
  };
}

/** A resource as ListStackResources shows it. */
export function describeResource(resource: StackResource): StackResourceSummary {
  return {
    LogicalResourceId: resource.logicalId,
    ...(resource.physicalId !== undefined ? { PhysicalResourceId: resource.physicalId } : {}),
    ResourceType: resource.type,
    LastUpdatedTimestamp: new Date(resource.since),
    ResourceStatus: resource.status,
    ...(resource.statusReason !== undefined ? { ResourceStatusReason: resource.statusReason } : {}),
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

const PAGE = 100;

/** One page of a list, and the token of the next. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  { newestFirst = false } = {},
): { readonly items: T[]; readonly nextToken: string | undefined } {
  const invalid = (given: string) => validationError(`The NextToken '${given}' is not valid.`);
  const { items: some, next } = pageOf(items, { size: PAGE, token, newestFirst, invalid });
  return { items: some, nextToken: next };
}
