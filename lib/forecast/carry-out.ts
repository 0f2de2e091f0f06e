import type { Observation, Refresh, Step } from '../refresh-model';
import { isActive, launchTemplate, rollbackRefresh, startRefresh, stepRefresh } from '../refresh-model';
import { turnBackOf } from './controller';
import { ALARM_SECONDS, type Plan } from './plan';
import type { Hold, Moment } from './timeline';
import { AFTER, BEFORE, VirtualFleet } from './virtual-fleet';

const ALARM = 'unhealthy machines';
const GROUP = 'fleet';
const TEMPLATE = { ...BEFORE, writtenVersion: BEFORE.version };

/** How a plan was carried out. */
export interface Course {
  readonly refresh: Refresh;
  readonly timeline: readonly Moment[];
  readonly holds: readonly Hold[];
}

/**
 * A group in which an instance refresh carries a plan out: it goes from event to event, and no clock ticks.
 * Times are milliseconds from the rollout's start.
 * @throws RefreshFault ValidationError, when AWS would refuse the plan
 */
export class Carriage {
  private now = 0;
  private refresh: Refresh;
  private readonly fleet: VirtualFleet;
  private readonly timeline: Moment[] = [];
  private readonly holds: Hold[] = [];

  constructor(private readonly plan: Plan) {
    this.fleet = new VirtualFleet(plan);
    this.refresh = startRefresh({
      groupName: GROUP,
      group: { healthCheckGracePeriodSeconds: 0, template: TEMPLATE },
      preferences: {
        MinHealthyPercentage: plan.minHealthyPercentage,
        MaxHealthyPercentage: plan.maxHealthyPercentage,
        InstanceWarmup: plan.warmupSeconds,
        CheckpointPercentages: plan.checkpointPercentages,
        CheckpointDelay: plan.checkpointDelaySeconds,
        BakeTime: plan.bakeTimeSeconds,
        ScaleInProtectedInstances: plan.whenProtected,
        // As this project's rollouts do.
        SkipMatching: true,
        AutoRollback: true,
        AlarmSpecification: { Alarms: plan.ignoreAlarms ? [] : [ALARM] },
      },
      desired: AFTER,
      observation: this.observation(),
      now: 0,
    });
  }

  run(): Course {
    while (isActive(this.refresh.status)) {
      this.turnBack();
      const { wakeAt } = this.settle();
      this.record();
      if (isActive(this.refresh.status))
        this.pass(Math.min(wakeAt ?? Number.POSITIVE_INFINITY, this.turnsBackAt));
    }
    // What still boots or leaves after the end is paid for, too.
    this.pass();
    return { refresh: this.refresh, timeline: this.timeline, holds: this.holds };
  }

  private get turnsBackAt(): number {
    return turnBackOf(this.plan, this.refresh, this.fleet.lastHealthyAt)?.at ?? Number.POSITIVE_INFINITY;
  }

  private turnBack(): void {
    const due = turnBackOf(this.plan, this.refresh, this.fleet.lastHealthyAt);
    if (!due || this.now < due.at) return;
    const back = rollbackRefresh(GROUP, this.refresh, TEMPLATE, this.observation(), this.now);
    this.refresh = {
      ...back,
      statusReason: due.reason,
      rollback: back.rollback && { ...back.rollback, reason: due.reason },
    };
  }

  /** Does what the model says until it has nothing more to say for now. */
  private settle(): Step {
    for (;;) {
      const { status } = this.refresh;
      const step = stepRefresh(this.refresh, this.observation(), this.now);
      this.refresh = step.refresh;
      this.fleet.end(step.terminate, this.now);
      this.fleet.launch(step.launch, launchTemplate(this.refresh), this.now);
      const surplus = this.fleet.size - step.maxLive;
      if (surplus > 0) this.fleet.scaleIn(surplus, this.now);
      this.note(step, status);
      const idle = step.launch === 0 && step.terminate.length === 0 && surplus <= 0;
      if (idle || !isActive(step.refresh.status)) return step;
    }
  }

  private note({ refresh, events }: Step, before: Refresh['status']): void {
    const hold = (name: string, until: number | undefined) => {
      if (until === undefined || until <= this.now) return;
      this.holds.push({ name, fromSeconds: this.now / 1000, untilSeconds: until / 1000 });
    };
    for (const { checkpointPercentage } of events) {
      if (checkpointPercentage !== undefined)
        hold(`checkpoint ${checkpointPercentage}%`, refresh.checkpointUntil);
    }
    if (refresh.status === 'Baking' && before !== 'Baking') hold('bake time', refresh.bakeUntil);
  }

  private observation(): Observation {
    return {
      group: { desiredCapacity: this.plan.capacity, template: BEFORE, suspended: [] },
      machines: this.fleet.present,
      alarms: [{ name: ALARM, state: this.now >= this.alarmAt ? 'ALARM' : 'OK' }],
    };
  }

  private get alarmAt(): number {
    const { unhealthySince } = this.fleet;
    if (this.plan.ignoreAlarms || unhealthySince === undefined) return Number.POSITIVE_INFINITY;
    return unhealthySince + ALARM_SECONDS * 1000;
  }

  /** Lets time pass until the model has to be asked again. */
  private pass(wakeAt = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const { fleet } = this;
      const alarm = this.alarmAt;
      const isOver = !isActive(this.refresh.status);
      const change = fleet.nextChangeAt;
      const asked = isOver ? change : Math.min(wakeAt, alarm > this.now ? alarm : change, change);
      const next = Math.min(asked, fleet.nextDepartureAt);
      if (next === Number.POSITIVE_INFINITY) return;
      this.now = next;
      fleet.pass(next);
      if (next === asked && !isOver) return;
      this.record();
    }
  }

  private record(): void {
    const moment = this.fleet.at(this.now);
    const last = this.timeline.at(-1);
    if (last && isSame(last, moment)) return;
    if (last?.atSeconds === moment.atSeconds) this.timeline.pop();
    this.timeline.push(moment);
  }
}

function isSame(a: Moment, b: Moment): boolean {
  return a.old === b.old && a.new === b.new && a.starting === b.starting && a.leaving === b.leaving;
}
