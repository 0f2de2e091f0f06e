import { during, type Figures } from './figures';
import {
  type Check,
  type FleetSample,
  finding,
  type Outcome,
  type Recording,
  type TrafficSample,
} from './model';
import type { Step, VisitorFault } from './story';
import { duration } from './table';

/** What a variant's visitors and fleet met in a step. */
export interface Met {
  readonly outcome: Outcome;
  readonly figures: Figures;
  readonly fleet: readonly FleetSample[];
  /** The variant's, of the whole rehearsal. */
  readonly traffic: readonly TrafficSample[];
}

/** What must hold of the requests in a step, and of the fleet that answered them. */
export function trafficChecks({ release, wanted }: Step, met: Met): readonly Check[] {
  const { requestsFailed, requestsServed, lowestHealthyPercent } = met.figures;
  return [
    ...(wanted.fault
      ? faultChecks(release, wanted.fault, met)
      : [finding('requests failed', String(requestsFailed), '0')]),
    finding('requests served', String(requestsServed), 'more than 0', requestsServed > 0),
    finding(
      'lowest healthy capacity',
      `${lowestHealthyPercent} %`,
      'at least 100 %',
      (lowestHealthyPercent ?? 0) >= 100,
    ),
  ];
}

/** What must hold of all requests, in steps and between them. */
export function totalCheck(story: readonly Step[], { steps, traffic }: Recording): Check {
  const faults = story.filter(({ wanted }) => wanted.fault);
  const isOfFault = ({ variant, realMs }: TrafficSample, reason: string) =>
    faults.some(({ id, wanted }) => {
      const outcome = steps.find((step) => step.id === id)?.outcomes[variant];
      return outcome && reason === wanted.fault?.failure && isWithin(realMs, outcome);
    });
  const others = traffic.map((sample) => ({
    ...sample,
    failed: Object.fromEntries(
      Object.entries(sample.failed).filter(([reason]) => !isOfFault(sample, reason)),
    ),
  }));
  const except = faults.map(({ id, wanted }) => `${wanted.fault!.failure} in step ${id}`);
  const name = ['requests failed in all', ...except].join(', except ');
  return finding(name, failuresOf(others), 'none');
}

function faultChecks(
  release: string,
  { failure, alarm, mostSecondsUntilRollback }: VisitorFault,
  { outcome, figures, fleet, traffic }: Met,
): readonly Check[] {
  const requests = traffic.filter(({ realMs }) => isWithin(realMs, outcome));
  const found = failuresOf(requests);
  const looks = during(fleet, outcome);
  const last = looks.findLastIndex(({ machines }) => machines.some(({ version }) => version === release));
  const goneMs = looks[last + 1]?.at.realMs ?? Number.POSITIVE_INFINITY;
  const reasons = outcome.refreshes.flatMap(({ rollback }) => rollback?.reason ?? []);
  const after = figures.rollbackAfterModelledSeconds;
  return [
    {
      ...finding('requests failed until the alarm had rolled it back', found, `${failure} alone`),
      ...{ passed: /^\d+ × /.test(found) && found.replace(/^\d+ × /, '') === failure, isTold: true },
    },
    finding(
      'requests failed when its machines were gone',
      failuresOf(requests.filter(({ realMs }) => realMs >= goneMs)),
      'none',
    ),
    {
      ...finding('why it was rolled back', reasons.join() || 'not at all', `alarm …${alarm}`),
      ...{ passed: reasons.length === 1 && reasons[0]!.includes(alarm), isTold: true },
    },
    {
      ...finding(
        'from its first machine in service to the rollback',
        duration(after),
        `at most ${duration(mostSecondsUntilRollback)}`,
        after !== null && after <= mostSecondsUntilRollback,
      ),
      isTold: true,
    },
  ];
}

function isWithin(realMs: number, { start, end }: Outcome): boolean {
  return realMs >= start.realMs && realMs < end.realMs;
}

/** `12 × HTTP 500, 1 × ECONNRESET`, or `none`. */
function failuresOf(samples: readonly TrafficSample[]): string {
  const counts: Record<string, number> = {};
  for (const { failed } of samples)
    for (const [reason, count] of Object.entries(failed)) counts[reason] = (counts[reason] ?? 0) + count;
  const entries = Object.entries(counts).map(([reason, count]) => `${count} × ${reason}`);
  return entries.join(', ') || 'none';
}
