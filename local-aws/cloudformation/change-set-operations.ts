import { randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-cloudformation';
import type { CreateChangeSetInput, ExecuteChangeSetInput } from '@aws-sdk/client-cloudformation';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { TEMPLATE_REQUEST } from './accepted';
import { describeChangeSet } from './describe';
import type { Engine } from './engine';
import { validationError } from './faults';
import type { ModelFactory } from './model-factory';
import { missingValue } from './parameters';
import { isEmpty, makePlan, type Plan } from './plan';
import { reasonOf } from './resource-error';
import type { ResourceTypes } from './resource-types';
import type { ChangeSet, Stack } from './stack';
import type { StackStore } from './store';

/** What the operations work with. */
export interface Parts {
  readonly core: Core;
  readonly store: StackStore;
  readonly engine: Engine;
  readonly models: ModelFactory;
  readonly types: ResourceTypes;
  /** Modelled time that a change set takes to be made, in milliseconds. */
  readonly changeSetMs: number;
}

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
const UPDATABLE = [
  'CREATE_COMPLETE',
  'CREATE_FAILED',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'UPDATE_ROLLBACK_COMPLETE',
];

/** The operations on change sets. */
export function changeSetOperations(parts: Parts): Operations<typeof sdk> {
  const { core, store, engine, models } = parts;
  return {
    CreateChangeSet: {
      accepts: {
        ...TEMPLATE_REQUEST,
        ChangeSetName: true,
        UsePreviousTemplate: true,
        ClientToken: true,
        Description: true,
        ChangeSetType: only('CREATE', 'UPDATE'),
        IncludeNestedStacks: 'there are no nested stacks',
        OnStackFailure: true,
        ImportExistingResources: only(false),
      },
      async run(input) {
        const type = input.ChangeSetType === 'CREATE' ? 'CREATE' : 'UPDATE';
        const existing = store.find(input.StackName);
        refuseWrongState(existing, type, input);
        const stack = existing ?? store.add(input.StackName ?? '');
        try {
          const changeSet: ChangeSet = {
            id: core.arn('cloudformation', `changeSet/${input.ChangeSetName}/${randomUUID()}`),
            name: input.ChangeSetName ?? '',
            description: input.Description,
            createdAt: core.clock.now(),
            type,
            model: await models.make(stack, engine.stableModel(stack), input),
            capabilities: input.Capabilities ?? [],
            roleArn: input.RoleARN,
            onStackFailure:
              input.OnStackFailure ?? (input.DeploymentConfig?.DisableRollback ? 'DO_NOTHING' : undefined),
            status: 'CREATE_PENDING',
            executionStatus: 'UNAVAILABLE',
          };
          if (!existing) stack.begin('REVIEW_IN_PROGRESS', input.ClientToken);
          stack.changeSets.set(changeSet.name, changeSet);
          void complete(parts, stack, changeSet);
          return { Id: changeSet.id, StackId: stack.id };
        } catch (error) {
          if (!existing) store.remove(stack);
          throw error;
        }
      },
    },
    DescribeChangeSet: {
      accepts: { ChangeSetName: true, StackName: true, IncludePropertyValues: true },
      run(input) {
        const [stack, changeSet] = store.changeSet(input.ChangeSetName, input.StackName);
        return describeChangeSet(stack, changeSet, input.IncludePropertyValues ?? false);
      },
    },
    ExecuteChangeSet: {
      accepts: {
        ChangeSetName: true,
        StackName: true,
        ClientRequestToken: true,
        DisableRollback: true,
        RetainExceptOnCreate: only(false),
      },
      run(input) {
        const [stack, changeSet] = store.changeSet(input.ChangeSetName, input.StackName);
        execute(parts, stack, changeSet, input);
        return {};
      },
    },
    DeleteChangeSet: {
      accepts: { ChangeSetName: true, StackName: true },
      run(input) {
        if (!input.ChangeSetName?.startsWith('arn:') && !store.find(input.StackName))
          throw validationError(`Stack [${input.StackName}] does not exist`);
        const [stack, changeSet] = store.findChangeSet(input.ChangeSetName, input.StackName) ?? [];
        if (changeSet) stack?.changeSets.delete(changeSet.name);
        return {};
      },
    },
    ListChangeSets: {
      accepts: { StackName: true },
      run(input) {
        const stack = store.get(input.StackName);
        return {
          Summaries: [...stack.changeSets.values()].map((changeSet) => {
            const {
              Changes: _,
              Parameters: __,
              Tags: ___,
              ...summary
            } = describeChangeSet(stack, changeSet, false);
            return summary;
          }),
        };
      },
    },
  };
}

/** @throws Fault when the stack is in no state for an update */
export function refuseBusy(stack: Stack): void {
  if (!UPDATABLE.includes(stack.status))
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

function refuseWrongState(
  stack: Stack | undefined,
  type: 'CREATE' | 'UPDATE',
  input: CreateChangeSetInput,
): void {
  const name = input.ChangeSetName ?? '';
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name))
    throw validationError(`ChangeSetName must be letters, digits and hyphens; found '${name}'.`);
  if (type === 'CREATE') {
    if (stack && stack.status !== 'REVIEW_IN_PROGRESS') {
      throw validationError(
        `Stack [${stack.name}] already exists and cannot be created again with the changeSet [${name}].`,
      );
    }
  } else {
    if (!stack) throw validationError(`Stack [${input.StackName}] does not exist`);
    refuseBusy(stack);
  }
  if (stack?.changeSets.has(name))
    throw new Fault(
      'AlreadyExistsException',
      `ChangeSet ${name} cannot be created due to a mismatch with existing attribute: it already exists`,
    );
}

