import type { FleetSample, Outcome, Recording, Span, TrafficSample, Variant } from './model';

/** A step's figures for one variant. Seconds, unless the name says otherwise. */
export interface Figures {
  /** Modelled: from the build's start until its image is available, or it failed. `null` when nothing was baked. */
  readonly bakeModelledSeconds: number | null;
  /**
   * Modelled: the instance refresh from its start to its end, the way back included; at the first deployment,
   * from the first machine's launch until as many serve as are wanted. `null` when no machine was started.
   */
  readonly rolloutModelledSeconds: number | null;
  /**
   * Modelled: from when the first new machine came into service until the refresh began to roll back. `null` when
   * none did before that, or nothing was rolled back.
   */
  readonly rollbackAfterModelledSeconds: number | null;
  /** Modelled: how long machines of more than one version answered requests. */
  readonly twoVersionsModelledSeconds: number;
  /** Least machines in service, in percent of the wanted; `null` when the fleet was not whole before, or is gone after. */
  readonly lowestHealthyPercent: number | null;
  /** Measured: answered and failed requests while the step went on. */
  readonly requestsServed: number;
  readonly requestsFailed: number;
  /** Measured: from the start of the CDK CLI until its end. */
  readonly realSeconds: number;
  readonly imageBuilds: number;
}

/** The figures of one step and variant, from what was recorded. */
export function figuresOf(
  outcome: Outcome,
  fleet: readonly FleetSample[],
  traffic: readonly TrafficSample[],
): Figures {
  const window = during(fleet, outcome);
  const requests = traffic.filter(
    ({ realMs }) => realMs >= outcome.start.realMs && realMs < outcome.end.realMs,
  );
  return {
    bakeModelledSeconds: seconds(outcome.builds),
    rolloutModelledSeconds: seconds(outcome.refreshes) ?? firstLaunchSeconds(window),
    rollbackAfterModelledSeconds: rollbackAfterSeconds(outcome),
    twoVersionsModelledSeconds: twoVersionsSeconds(window, outcome.end.modelledMs),
    // A fleet that is taken away on purpose has no capacity to keep.
    lowestHealthyPercent: outcome.stackStatus === undefined ? null : lowestHealthyPercent(window),
    requestsServed: sum(requests.map(({ served }) => sum(Object.values(served)))),
    requestsFailed: sum(requests.map(({ failed }) => sum(Object.values(failed)))),
    realSeconds: (outcome.end.realMs - outcome.start.realMs) / 1000,
    imageBuilds: outcome.builds.length,
  };
}

/** The figures of all steps of a recording, by the step's id. */
export function allFigures(recording: Recording, variant: Variant): ReadonlyMap<string, Figures> {
  const traffic = recording.traffic.filter((sample) => sample.variant === variant);
  return new Map(
    recording.steps.map(({ id, outcomes }) => [
      id,
      figuresOf(outcomes[variant], recording.fleets[variant], traffic),
    ]),
  );
}

export function serving(sample: FleetSample): readonly string[] {
  return sample.machines.filter(({ state }) => state === 'serving').map(({ version }) => version);
}

/** What was seen of a fleet in a step. */
export function during(fleet: readonly FleetSample[], { start, end }: Outcome): readonly FleetSample[] {
  return fleet.filter(({ at }) => at.realMs >= start.realMs && at.realMs <= end.realMs);
}

/** How long spans took together, when there are any and all have ended. */
function seconds(spans: readonly Span[]): number | null {
  const lengths = spans.map(({ startMs, endMs }) => (endMs === undefined ? Number.NaN : endMs - startMs));
  return lengths.length === 0 || lengths.some(Number.isNaN) ? null : sum(lengths) / 1000;
}

function rollbackAfterSeconds({ refreshes, firstInServiceMs = Number.NaN }: Outcome): number | null {
  const { startMs = Number.NaN } = refreshes.find(({ rollback }) => rollback)?.rollback ?? {};
  const after = (startMs - firstInServiceMs) / 1000;
  return after >= 0 ? after : null;
}

function firstLaunchSeconds(window: readonly FleetSample[]): number | null {
  const launched = window.findIndex(({ machines }) => machines.length > 0);
  // Machines that were there when the step began were launched before it.
  if (launched < 1) return null;
  const whole = window.find((sample) => isWhole(sample));
  return whole ? (whole.at.modelledMs - window[launched]!.at.modelledMs) / 1000 : null;
}

function twoVersionsSeconds(window: readonly FleetSample[], endMs: number): number {
  const lengths = window.map((sample, index) => {
    const until = window[index + 1]?.at.modelledMs ?? endMs;
    return new Set(serving(sample)).size > 1 ? until - sample.at.modelledMs : 0;
  });
  return sum(lengths) / 1000;
}

function lowestHealthyPercent(window: readonly FleetSample[]): number | null {
  if (!window[0] || !isWhole(window[0])) return null;
  const shares = window
    .filter(({ desired }) => desired > 0)
    .map((sample) => (100 * serving(sample).length) / sample.desired);
  return Math.round(Math.min(...shares));
}

function isWhole(sample: FleetSample): boolean {
  return sample.desired > 0 && serving(sample).length >= sample.desired;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
