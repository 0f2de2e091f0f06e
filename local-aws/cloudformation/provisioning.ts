import { randomBytes } from 'node:crypto';
import type { Core } from '../core/core';
import type { Provisioning } from '../core/service';
import type { Model } from './model';
import type { Stack } from './stack';

/** What only some operations give to a resource's handler. */
export type OperationProvisioning = Pick<
  Provisioning,
  'created' | 'updatePolicy' | 'isRollback' | 'progress' | 'cancelled' | 'formerStackTags'
>;

/**
 * What a resource's handler is given.
 * @param model brings the stack's tags; absent when there is none any more
 * @param operation what only some operations have
 */
export function provisioningOf(
  core: Core,
  stack: Stack,
  model: Model | undefined,
  logicalId: string,
  operation: OperationProvisioning,
): Provisioning {
  return {
    core,
    stackName: stack.name,
    stackId: stack.id,
    logicalId,
    ...operation,
    generateName: (maxLength) => generatedName(stack.name, logicalId, maxLength),
    stackTags: [
      ...tagsOfStack(model),
      { Key: 'aws:cloudformation:stack-name', Value: stack.name },
      { Key: 'aws:cloudformation:logical-id', Value: logicalId },
      { Key: 'aws:cloudformation:stack-id', Value: stack.id },
    ],
  };
}

/** The tags that a stack was given. */
export function tagsOfStack(model: Model | undefined): Provisioning['stackTags'] {
  return (model?.input.tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
}

/** A name as CloudFormation makes it up: stack name, logical id and a random suffix, the former two cut. */
export function generatedName(stackName: string, logicalId: string, maxLength = 64): string {
  const suffix = randomBytes(8).toString('hex').slice(0, 12).toUpperCase();
  const room = maxLength - suffix.length - 2;
  const logicalPart = logicalId.slice(0, Math.max(Math.floor(room / 2), room - stackName.length));
  return `${stackName.slice(0, room - logicalPart.length)}-${logicalPart}-${suffix}`;
}