/** Works out what an update of the stack would do. @throws Fault, as CloudFormation refuses it */
export function planFor({ engine, types }: Parts, stack: Stack, model: ChangeSet['model']): Plan {
  return makePlan({
    before: engine.stableModel(stack),
    after: model,
    resources: stack.resources,
    facts: (type) => types.facts(type),
  });
}

/** Makes the change set ready, in its own time. */
async function complete(parts: Parts, stack: Stack, changeSet: ChangeSet): Promise<void> {
  const { core } = parts;
  const fail = (reason: string) => {
    changeSet.status = 'FAILED';
    changeSet.statusReason = reason;
  };
  try {
    changeSet.status = 'CREATE_IN_PROGRESS';
    await core.clock.sleep(parts.changeSetMs);
    const missing = await missingValue(core, changeSet.model.input.parameters);
    if (missing !== undefined) return fail(missing);
    changeSet.plan = planFor(parts, stack, changeSet.model);
    if (changeSet.type === 'UPDATE' && isEmpty(changeSet.plan)) return fail(NO_CHANGES);
    changeSet.status = 'CREATE_COMPLETE';
    changeSet.executionStatus = 'AVAILABLE';
  } catch (error) {
    fail(reasonOf(error));
  }
}

function execute(parts: Parts, stack: Stack, changeSet: ChangeSet, input: ExecuteChangeSetInput): void {
  const { core, engine } = parts;
  const { plan, model } = changeSet;
  if (changeSet.executionStatus !== 'AVAILABLE' || !plan) {
    throw new Fault(
      'InvalidChangeSetStatus',
      `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
    );
  }
  if (changeSet.type === 'UPDATE') refuseBusy(stack);
  // Those that were not chosen describe changes to a stack that is no longer there.
  for (const name of stack.changeSets.keys()) {
    if (name !== changeSet.name) stack.changeSets.delete(name);
  }
  changeSet.executionStatus = 'EXECUTE_COMPLETE';
  stack.changeSetId = changeSet.id;
  stack.capabilities = changeSet.capabilities;
  stack.roleArn = changeSet.roleArn ?? stack.roleArn;
  stack.disableRollback = input.DisableRollback ?? changeSet.onStackFailure === 'DO_NOTHING';
  const onFailure = stack.disableRollback ? 'DO_NOTHING' : (changeSet.onStackFailure ?? 'ROLLBACK');
  if (changeSet.type === 'CREATE') {
    stack.begin('CREATE_IN_PROGRESS', input.ClientRequestToken);
    void engine.create(stack, model, onFailure);
  } else {
    stack.updatedAt = core.clock.now();
    stack.begin('UPDATE_IN_PROGRESS', input.ClientRequestToken);
    void engine.update(stack, model, plan, onFailure === 'DO_NOTHING' ? 'DO_NOTHING' : 'ROLLBACK');
  }
}
