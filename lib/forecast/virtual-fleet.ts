import {
  countOf,
  type Machine,
  sameTemplate,
  selectForTermination,
  type TemplateVersion,
} from '../refresh-model';
import { LEAVE_SECONDS, type Plan } from './plan';
import type { Moment } from './timeline';

/** The launch template versions of the releases before and after. */
export const BEFORE: TemplateVersion = { id: 'template', version: '1' };
export const AFTER: TemplateVersion = { id: 'template', version: '2' };

/** The machines that are there at the start have long warmed up. */
const LONG_AGO = -365 * 24 * 3_600_000;
const NEVER = Number.POSITIVE_INFINITY;

type Counts = { -readonly [kind in Exclude<keyof Moment, 'atSeconds'>]: number };

/** Machines that are alike. */
type Batch = Machine & { readonly count: number };

/**
 * Machines of which each takes as long as the others to boot and to leave. Those that began together are
 * taken together, and so are those that have warmed up: what a step costs does not grow with the fleet.
 * Times are milliseconds.
 */
export class VirtualFleet {
  /** When a machine of the new release last became healthy. */
  lastHealthyAt?: number;
  /** Since when there is a machine in service that does not pass its health checks. */
  unhealthySince?: number;
  private launched = 0;
  private leaving = 0;
  private readonly batches = new Map<string, Batch>();
  /** Ids of launched batches that never become healthy. */
  private readonly sick = new Set<string>();
  // What begins first is due first, because all take equally long.
  private readonly boots: Due<string>[] = [];
  private readonly checks: Due<string>[] = [];
  private readonly departures: Due<number>[] = [];

  constructor(private readonly plan: Plan) {
    const { capacity, alreadyNew = 0, protectedMachines = 0 } = plan;
    const guarded = Math.min(protectedMachines, capacity - alreadyNew);
    this.furnish(0, alreadyNew, AFTER);
    this.furnish(alreadyNew, guarded, BEFORE, true);
    this.furnish(alreadyNew + guarded, capacity - alreadyNew - guarded, BEFORE);
  }

  /** Machines that do not leave. */
  get present(): readonly Machine[] {
    return [...this.batches.values()];
  }

  get size(): number {
    return countOf(this.present);
  }

  at(now: number): Moment {
    const counts: Counts = { old: 0, new: 0, starting: 0, leaving: this.leaving };
    for (const batch of this.batches.values()) counts[kindOf(batch)] += batch.count;
    return { atSeconds: now / 1000, ...counts };
  }

  launch(count: number, template: TemplateVersion, now: number): void {
    const well = Math.min(count, this.wellAhead(template));
    this.start(well, template, now, false);
    this.start(count - well, template, now, true);
  }

  /** @param ids one for each machine that is to go */
  end(ids: readonly string[], now: number): void {
    const going = new Map<string, number>();
    for (const id of ids) going.set(id, (going.get(id) ?? 0) + 1);
    for (const [id, count] of going) {
      const batch = this.batches.get(id);
      if (!batch) continue;
      if (batch.count > count) this.batches.set(id, { ...batch, count: batch.count - count });
      else this.batches.delete(id);
    }
    if (ids.length === 0) return;
    this.leaving += ids.length;
    this.departures.push({ at: now + (this.plan.leaveSeconds ?? LEAVE_SECONDS) * 1000, what: ids.length });
    this.watch(now);
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
    for (const id of due(this.boots, now)) this.boot(id, now);
    for (const id of due(this.checks, now)) this.check(id, now);
    for (const count of due(this.departures, now)) this.leaving -= count;
    this.watch(now);
    this.gather(now);
  }

  /** Puts machines there that have long been there. */
  private furnish(from: number, count: number, template: TemplateVersion, isProtected = false): void {
    if (count === 0) return;
    const id = `old-${from}`;
    this.batches.set(id, {
      ...{ id, count, template, protectedFromScaleIn: isProtected, lifecycle: 'InService', healthy: true },
      ...{ inServiceAt: LONG_AGO, launchedAt: LONG_AGO },
    });
  }

  private boot(id: string, now: number): void {
    const batch = this.batches.get(id);
    const isSick = this.sick.has(id);
    if (!batch || (isSick && this.plan.failsAs === 'silent')) return;
    const { healthySeconds = 0 } = this.plan;
    this.batches.set(id, { ...batch, lifecycle: 'InService', inServiceAt: now });
    if (healthySeconds > 0) this.checks.push({ at: now + healthySeconds * 1000, what: id });
    else this.check(id, now);
  }

  private check(id: string, now: number): void {
    const batch = this.batches.get(id);
    if (!batch || this.sick.has(id)) return;
    this.batches.set(id, { ...batch, healthy: true });
    if (sameTemplate(batch.template, AFTER)) this.lastHealthyAt = now;
  }

  /** Notes since when there is an unhealthy machine. */
  private watch(now: number): void {
    const isUnhealthy = this.present.some(({ lifecycle, healthy }) => lifecycle === 'InService' && !healthy);
    this.unhealthySince = isUnhealthy ? (this.unhealthySince ?? now) : undefined;
  }

  /** Takes launched machines of a release together when they have warmed up: they are alike from then on. */
  private gather(now: number): void {
    const warm = new Map<string, Batch>();
    for (const batch of this.batches.values()) {
      const { id, inServiceAt = NEVER, launchedAt, healthy, template } = batch;
      if (launchedAt === LONG_AGO || !healthy || inServiceAt + this.plan.warmupSeconds * 1000 > now) continue;
      const earlier = warm.get(template.version);
      if (earlier) this.batches.delete(id);
      // Of several the last has warmed up last.
      const all = earlier ? { ...earlier, inServiceAt, count: earlier.count + batch.count } : batch;
      warm.set(template.version, all);
      this.batches.set(all.id, all);
    }
  }

  private start(count: number, template: TemplateVersion, now: number, isSick: boolean): void {
    if (count === 0) return;
    const id = `new-${this.launched}`;
    this.launched += count;
    this.batches.set(id, {
      ...{ id, count, template, launchedAt: now, lifecycle: 'Pending', healthy: false },
      protectedFromScaleIn: false,
    });
    if (isSick) this.sick.add(id);
    this.boots.push({ at: now + this.plan.bootSeconds * 1000, what: id });
  }

  /** How many of the next machines will be well. */
  private wellAhead(template: TemplateVersion): number {
    const { capacity, failAtPercent, alreadyNew = 0 } = this.plan;
    if (failAtPercent === undefined || !sameTemplate(template, AFTER)) return NEVER;
    return Math.max(0, Math.ceil((capacity * failAtPercent) / 100) - alreadyNew - this.launched);
  }
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
