import type * as sdk from '@aws-sdk/client-cloudformation';
import type { CreateStackInput, UpdateStackInput } from '@aws-sdk/client-cloudformation';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { NO_ROLE, NO_TOKEN, STACK } from './accepted';
import { type Parts, planFor, refuseBusy } from './change-set-operations';
import { validationError } from './faults';
import { missingValue } from './parameters';
import { isEmpty } from './plan';
import type { Stack } from './stack';

/** The operations that change stacks without a change set. */
export function stackOperations(parts: Parts): Operations<typeof sdk> {
  const { core, store, engine, models } = parts;
  return {
    CreateStack: {
      accepts: { ...STACK, OnFailure: true, EnableTerminationProtection: true },
      async run(input) {
        if (input.OnFailure !== undefined && input.DisableRollback !== undefined)
          throw validationError('You can specify either DisableRollback or OnFailure, but not both.');
        const existing = store.find(input.StackName);
        if (existing && isRepeated(existing, input)) return { StackId: existing.id };
        if (existing) throw new Fault('AlreadyExistsException', `Stack [${input.StackName}] already exists`);
        const stack = store.add(input.StackName ?? '');
        try {
          const model = await models.make(stack, undefined, input);
          await refuseMissing(parts, model);
          stack.capabilities = input.Capabilities ?? [];
          stack.roleArn = input.RoleARN;
          stack.terminationProtection = input.EnableTerminationProtection ?? false;
          const onFailure = disablesRollback(input) ? 'DO_NOTHING' : (input.OnFailure ?? 'ROLLBACK');
          stack.disableRollback = onFailure === 'DO_NOTHING';
          stack.begin('CREATE_IN_PROGRESS', input.ClientRequestToken);
          void engine.create(stack, model, onFailure);
          return { StackId: stack.id };
        } catch (error) {
          store.remove(stack);
          throw error;
        }
      },
    },
    UpdateStack: {
      accepts: { ...STACK, UsePreviousTemplate: true },
      async run(input) {
        const stack = store.get(input.StackName);
        if (isRepeated(stack, input)) return { StackId: stack.id };
        refuseBusy(stack);
        const model = await models.make(stack, engine.stableModel(stack), input);
        await refuseMissing(parts, model);
        const plan = planFor(parts, stack, model);
        if (isEmpty(plan)) throw validationError('No updates are to be performed.');
        stack.capabilities = input.Capabilities ?? [];
        stack.roleArn = input.RoleARN ?? stack.roleArn;
        stack.disableRollback = disablesRollback(input);
        stack.updatedAt = core.clock.now();
        stack.begin('UPDATE_IN_PROGRESS', input.ClientRequestToken);
        void engine.update(stack, model, plan, stack.disableRollback ? 'DO_NOTHING' : 'ROLLBACK');
        return { StackId: stack.id };
      },
    },
    DeleteStack: {
      accepts: {
        StackName: true,
        RetainResources: true,
        RoleARN: NO_ROLE,
        ClientRequestToken: true,
        DeletionMode: only('STANDARD'),
        DeploymentConfig: { Mode: only('STANDARD'), DisableRollback: 'a deletion is not rolled back' },
      },
      run(input) {
        const stack = store.find(input.StackName);
        if (!stack || stack.status === 'DELETE_COMPLETE' || stack.status === 'DELETE_IN_PROGRESS') return {};
        if (stack.terminationProtection) {
          throw validationError(
            `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`,
          );
        }
        if (stack.isBusy)
          throw validationError(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
        if (input.RetainResources?.length && stack.status !== 'DELETE_FAILED') {
          throw validationError(
            `Invalid operation on stack [${stack.id}]. RetainResources can only be specified when the stack is in the DELETE_FAILED state`,
          );
        }
        refuseExportsInUse(parts, stack);
        stack.changeSets.clear();
        stack.begin('DELETE_IN_PROGRESS', input.ClientRequestToken);
        void engine.delete(stack, input.RetainResources ?? []);
        return {};
      },
    },
    CancelUpdateStack: {
      accepts: { StackName: true, ClientRequestToken: NO_TOKEN },
      run(input) {
        const stack = store.get(input.StackName);
        if (stack.status !== 'UPDATE_IN_PROGRESS')
          throw validationError('CancelUpdateStack cannot be called from current stack status');
        engine.cancel(stack);
        return {};
      },
    },
    ContinueUpdateRollback: {
      accepts: { StackName: true, RoleARN: NO_ROLE, ResourcesToSkip: true, ClientRequestToken: NO_TOKEN },
      run(input) {
        const stack = store.get(input.StackName);
        if (stack.status !== 'UPDATE_ROLLBACK_FAILED') {
          throw validationError(
            `Stack:${stack.id} is in ${stack.status} state and can not continue rolling back.`,
          );
        }
        void engine.rollBackUpdate(stack, 'User Initiated', input.ResourcesToSkip ?? []);
        return {};
      },
    },
    RollbackStack: {
      accepts: {
        StackName: true,
        RoleARN: NO_ROLE,
        ClientRequestToken: NO_TOKEN,
        RetainExceptOnCreate: only(false),
        DeploymentConfig: { Mode: only('STANDARD'), DisableRollback: 'a rollback is not rolled back' },
      },
      run(input) {
        const stack = store.get(input.StackName);
        if (stack.status === 'CREATE_FAILED') void engine.rollBackCreation(stack, 'User Initiated');
        else if (stack.status === 'UPDATE_FAILED' && engine.stableModel(stack))
          void engine.rollBackUpdate(stack, 'User Initiated');
        else
          throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
        return { StackId: stack.id };
      },
    },
    UpdateTerminationProtection: {
      accepts: { StackName: true, EnableTerminationProtection: true },
      run(input) {
        const stack = store.get(input.StackName);
        stack.terminationProtection = input.EnableTerminationProtection ?? false;
        return { StackId: stack.id };
      },
    },
  };
}

/** Whether a client repeats the call that began what the stack does now, or did last. */
function isRepeated(
  stack: Stack,
  { ClientRequestToken: token }: CreateStackInput | UpdateStackInput,
): boolean {
  return token !== undefined && token === stack.clientRequestToken;
}

function disablesRollback(input: CreateStackInput | UpdateStackInput): boolean {
  return input.DisableRollback ?? input.DeploymentConfig?.DisableRollback ?? false;
}

async function refuseMissing({ core }: Parts, model: Parameters<typeof planFor>[2]): Promise<void> {
  const missing = await missingValue(core, model.input.parameters);
  if (missing !== undefined) throw validationError(missing);
}

function refuseExportsInUse({ store }: Parts, stack: Stack): void {
  for (const { name } of stack.exports) {
    const importers = store.importers(name);
    if (importers.length)
      throw validationError(`Export ${name} cannot be deleted as it is in use by ${importers.join(', ')}`);
  }
}
