import * as sdk from '@aws-sdk/client-auto-scaling';
import type { Core } from '../core/core';
import type { Operations, ResourceType, Service } from '../core/service';
import { GroupController } from './controller';
import type { Controllers } from './group-operations';
import { groupOperations } from './group-operations';
import { instanceOperations } from './instance-operations';
import { hookResource } from './lifecycle-hook-resource';
import { hookOperations } from './lifecycle-hooks';
import { refreshOperations } from './refresh-operations';
import { groupResource } from './resources';
import { settingOperations } from './setting-operations';
import type { Group } from './state';
import { AutoScalingState } from './state';
import { tagOperations } from './tag-operations';
import { warmPoolOperations } from './warm-pool';

/** Auto Scaling groups of launch templates, and their instance refreshes. */
export class AutoScalingService implements Service, Controllers {
  readonly signingName = 'autoscaling';
  readonly sdk = sdk;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::AutoScaling::AutoScalingGroup': groupResource,
    'AWS::AutoScaling::LifecycleHook': hookResource,
  };
  readonly operations: Operations<typeof sdk>;

  private readonly state: AutoScalingState;
  private readonly controllers = new Map<Group, GroupController>();

  constructor(private readonly core: Core) {
    this.state = new AutoScalingState(core);
    this.operations = {
      ...groupOperations(this.state, this),
      ...instanceOperations(this.state, this),
      ...settingOperations(this.state, this),
      ...hookOperations(this.state, this),
      ...tagOperations(this.state),
      ...warmPoolOperations(this.state, this),
      ...refreshOperations(this.state, this),
    };
  }

  start(group: Group): void {
    const controller = new GroupController(this.core, group, () => this.stop(group));
    this.controllers.set(group, controller);
    controller.wake();
  }

  wake(group: Group): void {
    this.controllers.get(group)?.wake();
  }

  stop(group: Group): void {
    this.controllers.get(group)?.close();
    this.controllers.delete(group);
    this.state.groups.delete(group.name);
    this.state.past.push(...group.activities);
  }

  tagsOf(arn: string): Readonly<Record<string, string>> {
    const group = [...this.state.groups.values()].find((each) => each.arn === arn);
    return Object.fromEntries([...(group?.tags ?? [])].map(([key, { Value = '' }]) => [key, Value]));
  }

  async close(): Promise<void> {
    for (const controller of this.controllers.values()) controller.close();
  }
}
