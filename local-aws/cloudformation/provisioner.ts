import { isDeepStrictEqual } from 'node:util';
import type { Core } from '../core/core';
import type { Properties } from '../core/service';
import { attempt, initiation, progression } from './attempt';
import { resolveDynamicReferences } from './dynamic-references';
import type { Model } from './model';
import { type OperationProvisioning, provisioningOf, tagsOfStack } from './provisioning';
import { leftBehind, reasonOf } from './resource-error';
import type { Handler, ResourceTypes } from './resource-types';
import type { Recovery, Run, Touched } from './run';
import type { Stack, StackResource } from './stack';

const REPLACEMENT_REASON =
  'Requested update requires the creation of a new physical resource; hence creating one.';

/** Makes, changes and deletes the resources of a stack one by one, and records what happens to them. */
export class Provisioner {
  /** @param operationMs modelled time that an operation takes besides the handler's own, in milliseconds */
  constructor(
    private readonly core: Core,
    private readonly types: ResourceTypes,
    private readonly operationMs: number,
  ) {}

  /**
   * Brings a resource to what the model says.
   * @param due whether the model changes it; otherwise only a changed dependency is a reason to look
   * @returns whether its dependants may go on
   */
  async provision(
    stack: Stack,
    model: Model,
    id: string,
    run: Run,
    recovery: Recovery,
    due: boolean,
  ): Promise<boolean> {
    if (run.isCancelled) return false;
    const existing = stack.resources.get(id);
    const current =
      existing?.physicalId !== undefined && existing.status !== 'CREATE_FAILED' ? existing : undefined;
    const inDoubt = current?.status.endsWith('_FAILED') ?? false;
    const dependencyChanged = model.dependencies(id).some((dependency) => run.changed.has(dependency));
    if (current && !due && !inDoubt && !dependencyChanged) return true;

    let properties: Properties;
    try {
      properties = await this.desired(stack, model, id);
    } catch (error) {
      const base = current ?? this.blank(model, id, {});
      const operation = current ? 'update' : 'create';
      stack.setResource({
        ...base,
        status: current ? 'UPDATE_FAILED' : 'CREATE_FAILED',
        statusReason: reasonOf(error),
      });
      run.fail(id, operation);
      return false;
    }
    if (!current) {
      if (existing?.physicalId !== undefined) run.superseded.push(existing);
      return this.create(stack, model, id, properties, run, recovery);
    }
    const tagsChanged = due && !isDeepStrictEqual(recovery.stable?.input.tags ?? [], model.input.tags);
    if (isDeepStrictEqual(properties, current.properties) && !inDoubt && !tagsChanged) {
      stack.resources.set(id, { ...current, ...this.declared(model, id) });
      return true;
    }
    return this.change(stack, model, current, properties, run, recovery);
  }

  /**
   * Takes a resource back to what it was before a failed update.
   * @param values `re-resolved` carries the old template's functions out again; `replayed` takes the recorded properties
   * @returns whether that succeeded
   */
  async restore(
    stack: Stack,
    model: Model,
    id: string,
    touched: Touched & { readonly before: StackResource },
    run: Run,
    values: 're-resolved' | 'replayed',
  ): Promise<boolean> {
    const { before } = touched;
    const made = touched.replacing ? (touched.made ?? (await touched.late)) : undefined;
    if (!touched.replacing) await touched.late;
    const current: StackResource = touched.replacing
      ? before
      : { ...(stack.resources.get(id) ?? before), properties: touched.attempted };
    try {
      if (touched.replacing && made !== undefined && made !== before.physicalId)
        run.superseded.push({ ...before, properties: touched.attempted, physicalId: made });
      const properties = values === 'replayed' ? before.properties : await this.desired(stack, model, id);
      if (touched.replacing && isDeepStrictEqual(properties, before.properties)) {
        stack.setResource({ ...before, status: 'UPDATE_COMPLETE', statusReason: undefined });
        return true;
      }
      return await this.change(stack, model, current, properties, run);
    } catch (error) {
      stack.setResource({ ...current, status: 'UPDATE_FAILED', statusReason: reasonOf(error) });
      run.fail(id, 'update');
      return false;
    }
  }

  /**
   * Deletes a resource, or leaves it where its policy says so.
   * @param owned whether the stack still counts it as its own, and not one that was replaced
   */
  async remove(stack: Stack, resource: StackResource, owned: boolean, retain: boolean): Promise<boolean> {
    const record = (
      status: 'DELETE_IN_PROGRESS' | 'DELETE_COMPLETE' | 'DELETE_FAILED' | 'DELETE_SKIPPED',
      statusReason?: string,
    ) => {
      const next = { ...resource, status, statusReason };
      if (owned) stack.setResource(next);
      else stack.recordResource(next);
    };
    if (retain) {
      record('DELETE_SKIPPED');
      return true;
    }
    record('DELETE_IN_PROGRESS');
    try {
      await this.core.clock.sleep(this.operationMs);
      if (resource.physicalId !== undefined) {
        const handler = this.handler(stack, stack.model, resource.logicalId, resource.type);
        await handler.delete(resource.physicalId, resource.properties);
      }
      record('DELETE_COMPLETE');
      return true;
    } catch (error) {
      record('DELETE_FAILED', reasonOf(error));
      return false;
    }
  }

