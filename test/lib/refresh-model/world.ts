import type {
  Group,
  Machine,
  Observation,
  Preferences,
  Refresh,
  RefreshEvent,
  TemplateVersion,
} from '../../../lib/refresh-model';
import {
  boundsOf,
  isActive,
  launchTemplate,
  resolvePreferences,
  stepRefresh,
} from '../../../lib/refresh-model';
import type { RequestedPreferences } from '../../../lib/refresh-model/preferences';
import { startRefresh } from '../../../lib/refresh-model/requests';

export const v = (version: number): TemplateVersion => ({ id: 'lt-1', version: String(version) });
export const second = 1000;
export const hour = 3600 * second;

export function machine(id: string, version: number, more: Partial<Machine> = {}): Machine {
  return {
    id,
    template: v(version),
    lifecycle: 'InService',
    healthy: true,
    inServiceAt: -24 * hour,
    launchedAt: -24 * hour,
    protectedFromScaleIn: false,
    ...more,
  };
}

export function machines(count: number, version: number, more: Partial<Machine> = {}): Machine[] {
  return Array.from({ length: count }, (_, index) => machine(`i-${version}-${index}`, version, more));
}

export interface Scenario {
  readonly preferences?: RequestedPreferences;
  readonly desired?: TemplateVersion;
  readonly saved?: TemplateVersion;
  readonly desiredCapacity: number;
  readonly machines: Machine[];
  readonly alarms?: Observation['alarms'];
}

export function group(scenario: Pick<Scenario, 'desiredCapacity' | 'saved'>): Group {
  return {
    desiredCapacity: scenario.desiredCapacity,
    template: scenario.saved ?? v(1),
    suspended: [],
  };
}

export function started(scenario: Scenario, now = 0): Refresh {
  const saved = scenario.saved ?? v(1);
  return startRefresh({
    groupName: 'fleet',
    group: {
      healthCheckGracePeriodSeconds: 0,
      defaultInstanceWarmupSeconds: 60,
      template: { ...saved, writtenVersion: saved.version },
    },
    preferences: scenario.preferences ?? {},
    desired: scenario.desired ?? v(2),
    observation: observationOf(scenario),
    now,
  });
}

export function observationOf(scenario: Scenario): Observation {
  return { group: group(scenario), machines: scenario.machines, alarms: scenario.alarms ?? [] };
}

/** How a launched machine fares. */
export interface Fate {
  /** From its launch until it is in service. */
  readonly bootMs: number;
  /** From then until it is healthy; undefined: never. */
  readonly healthyMs?: number;
  /** It turns unhealthy so long after it was healthy. */
  readonly diesMs?: number;
}

export interface Frame {
  readonly now: number;
  readonly refresh: Refresh;
  readonly machines: readonly Machine[];
}

/**
 * A group in which an instance refresh runs: the model says what to do, the world does it. What is
 * unhealthy for longer than the grace period is ended by the group itself, as in AWS.
 */
export class World {
  now = 0;
  readonly machines: Machine[];
  readonly frames: Frame[] = [];
  readonly events: RefreshEvent[] = [];
  /** Invariants that did not hold. */
  readonly broken: string[] = [];
  refresh: Refresh;
  private launched = 0;
  private readonly fates = new Map<string, Fate>();
  private readonly gone = new Map<string, number>();
  private readonly graceMs = 120 * second;
  private readonly drainMs = 30 * second;

  constructor(
    private readonly scenario: Scenario,
    private readonly fate: (version: string, number: number) => Fate,
    readonly alarms: () => Observation['alarms'] = () => scenario.alarms ?? [],
  ) {
    this.machines = [...scenario.machines];
    this.refresh = started(scenario);
  }

  get desiredCapacity(): number {
    return this.scenario.desiredCapacity;
  }

  observation(): Observation {
    return { group: group(this.scenario), machines: [...this.machines], alarms: this.alarms() };
  }

