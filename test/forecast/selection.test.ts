import fc from 'fast-check';
import type { Machine } from '../../lib/refresh-model';
import { selectForTermination } from '../../lib/refresh-model';

/** The rule as it is told: sort all by it, take the first, and begin again. */
function oneByOne(candidates: readonly Machine[], live: readonly Machine[], count: number): Machine[] {
  const remaining = [...candidates];
  const population = new Map<string, number>();
  for (const { zone = '' } of live) population.set(zone, (population.get(zone) ?? 0) + 1);
  const inZone = ({ zone = '' }: Machine) => population.get(zone) ?? 0;
  const chosen: Machine[] = [];
  while (chosen.length < count && remaining.length > 0) {
    remaining.sort(
      (a, b) =>
        inZone(b) - inZone(a) ||
        Number(a.template.version) - Number(b.template.version) ||
        a.launchedAt - b.launchedAt,
    );
    const next = remaining.shift() as Machine;
    population.set(next.zone ?? '', inZone(next) - 1);
    chosen.push(next);
  }
  return chosen;
}

it('chooses at once as it would one by one', () => {
  const machine = fc.record({
    id: fc.uuid(),
    template: fc.record({ id: fc.constant('lt'), version: fc.constantFrom('1', '2', '10') }),
    lifecycle: fc.constant('InService' as const),
    healthy: fc.constant(true),
    launchedAt: fc.constantFrom(0, 0, 1, 2),
    zone: fc.constantFrom(undefined, 'a', 'b', 'c'),
    protectedFromScaleIn: fc.constant(false),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(machine, fc.boolean()), { maxLength: 14 }), fc.nat(16), (fleet, count) => {
      const live = fleet.map(([each]) => each);
      const candidates = fleet.filter(([, isCandidate]) => isCandidate).map(([each]) => each);
      const ids = (chosen: readonly Machine[]) => chosen.map(({ id }) => id);
      expect(ids(selectForTermination(candidates, live, count))).toEqual(
        ids(oneByOne(candidates, live, count)),
      );
    }),
    { numRuns: 3000 },
  );
});
