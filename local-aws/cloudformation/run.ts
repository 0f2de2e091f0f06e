import type { Properties } from '../core/service';
import type { Model } from './model';
import type { StackResource } from './stack';

/** What an update did to one resource; its rollback starts from here. */
export interface Touched {
  /** The resource before the update; absent when the update brought it. */
  readonly before?: StackResource;
  /** Whether a new physical resource was to take its place. */
  readonly replacing: boolean;
  /** Properties that the handler was given. */
  readonly attempted: Properties;
  /** Physical id of what was made anew, as far as it came. */
  made?: string;
  /** The handler's end, where CloudFormation did not wait for it: id of what it made, if it did. */
  late?: Promise<string | undefined>;
}

/** What is needed to go back: the model to go back to, and everything done since. */
export interface Recovery {
  readonly stable?: Model;
  readonly touched: Map<string, Touched>;
}

interface Failure {
  readonly logicalId: string;
  readonly operation: 'create' | 'update';
}

/**
 * One pass over a stack's resources. On the way forward it ends at the first failure, and what is under
 * way is cancelled; on the way back everything that can go back does.
 */
export class Run {
  readonly failures: Failure[] = [];
  /** Logical ids of what was made or changed, so that dependants have another look. */
  readonly changed = new Set<string>();
  /** Physical resources that others took the place of; deleted once nothing can fail any more. */
  readonly superseded: StackResource[] = [];
  readonly cancelled: Promise<void>;
  isCancelled = false;
  private stop: () => void = () => undefined;

  constructor(readonly direction: 'forward' | 'back' = 'forward') {
    this.cancelled = new Promise((resolve) => {
      this.stop = resolve;
    });
  }

  fail(logicalId: string, operation: Failure['operation']): void {
    this.failures.push({ logicalId, operation });
    if (this.direction === 'forward') this.cancel();
  }

  cancel(): void {
    this.isCancelled = true;
    this.stop();
  }

  /** CloudFormation's sentences about what failed. */
  get reason(): string {
    const sentence = (operation: Failure['operation']) => {
      const ids = this.failures
        .filter((failure) => failure.operation === operation)
        .map((one) => one.logicalId);
      return ids.length ? `The following resource(s) failed to ${operation}: [${ids.join(', ')}]. ` : '';
    };
    return sentence('create') + sentence('update');
  }
}
