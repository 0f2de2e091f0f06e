import { Heap } from './heap';
import type { Machine } from './types';

/** What the default termination policy looks at. */
export type Candidate = Pick<Machine, 'id' | 'count' | 'template' | 'launchedAt' | 'zone'>;

/**
 * Chooses machines to end as the default termination policy does: from the zone that has most, then
 * the oldest launch template version, then the oldest machine; AWS's last resort, chance, is the
 * given order here.
 * @param live all machines that count for the balance of the zones
 * @param gone those of them that were chosen before
 * @returns what stands for several machines as often as it was chosen
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
 */
export function selectForTermination<T extends Candidate>(
  candidates: readonly T[],
  live: readonly Candidate[],
  count: number,
  gone: readonly Candidate[] = [],
): readonly T[] {
  if (count <= 0 || candidates.length === 0) return [];
  const zones = zonesOf(candidates);
  if (zones.size > 1) {
    const add = ({ zone = '' }: Candidate, machines: number) => {
      const found = zones.get(zone);
      if (found) found.population += machines;
    };
    for (const machine of live) add(machine, machine.count ?? 1);
    for (const machine of gone) add(machine, -1);
  }
  const chosen: T[] = [];
  while (chosen.length < count) {
    let fullest: Zone<T> | undefined;
    for (const zone of zones.values()) {
      if (zone.oldest.size > 0 && (!fullest || compareZones(zone, fullest) < 0)) fullest = zone;
    }
    const next = fullest?.oldest.first;
    if (!fullest || !next) break;
    chosen.push(next.machine);
    next.left--;
    if (next.left === 0) fullest.oldest.pop();
    fullest.population--;
    fullest.takenAt = chosen.length;
  }
  return chosen;
}

/** A candidate with its place in the given order. */
interface Placed<T> {
  readonly machine: T;
  readonly given: number;
  /** How many of it have not been chosen. */
  left: number;
}

interface Zone<T> {
  population: number;
  /** Its candidates that have not been chosen. */
  readonly oldest: Heap<Placed<T>>;
  /** How many were chosen when one of this zone last was: the zone that was fuller until then goes first. */
  takenAt: number;
}

function zonesOf<T extends Candidate>(candidates: readonly T[]): ReadonlyMap<string, Zone<T>> {
  const byZone = new Map<string, Placed<T>[]>();
  candidates.forEach((machine, given) => {
    const { zone = '', count: left = 1 } = machine;
    const found = byZone.get(zone);
    if (found) found.push({ machine, given, left });
    else byZone.set(zone, [{ machine, given, left }]);
  });
  const zones = new Map<string, Zone<T>>();
  for (const [zone, placed] of byZone) {
    zones.set(zone, { population: 0, oldest: new Heap(placed, comparePlaced), takenAt: -1 });
  }
  return zones;
}

function compareZones<T extends Candidate>(a: Zone<T>, b: Zone<T>): number {
  const [oldestA, oldestB] = [a.oldest.first!, b.oldest.first!];
  return (
    b.population - a.population ||
    compareAge(oldestA.machine, oldestB.machine) ||
    b.takenAt - a.takenAt ||
    oldestA.given - oldestB.given
  );
}

function comparePlaced<T extends Candidate>(a: Placed<T>, b: Placed<T>): number {
  return compareAge(a.machine, b.machine) || a.given - b.given;
}

function compareAge(a: Candidate, b: Candidate): number {
  const [one, other] = [a.template, b.template];
  const isOtherVersion = one.id === other.id && one.version !== other.version;
  const byVersion = isOtherVersion ? Number(one.version) - Number(other.version) : 0;
  return byVersion || a.launchedAt - b.launchedAt;
}
