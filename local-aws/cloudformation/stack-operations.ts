import type {
  CancelUpdateStackInput,
  ContinueUpdateRollbackInput,
  CreateStackInput,
  CreateStackOutput,
  DeleteStackInput,
  RollbackStackInput,
  RollbackStackOutput,
  UpdateStackInput,
  UpdateStackOutput,
  UpdateTerminationProtectionInput,
  UpdateTerminationProtectionOutput,
} from '@aws-sdk/client-cloudformation';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { type Parts, planFor, refuseBusy } from './change-set-operations';
import { validationError } from './faults';
import { missingValue } from './parameters';
import { isEmpty } from './plan';
import type { Stack } from './stack';

/** The operations that change stacks without a change set. */
export function stackOperations(parts: Parts): Readonly<Record<string, Operation>> {
  const { core, store, engine, models } = parts;
  return {
    CreateStack: operation<CreateStackInput, CreateStackOutput>({
      async run(input) {
        refuseUnserved(input);
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
    }),
    UpdateStack: operation<UpdateStackInput, UpdateStackOutput>({
      async run(input) {
        refuseUnserved(input);
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
    }),
    DeleteStack: operation<DeleteStackInput, object>({
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
    }),
    CancelUpdateStack: operation<CancelUpdateStackInput, object>({
      run(input) {
        const stack = store.get(input.StackName);
        if (stack.status !== 'UPDATE_IN_PROGRESS')
          throw validationError('CancelUpdateStack cannot be called from current stack status');
        engine.cancel(stack);
        return {};
      },
    }),
    ContinueUpdateRollback: operation<ContinueUpdateRollbackInput, object>({
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
    }),
    RollbackStack: operation<RollbackStackInput, RollbackStackOutput>({
      run(input) {
        const stack = store.get(input.StackName);
        if (stack.status === 'CREATE_FAILED') void engine.rollBackCreation(stack, 'User Initiated');
        else if (stack.status === 'UPDATE_FAILED' && engine.stableModel(stack))
          void engine.rollBackUpdate(stack, 'User Initiated');
        else
          throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
        return { StackId: stack.id };
      },
    }),
    UpdateTerminationProtection: operation<
      UpdateTerminationProtectionInput,
      UpdateTerminationProtectionOutput
    >({
      run(input) {
        const stack = store.get(input.StackName);
        stack.terminationProtection = input.EnableTerminationProtection ?? false;
        return { StackId: stack.id };
      },
    }),
  };
}

/** What would change how the stack behaves, and is not carried out. */
function refuseUnserved(input: CreateStackInput & UpdateStackInput): void {
  const asked = [
    ['StackPolicyBody', input.StackPolicyBody],
    ['StackPolicyURL', input.StackPolicyURL],
    ['StackPolicyDuringUpdateBody', input.StackPolicyDuringUpdateBody],
    ['StackPolicyDuringUpdateURL', input.StackPolicyDuringUpdateURL],
    ['RollbackConfiguration', input.RollbackConfiguration?.RollbackTriggers?.length || undefined],
    ['ResourceTypes', input.ResourceTypes?.length || undefined],
    ['TimeoutInMinutes', input.TimeoutInMinutes],
  ];
  const [name] = asked.find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw validationError(`The local AWS has no stacks with ${name}.`);
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
