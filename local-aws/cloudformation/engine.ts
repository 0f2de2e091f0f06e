import type { Output } from '@aws-sdk/client-cloudformation';
import { validationError } from './faults';
import type { Model } from './model';
import type { Plan } from './plan';
import type { Provisioner } from './provisioner';
import { reasonOf } from './resource-error';
import { type Recovery, Run, type Touched } from './run';
import type { Stack, StackExport, StackResource } from './stack';
import { walk } from './walk';

export interface EngineOptions {
  readonly rollbackValues: 're-resolved' | 'replayed';
  /** Which stacks import an export. */
  readonly importers: (exportName: string) => readonly string[];
  /** The stack that has an export of this name. */
  readonly exporter: (exportName: string) => Stack | undefined;
}

/**
 * Moves stacks from one model to another. Every method is one operation of a stack: it begins after the
 * stack was put in the operation's first status, ends in a status of rest, and never rejects.
 * States: https://github.com/aws/aws-cdk/blob/main/docs/CLOUDFORMATION.md
 */
export class Engine {
  private readonly recoveries = new WeakMap<Stack, Recovery>();
  private readonly runs = new WeakMap<Stack, Run>();

  constructor(
    private readonly provisioner: Provisioner,
    private readonly options: EngineOptions,
  ) {}

  /** Model that a stack in a failed state goes back to, and that the next update starts from. */
  stableModel(stack: Stack): Model | undefined {
    const recovery = this.recoveries.get(stack);
    return recovery ? recovery.stable : stack.model;
  }

  async create(stack: Stack, model: Model, onFailure: 'ROLLBACK' | 'DO_NOTHING' | 'DELETE'): Promise<void> {
    stack.model = model;
    const recovery: Recovery = { touched: new Map() };
    this.recoveries.set(stack, recovery);
    const failure = await this.forward(stack, model, undefined, recovery, new Run());
    if (failure === undefined) {
      this.recoveries.delete(stack);
      stack.become('CREATE_COMPLETE');
    } else if (onFailure === 'ROLLBACK') {
      await this.rollBackCreation(stack, `${failure}Rollback requested by user.`);
    } else if (onFailure === 'DELETE') {
      stack.become('DELETE_IN_PROGRESS', `${failure}Delete requested by user.`);
      await this.delete(stack, []);
    } else {
      stack.become('CREATE_FAILED', failure);
    }
  }

