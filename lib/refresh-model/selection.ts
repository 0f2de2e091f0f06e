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
  const remaining = [...candidates];
  const zones = new Map<string, number>();
  for (const { zone = '' } of live) zones.set(zone, (zones.get(zone) ?? 0) + 1);
  const population = (machine: Candidate) => zones.get(machine.zone ?? '') ?? 0;
  const chosen: T[] = [];
  while (chosen.length < count && remaining.length > 0) {
    remaining.sort((a, b) => population(b) - population(a) || compareAge(a, b));
    const next = remaining.shift() as T;
    zones.set(next.zone ?? '', population(next) - 1);
    chosen.push(next);
  }
  return chosen;
}

function compareAge(a: Candidate, b: Candidate): number {
  const sameId = a.template.id === b.template.id;
  const byTemplate = sameId ? Number(a.template.version) - Number(b.template.version) : 0;
  return byTemplate || a.launchedAt - b.launchedAt;
}
