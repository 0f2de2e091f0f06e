import type { Machine, Observation, Refresh, RefreshEvent, Step } from '../../lib/refresh-model';
import {
  cancelRefresh,
  isActive,
  launchTemplate,
  overrideFor,
  RefreshFault,
  rollbackRefresh,
  selectForTermination,
  stepRefresh,
  templateOf,
} from '../../lib/refresh-model';
import { Watch } from './invariants';
import type { Scenario } from './scenario';
import { day, groupOf, second, started } from './scenario';

/** How a launched machine, or a replaced root volume, fares. */
export interface Fate {
  /** From its launch until it is in service; a launch hook that holds it makes this longer. */
  readonly bootMs: number;
  /** From then until it is healthy; undefined: never. */
  readonly healthyMs?: number;
  /** It turns unhealthy so long after it was healthy. */
  readonly diesMs?: number;
  /** The launch is refused. */
  readonly refused?: boolean;
  /** A launch hook gives the launch up when the machine would come into service. */
  readonly abandoned?: boolean;
}

/** What happened at a step. */
export interface Frame {
  readonly now: number;
  readonly refresh: Refresh;
  readonly machines: readonly Machine[];
}

/** What is unhealthy for so long is ended by the group itself, as in AWS. */
const graceMs = 120 * second;
const drainMs = 30 * second;
const backOffMs = 60 * second;
const mostSteps = 3_000;

/**
 * A group in which an instance refresh runs, from event to event: the model says what to do, the world
 * does it, and watches over the model's invariants.
 */
export class World {
  now = 0;
  refresh: Refresh;
  readonly frames: Frame[] = [];
  readonly events: RefreshEvent[] = [];
  /** How long a termination takes; hooks make it longer. */
  terminationMs = drainMs;
  private group;
  private alarms: Observation['alarms'];
  private readonly present = new Map<string, Machine>();
  private readonly timers: { readonly at: number; readonly act: () => void }[] = [];
  private readonly watch = new Watch();
  private launched = 0;
  private launchNotBefore = 0;

  constructor(
    scenario: Scenario,
    private readonly fate: (version: string, number: number) => Fate,
  ) {
    for (const each of scenario.machines) this.present.set(each.id, each);
    this.group = groupOf(scenario);
    this.alarms = scenario.alarms ?? [];
    this.refresh = started(scenario);
  }

  /** Invariants that did not hold. */
  get broken(): readonly string[] {
    return this.watch.broken;
  }

  get machines(): readonly Machine[] {
    return [...this.present.values()];
  }

  get observation(): Observation {
    return { group: this.group, machines: this.machines, alarms: this.alarms };
  }

  /** Does something when the world's time has come to a moment. */
  at(ms: number, act: () => void): void {
    this.timers.push({ at: ms, act });
  }

  scale(desiredCapacity: number): void {
    this.group = { ...this.group, desiredCapacity };
  }

  scaleWarmPool(warmCapacity: number): void {
    if (this.group.warmCapacity !== undefined) this.group = { ...this.group, warmCapacity };
  }

  suspend(...suspended: readonly string[]): void {
    this.group = { ...this.group, suspended };
  }

  alarm(state: Observation['alarms'][number]['state']): void {
    this.alarms = this.alarms.map(({ name }) => ({ name, state }));
  }

  change(id: string, change: Partial<Machine>): void {
    const found = this.present.get(id);
    if (found && found.lifecycle !== 'Terminating') this.present.set(id, { ...found, ...change });
  }

  die(id: string): void {
    this.change(id, { healthy: false });
    this.after(graceMs, () => {
      if (this.present.get(id)?.healthy === false) this.end(id);
    });
  }

  cancel(wait: boolean): void {
    this.ask(() => cancelRefresh('fleet', this.refresh, wait, this.now));
  }

  rollBack(): void {
    const { template } = this.group;
    const own = { ...template, writtenVersion: template.version };
    this.ask(() => rollbackRefresh('fleet', this.refresh, own, this.observation, this.now));
  }

  /** Runs until the refresh has ended: fourteen days, and as many for the way back. */
  run(limitMs = 29 * day): Refresh {
    for (let steps = 0; isActive(this.refresh.status); steps++) {
      const step = this.step();
      if (!isActive(this.refresh.status)) break;
      const due = Math.min(step.wakeAt ?? limitMs, ...this.timers.map(({ at }) => at));
      if (due > limitMs || steps > mostSteps) {
        this.watch.broken.push(`the refresh is still ${this.refresh.status} at ${this.now}`);
        break;
      }
      const hasActed = step.launch > 0 || step.terminate.length > 0 || step.replaceRoot.length > 0;
      const isHeld = step.launch > 0 && this.now < this.launchNotBefore;
      if (!hasActed || isHeld) this.now = Math.max(this.now, due);
      this.happen();
    }
    return this.refresh;
  }

