import {
  isActive,
  launchTemplate,
  sameTemplate,
  selectForTermination,
  stepRefresh,
} from '../../lib/refresh-model';
import type { Timer } from '../core/clock';
import { holding } from '../core/clock';
import type { Core } from '../core/core';
import { publishRefreshEvent } from './events';
import type { Sighting } from './health';
import { judge, look } from './health';
import { continueEnd, continueLaunch } from './lifecycle-actions';
import { beginTermination, enterWarmPool, launch, leaveWarmPool } from './machines';
import { replaceUnhealthy } from './maintenance';
import { resolveConfiguration } from './mixed-instances';
import { observe } from './observe';
import type { Group, GroupInstance, GroupTemplate, RefreshRecord } from './state';
import { at, isPending, isTerminating } from './state';
import { autoScalingTiming } from './timing';
import { pooled, warmCapacityOf } from './warm-pool';

const forRefresh = 'in response to an instance refresh.';
const forDeletion = 'an instance was taken out of service because its Auto Scaling group was force deleted.';
const difference = 'in response to a difference between desired and actual capacity';

/** Keeps one group at its desired capacity with healthy machines, and drives its instance refreshes. */
export class GroupController {
  private timer?: Timer;
  private looking = false;
  private again = false;
  private closed = false;

  constructor(
    private readonly core: Core,
    private readonly group: Group,
    private readonly onEmpty: () => void,
  ) {}

  /** Looks soon: something has changed. */
  wake(): void {
    this.again = this.looking;
    if (!this.looking) this.schedule(0);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
  }

  private schedule(ms: number): void {
    this.timer?.cancel();
    if (this.closed) return;
    this.timer = this.core.clock.after(ms, () => {
      this.timer = undefined;
      void holding(this.core.clock, () => this.round());
    });
  }

  private async round(): Promise<void> {
    this.looking = true;
    this.again = false;
    try {
      await this.look();
    } catch (error) {
      // A call can fail because something is just being deleted; the next round sees it as it is then.
      console.error(`Auto Scaling group ${this.group.name}:`, error);
    } finally {
      this.looking = false;
      if (!this.isIdle() || this.again) this.schedule(this.again ? 0 : autoScalingTiming.lookMs);
    }
  }

  /** An empty group that is to be empty needs no looking after until somebody wakes it. */
  private isIdle(): boolean {
    return (
      this.group.instances.size === 0 &&
      this.group.desiredCapacity === 0 &&
      !warmCapacityOf(this.group) &&
      !this.activeRefresh()
    );
  }

  private async look(): Promise<void> {
    const { core, group } = this;
    const sighting = await look(core, group);
    await this.follow(sighting);
    if (group.deleting) {
      for (const instance of group.instances.values()) await this.end(instance, forDeletion, false);
      if (group.instances.size === 0) this.onEmpty();
      return;
    }
    const extra = await this.replaceUnhealthy(sighting);
    const refresh = this.activeRefresh();
    if (refresh) await this.refresh(refresh);
    else {
      const capacityNow = group.desiredCapacity + extra;
      await this.keep(capacityNow - this.live().length, capacityNow);
      const capacity = warmCapacityOf(group) ?? 0;
      await this.keepWarm(capacity - this.warm().length, capacity);
    }
  }

  /** Brings every machine's state in line with what was seen. */
  private async follow(sighting: Sighting): Promise<void> {
    const { core, group } = this;
    for (const instance of [...group.instances.values()]) {
      if (isTerminating(instance)) {
        await continueEnd(core, group, instance, sighting);
        continue;
      }
      judge(group, instance, sighting, core.clock.now());
      const isRunning = sighting.states.get(instance.id) === 'running';
      if (instance.lifecycle === 'Warmed:Pending' && isRunning) enterWarmPool(core, instance);
      if (isPending(instance) && isRunning) await continueLaunch(core, group, instance);
    }
  }

  /**
   * Ends unhealthy machines, by the group's maintenance policy while no refresh has rules of its own.
   * @returns how many machines the group has until then beside its desired capacity
   */
  private async replaceUnhealthy(sighting: Sighting): Promise<number> {
    const { suspended, settings, desiredCapacity } = this.group;
    if (suspended.has('ReplaceUnhealthy') || suspended.has('Terminate')) return 0;
    const policy = this.activeRefresh() ? undefined : settings.InstanceMaintenancePolicy;
    const live = this.live().map((instance) => this.replaceable(instance, sighting));
    const { end, extra } = replaceUnhealthy(live, desiredCapacity, policy);
    for (const { instance, isUnhealthy } of live) {
      if (!isUnhealthy || instance.isBeingReplaced) continue;
      instance.isBeingReplaced = true;
      this.group.unhealthyReplacements++;
    }
    const pool = this.warm().filter(({ healthStatus }) => healthStatus === 'Unhealthy');
    this.group.unhealthyReplacements += pool.length;
    for (const instance of [...end.map((each) => each.instance), ...pool]) {
      const cause = instance.unhealthyCause ?? 'a user health-check';
      await this.end(instance, `an instance was taken out of service in response to ${cause}.`, false);
    }
    return extra;
  }

  private replaceable(instance: GroupInstance, sighting: Sighting) {
    const { settings } = this.group;
    const { DefaultInstanceWarmup = -1, HealthCheckGracePeriod = 0 } = settings;
    const warmupMs = (DefaultInstanceWarmup < 0 ? HealthCheckGracePeriod : DefaultInstanceWarmup) * 1000;
    const { inServiceAt = Number.POSITIVE_INFINITY } = instance;
    return {
      instance,
      isUnhealthy: instance.healthStatus === 'Unhealthy',
      isReady: instance.passing && this.core.clock.now() >= inServiceAt + warmupMs,
      isServing: instance.lifecycle === 'InService' && sighting.states.get(instance.id) === 'running',
    };
  }

