import { randomUUID } from 'node:crypto';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { validationError } from './faults';
import { type ChangeSet, Stack } from './stack';

/** All stacks of the account and region, the deleted ones included. */
export class StackStore {
  private readonly byId = new Map<string, Stack>();

  constructor(private readonly core: Core) {}

  all(): readonly Stack[] {
    return [...this.byId.values()];
  }

  live(): readonly Stack[] {
    return this.all().filter((stack) => stack.status !== 'DELETE_COMPLETE');
  }

  add(name: string): Stack {
    if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) {
      throw validationError(
        `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      );
    }
    const stack = new Stack(
      this.core.clock,
      name,
      this.core.arn('cloudformation', `stack/${name}/${randomUUID()}`),
    );
    this.byId.set(stack.id, stack);
    return stack;
  }

  /** Forgets a stack that never came to be. */
  remove(stack: Stack): void {
    this.byId.delete(stack.id);
  }

  /** A stack by its id, or, as long as it is not deleted, by its name. */
  find(nameOrId: string | undefined): Stack | undefined {
    return this.byId.get(nameOrId ?? '') ?? this.live().find((stack) => stack.name === nameOrId);
  }

  /** @throws Fault ValidationError with the words that the CDK CLI looks for */
  get(nameOrId: string | undefined): Stack {
    const stack = this.find(nameOrId);
    if (!stack) throw validationError(`Stack with id ${nameOrId} does not exist`);
    return stack;
  }

  /** A change set by its id, or by its name and its stack's. */
  findChangeSet(
    nameOrId: string | undefined,
    stackNameOrId: string | undefined,
  ): [Stack, ChangeSet] | undefined {
    const stacks = nameOrId?.startsWith('arn:') ? this.all() : [this.find(stackNameOrId)];
    for (const stack of stacks) {
      for (const changeSet of stack?.changeSets.values() ?? []) {
        if (stack && (changeSet.id === nameOrId || changeSet.name === nameOrId)) return [stack, changeSet];
      }
    }
    return undefined;
  }

  /** @throws Fault ChangeSetNotFound */
  changeSet(nameOrId: string | undefined, stackNameOrId: string | undefined): [Stack, ChangeSet] {
    const found = this.findChangeSet(nameOrId, stackNameOrId);
    if (!found) throw new Fault('ChangeSetNotFound', `ChangeSet [${nameOrId}] does not exist`, 404);
    return found;
  }

  exporter(exportName: string): Stack | undefined {
    return this.live().find((stack) => stack.exports.some(({ name }) => name === exportName));
  }

  exported(exportName: string): string | undefined {
    return this.exporter(exportName)?.exports.find(({ name }) => name === exportName)?.value;
  }

  /** Names of the stacks that import an export. */
  importers(exportName: string): readonly string[] {
    return this.live()
      .filter((stack) => stack.model?.imports.has(exportName))
      .map((stack) => stack.name);
  }
}