  private step(): Step {
    const { observation } = this;
    const step = stepRefresh(this.refresh, observation, this.now);
    this.watch.step(this.refresh, observation, step, this.now);
    this.refresh = step.refresh;
    this.events.push(...step.events);
    this.apply(step);
    this.frames.push({ now: this.now, refresh: this.refresh, machines: this.machines });
    return step;
  }

  private ask(request: () => Refresh): void {
    try {
      this.refresh = request();
      this.watch.asked(this.refresh);
    } catch (error) {
      if (!(error instanceof RefreshFault)) throw error;
    }
  }

  private apply(step: Step): void {
    for (const id of step.terminate) this.end(id);
    for (const id of step.replaceRoot) this.replaceRoot(id);
    this.keep(step.launch, step.maxLive, false);
    if (step.warm) this.keep(step.warm.launch, step.warm.maxLive, true);
  }

  private keep(missing: number, maxLive: number, warm: boolean): void {
    for (let count = 0; count < missing && this.now >= this.launchNotBefore; count++) this.launch(warm);
    if (this.group.suspended.includes('Terminate')) return;
    const live = this.machines.filter(
      (each) =>
        each.lifecycle !== 'Terminating' && each.lifecycle !== 'Standby' && (each.warm ?? false) === warm,
    );
    const free = live.filter((each) => !each.protectedFromScaleIn);
    for (const { id } of selectForTermination(free, live, live.length - maxLive)) this.end(id);
  }

  private launch(warm: boolean): void {
    const configuration = launchTemplate(this.refresh);
    const number = this.launched++;
    const fate = this.fate(configuration.version, number);
    if (fate.refused) {
      this.launchNotBefore = this.now + backOffMs;
      this.after(backOffMs, () => undefined);
      return;
    }
    const id = `i-new-${number}`;
    const [override] = configuration.overrides ?? [];
    this.present.set(id, {
      ...{ id, template: templateOf(override, configuration), zone: this.emptiestZone() },
      ...{ instanceType: override?.instanceType, imageId: override?.imageId, warm },
      ...{ lifecycle: 'Pending', healthy: false, launchedAt: this.now, protectedFromScaleIn: false },
    });
    this.after(fate.bootMs, () => {
      if (this.present.get(id)?.lifecycle !== 'Pending') return;
      if (fate.abandoned) this.end(id);
      else this.enterService(id, fate);
    });
  }

  private replaceRoot(id: string): void {
    const { overrides = [] } = launchTemplate(this.refresh);
    const fate = this.fate(launchTemplate(this.refresh).version, this.launched++);
    this.change(id, { lifecycle: 'ReplacingRootVolume', healthy: false });
    this.after(fate.bootMs, () => {
      const found = this.present.get(id);
      if (found?.lifecycle !== 'ReplacingRootVolume') return;
      this.change(id, { imageId: overrideFor(found, overrides)?.imageId, rootReplacedAt: this.now });
      this.enterService(id, fate);
    });
  }

  private enterService(id: string, { healthyMs, diesMs }: Fate): void {
    this.change(id, { lifecycle: 'InService', inServiceAt: this.now });
    if (healthyMs === undefined) {
      this.die(id);
      return;
    }
    this.after(healthyMs, () => this.change(id, { healthy: true }));
    if (diesMs !== undefined) this.after(healthyMs + diesMs, () => this.die(id));
  }

  private end(id: string): void {
    const found = this.present.get(id);
    if (!found || found.lifecycle === 'Terminating') return;
    this.present.set(id, { ...found, lifecycle: 'Terminating' });
    this.after(this.terminationMs, () => this.present.delete(id));
  }

  private emptiestZone(): string | undefined {
    const counts = new Map<string | undefined, number>();
    for (const { zone } of this.present.values()) counts.set(zone, (counts.get(zone) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => a - b)[0]?.[0];
  }

  private after(ms: number, act: () => void): void {
    this.at(this.now + ms, act);
  }

  /** What is due by now, in its order. */
  private happen(): void {
    for (;;) {
      const next = this.timers.reduce<number>(
        (best, { at }, index) => (at <= this.now && at < (this.timers[best]?.at ?? Infinity) ? index : best),
        -1,
      );
      const [timer] = next < 0 ? [] : this.timers.splice(next, 1);
      if (!timer) return;
      timer.act();
    }
  }
}