  private activeRefresh(): RefreshRecord | undefined {
    const refresh = this.group.refreshes.at(-1);
    return refresh && isActive(refresh.model.status) ? refresh : undefined;
  }

  /** Launches what is missing, or ends what is too many. */
  private async keep(missing: number, maxLive: number, template = this.group.template): Promise<void> {
    const { core, group } = this;
    for (let left = missing - this.takeFromPool(missing, template); left > 0; left--) {
      if (group.suspended.has('Launch') || core.clock.now() < group.launchNotBefore) return;
      if (!(await launch(core, group, template, this.launchCause(template)))) return;
    }
    const surplus = this.live().length - maxLive;
    if (surplus <= 0 || group.suspended.has('Terminate')) return;
    for (const instance of this.surplus(surplus)) {
      const from = this.live().length;
      await this.end(
        instance,
        `an instance was taken out of service ${difference}, shrinking the capacity from ${from} to ${from - 1}.`,
      );
    }
  }

  /** Unless a refresh replaces machines, which has its own order, what does not serve yet goes before what serves. */
  private surplus(count: number): readonly GroupInstance[] {
    const live = this.live();
    const candidates = live.filter((instance) => !instance.protectedFromScaleIn);
    const refresh = this.activeRefresh();
    const isReplacing = refresh !== undefined && refresh.model.status !== 'Cancelling';
    const waiting = isReplacing ? [] : candidates.filter(isPending);
    const first = selectForTermination(waiting, live, count);
    const others = candidates.filter((instance) => !waiting.includes(instance));
    return [...first, ...selectForTermination(others, live, count - first.length, first)];
  }

  /**
   * Brings machines of the warm pool on their way into service; while a refresh goes on, such alone as it
   * would launch. @returns how many
   */
  private takeFromPool(missing: number, template: GroupTemplate): number {
    const { core, group } = this;
    if (missing <= 0 || group.suspended.has('Launch')) return 0;
    const isRefreshed = this.activeRefresh() !== undefined;
    const taken = this.warm()
      .filter(({ lifecycle, passing }) => lifecycle === 'Warmed:Running' && passing)
      .filter((each) => !isRefreshed || sameTemplate(each.template, template))
      .slice(0, missing);
    for (const instance of taken) leaveWarmPool(core, group, instance, this.launchCause(template));
    return taken.length;
  }

  /** Launches what the warm pool lacks, or ends what it has too many of. */
  private async keepWarm(missing: number, most: number, template = this.group.template): Promise<void> {
    const { core, group } = this;
    for (let left = missing; left > 0; left--) {
      if (group.suspended.has('Launch') || core.clock.now() < group.launchNotBefore) return;
      if (!(await launch(core, group, template, 'an instance was launched into the warm pool.', true)))
        return;
    }
    const surplus = this.warm().length - most;
    if (surplus <= 0 || group.suspended.has('Terminate')) return;
    for (const instance of selectForTermination(this.warm(), this.warm(), surplus))
      await this.end(instance, 'an instance was taken out of the warm pool.');
  }

  private warm(): readonly GroupInstance[] {
    return pooled(this.group).filter((instance) => !isTerminating(instance));
  }

  private async refresh(record: RefreshRecord): Promise<void> {
    const { core, group } = this;
    await this.retarget(record);
    const observation = await observe(core, group, record);
    if (!isActive(record.model.status)) return;
    const step = stepRefresh(record.model, observation, core.clock.now());
    record.model = step.refresh;
    if (step.refresh.status === 'Successful' && record.target) group.template = record.target;
    for (const event of step.events) publishRefreshEvent(core, group, record, event);
    const wanted = launchTemplate(step.refresh) === step.refresh.desired ? record.target : undefined;
    for (const machine of step.terminate) {
      const instance = group.instances.get(machine);
      if (instance) await this.end(instance, `an instance was taken out of service ${forRefresh}`);
    }
    await this.keep(step.launch, step.maxLive, wanted);
    await this.keepWarm(step.warm?.launch ?? 0, step.warm?.maxLive ?? 0, wanted);
  }

  /** A version that is published meanwhile has finished machines replaced again. */
  private async retarget(record: RefreshRecord): Promise<void> {
    const { target, desiredConfiguration } = record;
    if (!desiredConfiguration || !target?.writtenVersion.startsWith('$')) return;
    const { template } = await resolveConfiguration(this.core, desiredConfiguration);
    if (sameTemplate(template, target)) return;
    record.target = template;
    record.model = { ...record.model, desired: template };
  }

  /** @param selected whether it was chosen among others, which AWS says then */
  private async end(instance: GroupInstance, cause: string, selected = true): Promise<void> {
    if (isTerminating(instance)) return;
    const choice = `  ${at(this.core)} instance ${instance.id} was selected for termination.`;
    await beginTermination(this.core, this.group, instance, selected ? cause + choice : cause);
  }

  private launchCause(template: GroupTemplate): string {
    const { group } = this;
    const refresh = this.activeRefresh();
    if (group.unhealthyReplacements > 0) {
      group.unhealthyReplacements--;
      return 'an instance was launched in response to an unhealthy instance needing to be replaced.';
    }
    if (refresh && group.request === undefined && sameTemplate(template, launchTemplate(refresh.model)))
      return `an instance was launched ${forRefresh}`;
    const from = this.live().length;
    return `an instance was started ${difference}, increasing the capacity from ${from} to ${group.desiredCapacity}.`;
  }

  private live(): readonly GroupInstance[] {
    return [...this.group.instances.values()].filter(
      (instance) => isPending(instance) || instance.lifecycle === 'InService',
    );
  }
}