  /** Runs until the refresh ends; looks every few seconds, and in long waits only when something is due. */
  run(limitMs = 15 * 24 * hour, onStep: (world: World) => void = () => undefined): Refresh {
    while (isActive(this.refresh.status)) {
      this.live();
      const step = stepRefresh(this.refresh, this.observation(), this.now);
      this.check(step.launch, step.terminate, step.refresh);
      this.refresh = step.refresh;
      this.events.push(...step.events);
      this.apply(step.launch, step.terminate);
      this.frames.push({ now: this.now, refresh: this.refresh, machines: [...this.machines] });
      onStep(this);
      if (this.now > limitMs)
        throw new Error(`The refresh is still ${this.refresh.status} after ${limitMs} ms.`);
      const due = step.wakeAt ?? this.now + 10 * second;
      const nothingElse = this.machines.every(
        ({ lifecycle, healthy, id }) =>
          lifecycle === 'InService' && healthy && this.fates.get(id)?.diesMs === undefined,
      );
      const idle = step.launch === 0 && step.terminate.length === 0 && nothingElse;
      this.now = idle ? Math.max(due, this.now + 10 * second) : this.now + 10 * second;
    }
    return this.refresh;
  }

  /** Time passes over the machines. */
  private live(): void {
    for (const [index, each] of this.machines.entries()) {
      const fate = this.fates.get(each.id);
      if (!fate || each.lifecycle === 'Terminating') continue;
      const inServiceAt = each.launchedAt + fate.bootMs;
      const healthyAt =
        fate.healthyMs === undefined ? Number.POSITIVE_INFINITY : inServiceAt + fate.healthyMs;
      const healthy =
        this.now >= healthyAt && (fate.diesMs === undefined || this.now < healthyAt + fate.diesMs);
      const inService = this.now >= inServiceAt;
      this.machines[index] = {
        ...each,
        lifecycle: inService && each.lifecycle === 'Pending' ? 'InService' : each.lifecycle,
        inServiceAt: inService ? inServiceAt : undefined,
        healthy,
      };
      const sickSince = Math.max(inServiceAt, healthy ? this.now : inServiceAt);
      if (inService && !healthy && this.now > sickSince + this.graceMs) this.end(each.id);
    }
    for (const [id, at] of this.gone) {
      if (this.now < at) continue;
      const index = this.machines.findIndex((each) => each.id === id);
      if (index >= 0) this.machines.splice(index, 1);
      this.gone.delete(id);
    }
  }

  private apply(launch: number, terminate: readonly string[]): void {
    for (const id of terminate) this.end(id);
    for (let count = 0; count < launch; count++) {
      const number = this.launched++;
      const template = launchTemplate(this.refresh);
      const id = `i-new-${number}`;
      this.fates.set(id, this.fate(template.version, number));
      this.machines.push(
        machine(id, Number(template.version), {
          lifecycle: 'Pending',
          healthy: false,
          inServiceAt: undefined,
          launchedAt: this.now,
        }),
      );
    }
  }

  private end(id: string): void {
    const index = this.machines.findIndex((each) => each.id === id);
    const found = this.machines[index];
    if (!found || found.lifecycle === 'Terminating') return;
    this.machines[index] = { ...found, lifecycle: 'Terminating' };
    this.gone.set(id, this.now + this.drainMs);
  }

  private check(launch: number, terminate: readonly string[], refresh: Refresh): void {
    const { preferences } = refresh;
    const desired = this.scenario.desiredCapacity;
    const bounds = boundsOf(preferences, desired);
    const live = this.machines.filter(
      ({ lifecycle }) => lifecycle === 'Pending' || lifecycle === 'InService',
    );
    const serving = live.filter(({ lifecycle, healthy }) => lifecycle === 'InService' && healthy);
    const ready = serving.filter(
      ({ inServiceAt = 0 }) => inServiceAt + preferences.instanceWarmupSeconds * second <= this.now,
    );
    const ended = serving.filter(({ id }) => terminate.includes(id));
    const left = ready.filter(({ id }) => !terminate.includes(id)).length;
    if (ended.length > 0 && left < bounds.minReady)
      this.broken.push(`${left} ready machines left at ${this.now}, fewer than ${bounds.minReady}`);
    const after = live.filter(({ id }) => !terminate.includes(id)).length + launch;
    const most = Math.max(bounds.maxLive, desired + (bounds.mayOverrun ? 1 : 0), live.length);
    if (after > most) this.broken.push(`${after} machines at ${this.now}, more than ${most}`);
  }
}

export const preferencesOf = (requested: RequestedPreferences): Preferences =>
  resolvePreferences(requested, { healthCheckGracePeriodSeconds: 0 });