  /** Deletes what a failed creation made. */
  async rollBackCreation(stack: Stack, reason?: string): Promise<void> {
    stack.become('ROLLBACK_IN_PROGRESS', reason);
    await this.settleLate(stack);
    const failed = await this.deleteResources(stack, this.owned(stack), (policy) => policy === 'Retain');
    if (failed.length) {
      stack.become('ROLLBACK_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
    } else {
      stack.become('ROLLBACK_COMPLETE');
    }
  }

  async update(stack: Stack, model: Model, plan: Plan, onFailure: 'ROLLBACK' | 'DO_NOTHING'): Promise<void> {
    const recovery: Recovery = this.recoveries.get(stack) ?? { stable: stack.model, touched: new Map() };
    this.recoveries.set(stack, recovery);
    stack.model = model;
    const run = new Run();
    const failure = await this.forward(stack, model, plan, recovery, run);
    if (failure !== undefined) {
      if (onFailure === 'ROLLBACK' && recovery.stable) await this.rollBackUpdate(stack, failure);
      else stack.become('UPDATE_FAILED', failure);
      return;
    }
    this.recoveries.delete(stack);
    stack.become('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    await this.cleanUp(stack, model, run);
    stack.become('UPDATE_COMPLETE');
  }

  /** Stops an update; it then rolls back as after a failure. */
  cancel(stack: Stack): void {
    this.runs.get(stack)?.cancel();
  }

  /**
   * Goes back to the model before the failed update.
   * @param skip logical ids that are taken to be back without anything being done
   */
  async rollBackUpdate(
    stack: Stack,
    reason: string | undefined,
    skip: readonly string[] = [],
  ): Promise<void> {
    const recovery = this.recoveries.get(stack);
    const stable = recovery?.stable;
    if (!recovery || !stable) throw new Error(`Stack ${stack.name} has nothing to go back to.`);
    stack.become('UPDATE_ROLLBACK_IN_PROGRESS', reason);
    stack.model = stable;
    const run = new Run('back');
    await walk(
      stable.order(),
      (id) => stable.dependencies(id),
      async (id) => {
        const touched = recovery.touched.get(id);
        if (!hasBefore(touched)) return this.putBack(stack, id);
        const restored =
          skip.includes(id) ||
          (await this.provisioner.restore(stack, stable, id, touched, run, this.options.rollbackValues));
        if (restored) recovery.touched.delete(id);
        return restored;
      },
    );
    const failure = run.reason || this.publish(stack, stable);
    if (failure) {
      stack.become('UPDATE_ROLLBACK_FAILED', failure);
      return;
    }
    stack.become('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    await this.settleLate(stack);
    await this.cleanUp(stack, stable, run);
    this.recoveries.delete(stack);
    stack.become('UPDATE_ROLLBACK_COMPLETE');
  }

  /** @param retain logical ids of resources that failed to delete before and are left now */
  async delete(stack: Stack, retain: readonly string[]): Promise<void> {
    await this.settleLate(stack);
    const failed = await this.deleteResources(
      stack,
      this.owned(stack),
      (policy, id) => policy === 'Retain' || policy === 'RetainExceptOnCreate' || retain.includes(id),
    );
    if (failed.length) {
      stack.become('DELETE_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
      return;
    }
    stack.exports = [];
    stack.become('DELETE_COMPLETE');
  }

  /** @returns why it failed; undefined when it did not */
  private async forward(
    stack: Stack,
    model: Model,
    plan: Plan | undefined,
    recovery: Recovery,
    run: Run,
  ): Promise<string | undefined> {
    this.runs.set(stack, run);
    const due = new Set(plan?.changes.map((change) => change.logicalId));
    await walk(
      model.order(),
      (id) => model.dependencies(id),
      (id) => this.provisioner.provision(stack, model, id, run, recovery, due.has(id)),
    );
    this.runs.delete(stack);
    if (run.isCancelled) return run.reason || 'Cancelled by the user. ';
    return this.publish(stack, model);
  }

  /** Works out outputs and exports. @returns why that failed */
  private publish(stack: Stack, model: Model): string | undefined {
    try {
      const masked = {
        ref: (id: string) => stack.values.ref(id),
        getAtt: (id: string, attribute: string) =>
          stack.resources.get(id)?.noEcho ? '****' : stack.values.getAtt(id, attribute),
      };
      const outputs: Output[] = [];
      const exports: StackExport[] = [];
      for (const [key, { Value, Description, Condition, Export }] of Object.entries(model.template.Outputs)) {
        if (!model.holds(Condition)) continue;
        const name = Export === undefined ? undefined : String(model.resolve(Export.Name, stack.values));
        outputs.push({
          OutputKey: key,
          OutputValue: String(model.resolve(Value, masked)),
          ...(Description !== undefined ? { Description } : {}),
          ...(name !== undefined ? { ExportName: name } : {}),
        });
        if (name !== undefined) exports.push({ name, value: String(model.resolve(Value, stack.values)) });
      }
      this.checkExports(stack, exports);
      stack.outputs = outputs;
      stack.exports = exports;
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  private checkExports(stack: Stack, exports: readonly StackExport[]): void {
    for (const { name } of exports) {
      const other = this.options.exporter(name);
      if (other && other !== stack)
        throw validationError(`Export with name ${name} is already exported by stack ${other.name}.`);
    }
    for (const { name, value } of stack.exports) {
      const kept = exports.find((one) => one.name === name);
      const importers = this.options.importers(name);
      if (importers.length && kept?.value !== value) {
        throw validationError(
          `Export ${name} cannot be ${kept ? 'updated' : 'deleted'} as it is in use by ${importers.join(', ')}`,
        );
      }
    }
  }

  /** A resource that failed before anything was done to it is what it was. */
  private async putBack(stack: Stack, id: string): Promise<boolean> {
    const resource = stack.resources.get(id);
    if (resource?.status === 'UPDATE_FAILED')
      stack.setResource({ ...resource, status: 'UPDATE_COMPLETE', statusReason: undefined });
    return true;
  }

  /** Waits for handlers that went on after they were cancelled, so that what they made can be deleted. */
  private async settleLate(stack: Stack): Promise<void> {
    for (const [id, { before, made: known, late }] of this.recoveries.get(stack)?.touched ?? []) {
      const made = known ?? (await late);
      const resource = stack.resources.get(id);
      if (!before && made !== undefined && resource)
        stack.resources.set(id, { ...resource, physicalId: made });
    }
  }

  /** Deletes what the model no longer has and what was replaced. Failures do not fail the stack. */
  private async cleanUp(stack: Stack, model: Model, run: Run): Promise<void> {
    const removed = this.owned(stack).filter((resource) => !model.isActive(resource.logicalId));
    const items = [
      ...removed.map((resource) => ({ resource, owned: true })),
      ...run.superseded.map((resource) => ({ resource, owned: false })),
    ];
    await walk(
      items,
      ({ resource }) => items.filter((other) => other.resource.dependencies.includes(resource.logicalId)),
      async ({ resource, owned }) => {
        const policy = owned ? resource.deletionPolicy : resource.updateReplacePolicy;
        await this.provisioner.remove(stack, resource, owned, policy === 'Retain');
        if (owned) stack.resources.delete(resource.logicalId);
        return true;
      },
    );
  }

  /** Resources that are, or may be, there. */
  private owned(stack: Stack): StackResource[] {
    return [...stack.resources.values()].filter(
      ({ status }) => status !== 'DELETE_COMPLETE' && status !== 'DELETE_SKIPPED',
    );
  }

  /** Deletes dependants before what they depend on. @returns logical ids of what could not be deleted */
  private async deleteResources(
    stack: Stack,
    resources: readonly StackResource[],
    retains: (policy: string | undefined, logicalId: string) => boolean,
  ): Promise<string[]> {
    const failed: string[] = [];
    await walk(
      resources,
      ({ logicalId }) => resources.filter((other) => other.dependencies.includes(logicalId)),
      async (resource) => {
        const { logicalId, deletionPolicy } = resource;
        const present = stack.resources.get(logicalId) ?? resource;
        const deleted = await this.provisioner.remove(
          stack,
          present,
          true,
          retains(deletionPolicy, logicalId),
        );
        if (!deleted) failed.push(logicalId);
        return deleted;
      },
    );
    return failed;
  }
}

function hasBefore(touched: Touched | undefined): touched is Touched & { readonly before: StackResource } {
  return touched?.before !== undefined;
}
