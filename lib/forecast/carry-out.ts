import type { Machine, Observation, Refresh, Step, TemplateVersion } from '../refresh-model';
import {
  isActive,
  launchTemplate,
  sameTemplate,
  selectForTermination,
  startRefresh,
  stepRefresh,
} from '../refresh-model';
import type { Moment } from './forecast';
import { ALARM_SECONDS, LEAVE_SECONDS, type Plan } from './plan';

const BEFORE: TemplateVersion = { id: 'template', version: '1' };
const AFTER: TemplateVersion = { id: 'template', version: '2' };
/** The machines that are there at the start have long warmed up. */
const LONG_AGO = -365 * 24 * 3_600_000;
const ALARM = 'unhealthy machines';

/** A group in which an instance refresh carries a plan out: it goes from event to event, and no clock ticks. Times are milliseconds from the rollout's start. */
export class Carriage {
  private now = 0;
  private refresh: Refresh;
  private launched = 0;
  private leaving = 0;
  private alarmAt = Number.POSITIVE_INFINITY;
  private readonly machines = new Map<string, Machine>();
  // Every machine takes as long to boot and to leave, so what begins first is due first.
  private readonly boots: { readonly at: number; readonly ids: readonly string[] }[] = [];
  private readonly departures: { readonly at: number; readonly count: number }[] = [];
  private readonly timeline: Moment[] = [];

  constructor(private readonly plan: Plan) {
    for (let number = 0; number < plan.capacity; number++) {
      const id = `old-${number}`;
      this.machines.set(id, machineOf(id, BEFORE, LONG_AGO, true));
    }
    this.refresh = startRefresh({
      groupName: 'fleet',
      group: {
        healthCheckGracePeriodSeconds: 0,
        template: { ...BEFORE, writtenVersion: BEFORE.version },
      },
      preferences: {
        MinHealthyPercentage: plan.minHealthyPercentage,
        MaxHealthyPercentage: plan.maxHealthyPercentage,
        InstanceWarmup: plan.warmupSeconds,
        CheckpointPercentages: plan.checkpointPercentages,
        CheckpointDelay: plan.checkpointDelaySeconds,
        // As this project's rollouts do; no machine matches at the start.
        SkipMatching: true,
        AutoRollback: true,
        AlarmSpecification: { Alarms: [ALARM] },
      },
      desired: AFTER,
      observation: this.observation(),
      now: 0,
    });
  }

  run(): { readonly refresh: Refresh; readonly timeline: readonly Moment[] } {
    while (isActive(this.refresh.status)) {
      const { wakeAt } = this.settle();
      this.record();
      if (isActive(this.refresh.status)) this.pass(wakeAt);
    }
    // What still boots or leaves after the end is paid for, too.
    this.pass();
    return { refresh: this.refresh, timeline: this.timeline };
  }

  /** Does what the model says until it has nothing more to say for now. */
  private settle(): Step {
    for (;;) {
      const step = stepRefresh(this.refresh, this.observation(), this.now);
      this.refresh = step.refresh;
      this.end(step.terminate);
      this.launch(step.launch);
      const surplus = this.machines.size - step.maxLive;
      if (surplus > 0) this.scaleIn(surplus);
      const idle = step.launch === 0 && step.terminate.length === 0 && surplus <= 0;
      if (idle || !isActive(step.refresh.status)) return step;
    }
  }

  private observation(): Observation {
    return {
      group: { desiredCapacity: this.plan.capacity, template: BEFORE, suspended: [] },
      machines: [...this.machines.values()],
      alarms: [{ name: ALARM, state: this.now >= this.alarmAt ? 'ALARM' : 'OK' }],
    };
  }

  private launch(count: number): void {
    if (count === 0) return;
    const template = launchTemplate(this.refresh);
    const ids = Array.from({ length: count }, () => `new-${this.launched++}`);
    for (const id of ids) this.machines.set(id, machineOf(id, template, this.now, false));
    this.boots.push({ at: this.now + this.plan.bootSeconds * 1000, ids });
  }

  private end(ids: readonly string[]): void {
    const count = ids.filter((id) => this.machines.delete(id)).length;
    if (count === 0) return;
    this.leaving += count;
    this.departures.push({ at: this.now + (this.plan.leaveSeconds ?? LEAVE_SECONDS) * 1000, count });
  }

  private scaleIn(surplus: number): void {
    const live = [...this.machines.values()];
    this.end(selectForTermination(live, live, surplus).map(({ id }) => id));
  }

  /** Lets time pass until the model has to be asked again: it never sees a machine that leaves. */
  private pass(wakeAt = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const boot = this.boots[0]?.at ?? Number.POSITIVE_INFINITY;
      const alarmAt = this.alarmAt > this.now ? this.alarmAt : Number.POSITIVE_INFINITY;
      const isOver = !isActive(this.refresh.status);
      const asked = isOver ? boot : Math.min(wakeAt, alarmAt, boot);
      const departure = this.departures[0]?.at ?? Number.POSITIVE_INFINITY;
      const next = Math.min(asked, departure);
      if (next === Number.POSITIVE_INFINITY) return;
      this.now = next;
      this.happen();
      if (next === asked && !isOver) return;
      this.record();
    }
  }

  /** What is due now. */
  private happen(): void {
    for (let due = this.boots[0]; due && due.at <= this.now; due = this.boots[0]) {
      this.boots.shift();
      for (const id of due.ids) this.boot(id);
    }
    for (let due = this.departures[0]; due && due.at <= this.now; due = this.departures[0]) {
      this.departures.shift();
      this.leaving -= due.count;
    }
  }

  private boot(id: string): void {
    const machine = this.machines.get(id);
    if (!machine) return;
    const healthy = !this.isSick(machine);
    this.machines.set(id, { ...machine, lifecycle: 'InService', inServiceAt: this.now, healthy });
    if (!healthy) this.alarmAt = Math.min(this.alarmAt, this.now + ALARM_SECONDS * 1000);
  }

  private isSick({ id, template }: Machine): boolean {
    const { capacity, failAtPercent } = this.plan;
    if (failAtPercent === undefined || !sameTemplate(template, AFTER)) return false;
    return Number(id.slice('new-'.length)) >= Math.ceil((capacity * failAtPercent) / 100);
  }

  private record(): void {
    const moment = { atSeconds: this.now / 1000, old: 0, new: 0, starting: 0, leaving: this.leaving };
    for (const { lifecycle, healthy, template } of this.machines.values()) {
      if (lifecycle !== 'InService' || !healthy) moment.starting++;
      else if (sameTemplate(template, AFTER)) moment.new++;
      else moment.old++;
    }
    const last = this.timeline.at(-1);
    if (last && isSame(last, moment)) return;
    if (last?.atSeconds === moment.atSeconds) this.timeline.pop();
    this.timeline.push(moment);
  }
}

function isSame(a: Moment, b: Moment): boolean {
  return a.old === b.old && a.new === b.new && a.starting === b.starting && a.leaving === b.leaving;
}

function machineOf(id: string, template: TemplateVersion, launchedAt: number, isUp: boolean): Machine {
  return {
    id,
    template,
    lifecycle: isUp ? 'InService' : 'Pending',
    healthy: isUp,
    inServiceAt: isUp ? launchedAt : undefined,
    launchedAt,
    protectedFromScaleIn: false,
  };
}
