import type { Machine } from './types';

/** What the default termination policy looks at. */
export type Candidate = Pick<Machine, 'id' | 'template' | 'launchedAt' | 'zone'>;

/**
 * Chooses machines to end as the default termination policy does: from the zone that has most, then
 * the oldest launch template version, then the oldest machine; AWS's last resort, chance, is the
 * given order here.
 * @param live all machines that count for the balance of the zones
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
 */
export function selectForTermination<T extends Candidate>(
  candidates: readonly T[],
  live: readonly Candidate[],
  count: number,
): readonly T[] {
  if (count <= 0 || candidates.length === 0) return [];
  const zones = new Map<string, Zone<T>>();
  const zoneOf = ({ zone = '' }: Candidate) => {
    const known = zones.get(zone);
    if (known) return known;
    const found: Zone<T> = { population: 0, queue: [], next: 0, takenAt: -1 };
    zones.set(zone, found);
    return found;
  };
  for (const machine of live) zoneOf(machine).population++;
  const oldestFirst = candidates.map((machine, given) => ({ machine, given }));
  oldestFirst.sort((a, b) => compareAge(a.machine, b.machine) || a.given - b.given);
  for (const each of oldestFirst) zoneOf(each.machine).queue.push(each);

  const chosen: T[] = [];
  while (chosen.length < Math.min(count, candidates.length)) {
    const [first, ...others] = [...zones.values()].filter(({ next, queue }) => next < queue.length);
    if (!first) break;
    const zone = others.reduce((best, each) => (compareZones(each, best) < 0 ? each : best), first);
    chosen.push(head(zone).machine);
    zone.next++;
    zone.population--;
    zone.takenAt = chosen.length;
  }
  return chosen;
}

interface Zone<T> {
  population: number;
  /** Its candidates, oldest first, each with its place in the given order. */
  readonly queue: { readonly machine: T; readonly given: number }[];
  /** Index of the first that has not been chosen. */
  next: number;
  /** How many were chosen when one of this zone last was: the zone that was fuller until then goes first. */
  takenAt: number;
}

function head<T>({ queue, next }: Zone<T>): Zone<T>['queue'][number] {
  return queue[next]!;
}

function compareZones<T extends Candidate>(a: Zone<T>, b: Zone<T>): number {
  return (
    b.population - a.population ||
    compareAge(head(a).machine, head(b).machine) ||
    b.takenAt - a.takenAt ||
    head(a).given - head(b).given
  );
}

function compareAge(a: Candidate, b: Candidate): number {
  const sameId = a.template.id === b.template.id;
  const byTemplate = sameId ? Number(a.template.version) - Number(b.template.version) : 0;
  return byTemplate || a.launchedAt - b.launchedAt;
}
