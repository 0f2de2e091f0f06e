import { type Machine, sameTemplate, selectForTermination, type TemplateVersion } from '../refresh-model';
import { LEAVE_SECONDS, type Plan } from './plan';
import type { Moment } from './timeline';

/** The launch template versions of the releases before and after. */
export const BEFORE: TemplateVersion = { id: 'template', version: '1' };
export const AFTER: TemplateVersion = { id: 'template', version: '2' };

/** The machines that are there at the start have long warmed up. */
const LONG_AGO = -365 * 24 * 3_600_000;
const NEVER = Number.POSITIVE_INFINITY;

type Counts = { -readonly [kind in Exclude<keyof Moment, 'atSeconds'>]: number };

/** Machines of which each takes as long as the others to boot and to leave. Times are milliseconds. */
export class VirtualFleet {
  /** When a machine of the new release last became healthy. */
  lastHealthyAt?: number;
  /** Since when there is a machine in service that does not pass its health checks. */
  unhealthySince?: number;
  private unhealthy = 0;
  private launched = 0;
  private readonly counts: Counts = { old: 0, new: 0, starting: 0, leaving: 0 };
  private readonly machines = new Map<string, Machine>();
  // What begins first is due first, because all take equally long.
  private readonly boots: Due<readonly string[]>[] = [];
  private readonly checks: Due<readonly string[]>[] = [];
  private readonly departures: Due<number>[] = [];

  constructor(private readonly plan: Plan) {
    const { capacity, alreadyNew = 0, protectedMachines = 0 } = plan;
    for (let number = 0; number < capacity; number++) {
      const template = number < alreadyNew ? AFTER : BEFORE;
      const protectedFromScaleIn = number >= alreadyNew && number < alreadyNew + protectedMachines;
      // One literal: the model reads objects that are put together by spreads five times as slowly.
      this.put({
        id: `old-${number}`,
        template,
        lifecycle: 'InService',
        healthy: true,
        protectedFromScaleIn,
        launchedAt: LONG_AGO,
        inServiceAt: LONG_AGO,
      });
    }
  }

  /** Machines that do not leave. */
  get present(): readonly Machine[] {
    return [...this.machines.values()];
  }

  get size(): number {
    return this.machines.size;
  }

  at(now: number): Moment {
    return { atSeconds: now / 1000, ...this.counts };
  }

  launch(count: number, template: TemplateVersion, now: number): void {
    if (count === 0) return;
    const ids = Array.from({ length: count }, () => `new-${this.launched++}`);
    for (const id of ids) this.put(machineOf(id, template, now));
    this.boots.push({ at: now + this.plan.bootSeconds * 1000, what: ids });
  }

  end(ids: readonly string[], now: number): void {
    const ended = ids.filter((id) => this.remove(id)).length;
    if (ended === 0) return;
    if (this.unhealthy === 0) this.unhealthySince = undefined;
    this.counts.leaving += ended;
    this.departures.push({ at: now + (this.plan.leaveSeconds ?? LEAVE_SECONDS) * 1000, what: ended });
  }

  scaleIn(surplus: number, now: number): void {
    const live = this.present;
    const free = live.filter((machine) => !machine.protectedFromScaleIn);
    this.end(
      selectForTermination(free, live, surplus).map(({ id }) => id),
      now,
    );
  }

  /** When a machine next changes in a way that a refresh sees; it never sees one that leaves. */
  get nextChangeAt(): number {
    return Math.min(this.boots[0]?.at ?? NEVER, this.checks[0]?.at ?? NEVER);
  }

  get nextDepartureAt(): number {
    return this.departures[0]?.at ?? NEVER;
  }

  /** What is due by now. */
  pass(now: number): void {
    for (const ids of due(this.boots, now)) this.boot(ids, now);
    for (const ids of due(this.checks, now)) for (const id of ids) this.check(id, now);
    for (const count of due(this.departures, now)) this.counts.leaving -= count;
  }

  private boot(ids: readonly string[], now: number): void {
    const { healthySeconds = 0 } = this.plan;
    for (const id of ids) {
      const machine = this.machines.get(id);
      if (!machine || (this.plan.failsAs === 'silent' && this.isSick(machine))) continue;
      const isWell = healthySeconds === 0 && !this.isSick(machine);
      this.enter({ ...machine, lifecycle: 'InService', inServiceAt: now, healthy: isWell }, now);
    }
    if (healthySeconds > 0) this.checks.push({ at: now + healthySeconds * 1000, what: ids });
  }

  private check(id: string, now: number): void {
    const machine = this.machines.get(id);
    if (machine?.lifecycle === 'InService' && !this.isSick(machine))
      this.enter({ ...machine, healthy: true }, now);
  }

  private enter(machine: Machine, now: number): void {
    this.put(machine);
    if (!machine.healthy) this.unhealthySince ??= now;
    else if (sameTemplate(machine.template, AFTER)) this.lastHealthyAt = now;
    if (this.unhealthy === 0) this.unhealthySince = undefined;
  }

  private isSick({ id, template }: Machine): boolean {
    const { capacity, failAtPercent, alreadyNew = 0 } = this.plan;
    if (failAtPercent === undefined || !id.startsWith('new-') || !sameTemplate(template, AFTER)) return false;
    return alreadyNew + Number(id.slice('new-'.length)) >= Math.ceil((capacity * failAtPercent) / 100);
  }

  private put(machine: Machine): void {
    const before = this.machines.get(machine.id);
    if (before) this.count(before, -1);
    this.count(machine, 1);
    this.machines.set(machine.id, machine);
  }

  private remove(id: string): boolean {
    const machine = this.machines.get(id);
    if (!machine) return false;
    this.count(machine, -1);
    return this.machines.delete(id);
  }

  private count(machine: Machine, by: 1 | -1): void {
    this.counts[kindOf(machine)] += by;
    if (isUnhealthy(machine)) this.unhealthy += by;
  }
}

/** All of one shape, which is quicker for thousands. */
function machineOf(
  id: string,
  template: TemplateVersion,
  launchedAt: number,
  inServiceAt?: number,
  protectedFromScaleIn = false,
): Machine {
  const isUp = inServiceAt !== undefined;
  const lifecycle = isUp ? 'InService' : 'Pending';
  return { id, template, lifecycle, healthy: isUp, inServiceAt, launchedAt, protectedFromScaleIn };
}

function isUnhealthy({ lifecycle, healthy }: Machine): boolean {
  return lifecycle === 'InService' && !healthy;
}

interface Due<T> {
  readonly at: number;
  readonly what: T;
}

/** Takes out what is due. */
function due<T>(queue: Due<T>[], now: number): readonly T[] {
  const later = queue.findIndex(({ at }) => at > now);
  return queue.splice(0, later < 0 ? queue.length : later).map(({ what }) => what);
}

function kindOf({ lifecycle, healthy, template }: Machine): 'old' | 'new' | 'starting' {
  if (lifecycle !== 'InService' || !healthy) return 'starting';
  return sameTemplate(template, AFTER) ? 'new' : 'old';
}