  private async create(
    stack: Stack,
    model: Model,
    id: string,
    properties: Properties,
    run: Run,
    recovery: Recovery,
  ): Promise<boolean> {
    const blank = this.blank(model, id, properties);
    stack.setResource({ ...blank, status: 'CREATE_IN_PROGRESS' });
    const touched: Touched = { replacing: false, attempted: properties };
    const created = initiation(run, touched, (physicalId) =>
      stack.setResource({
        ...blank,
        physicalId,
        status: 'CREATE_IN_PROGRESS',
        statusReason: 'Resource creation Initiated',
      }),
    );
    const work = () => {
      recovery.touched.set(id, touched);
      const updatePolicy = model.updatePolicy(id, stack.values);
      const operation = { created, updatePolicy, cancelled: run.cancelled };
      return this.handler(stack, model, id, blank.type, operation).create(properties);
    };
    const result = await attempt({
      clock: this.core.clock,
      operationMs: this.operationMs,
      work,
      run,
      touched,
      cancelledReason: 'Resource creation cancelled',
    });
    if ('error' in result) {
      stack.setResource({
        ...blank,
        physicalId: leftBehind(result.error) ?? touched.made,
        status: 'CREATE_FAILED',
        statusReason: reasonOf(result.error),
      });
      run.fail(id, 'create');
      return false;
    }
    created(result.outcome.physicalId);
    stack.setResource({ ...blank, ...result.outcome, status: 'CREATE_COMPLETE' });
    run.changed.add(id);
    return true;
  }

  /** Changes a resource in place, or puts a new one in its place. */
  private async change(
    stack: Stack,
    model: Model,
    current: StackResource,
    properties: Properties,
    run: Run,
    recovery?: Recovery,
  ): Promise<boolean> {
    const { logicalId: id, type } = current;
    const physicalId = current.physicalId ?? '';
    const facts = this.types.facts(type);
    const differs = (name: string) => !isDeepStrictEqual(properties[name], current.properties[name]);
    const replacing = facts.createOnly.some(differs) || !facts.updatable;
    const earlier = recovery?.touched.get(id);
    const touched: Touched = { before: earlier ? earlier.before : current, replacing, attempted: properties };
    const pending = { ...current, ...this.declared(model, id) };
    stack.setResource(
      { ...pending, status: 'UPDATE_IN_PROGRESS', statusReason: replacing ? REPLACEMENT_REASON : undefined },
      properties,
    );
    const created = initiation(run, touched, (newId) =>
      stack.setResource(
        {
          ...pending,
          physicalId: newId,
          status: 'UPDATE_IN_PROGRESS',
          statusReason: 'Resource creation Initiated',
        },
        properties,
      ),
    );
    const progress = progression(run, (statusReason) =>
      stack.setResource({ ...pending, status: 'UPDATE_IN_PROGRESS', statusReason }, properties),
    );
    const work = () => {
      recovery?.touched.set(id, touched);
      const operation = { updatePolicy: model.updatePolicy(id, stack.values), cancelled: run.cancelled };
      if (replacing)
        return this.handler(stack, model, id, type, { ...operation, created }).create(properties);
      const isRollback = run.direction === 'back';
      const handler = this.handler(stack, model, id, type, {
        ...{ ...operation, isRollback, progress },
        formerStackTags: current.stackTags,
      });
      return handler.update(physicalId, properties, current.properties);
    };
    const result = await attempt({
      clock: this.core.clock,
      operationMs: this.operationMs,
      work,
      run,
      touched,
      cancelledReason: 'Resource update cancelled',
    });
    if ('error' in result) {
      if (replacing) touched.made ??= leftBehind(result.error);
      stack.setResource({ ...pending, status: 'UPDATE_FAILED', statusReason: reasonOf(result.error) });
      run.fail(id, 'update');
      return false;
    }
    if (replacing) created(result.outcome.physicalId);
    if (result.outcome.physicalId !== current.physicalId) run.superseded.push(current);
    stack.setResource({
      ...pending,
      properties,
      ...result.outcome,
      status: 'UPDATE_COMPLETE',
      statusReason: undefined,
    });
    run.changed.add(id);
    return true;
  }

  private async desired(stack: Stack, model: Model, id: string): Promise<Properties> {
    const properties = model.properties(id, stack.values);
    return (await resolveDynamicReferences(properties, this.core)) as Properties;
  }

  private blank(model: Model, id: string, properties: Properties): Omit<StackResource, 'since' | 'status'> {
    return {
      logicalId: id,
      type: model.resource(id).Type,
      properties,
      attributes: {},
      ...this.declared(model, id),
    };
  }

  private declared(
    model: Model,
    id: string,
  ): Pick<StackResource, 'dependencies' | 'deletionPolicy' | 'updateReplacePolicy' | 'stackTags'> {
    const { DeletionPolicy, UpdateReplacePolicy } = model.resource(id);
    return {
      dependencies: model.dependencies(id),
      deletionPolicy: DeletionPolicy,
      updateReplacePolicy: UpdateReplacePolicy,
      stackTags: tagsOfStack(model),
    };
  }

  private handler(
    stack: Stack,
    model: Model | undefined,
    logicalId: string,
    type: string,
    operation: OperationProvisioning = {},
  ): Handler {
    return this.types.handler(type, provisioningOf(this.core, stack, model, logicalId, operation));
  }
}
