import { checksOf } from './checks';
import { allFigures, type Figures } from './figures';
import { type Check, type FleetSample, type PerVariant, perVariant, type Recording } from './model';
import type { Step } from './story';

/** `out/rehearsal.json`; its keys are described in docs/rehearsal.md. */
export interface Report {
  readonly schemaVersion: 1;
  readonly passed: boolean;
  readonly startedAt: string;
  readonly speed: number;
  readonly realSeconds: number;
  readonly modelledSeconds: number;
  readonly requestsPerSecond: number;
  readonly steps: readonly ReportedStep[];
  readonly checks: readonly Check[];
  readonly traffic: PerVariant<readonly ReportedTraffic[]>;
  readonly trafficIntervalSeconds: number;
  readonly fleets: PerVariant<readonly ReportedFleet[]>;
}

export interface ReportedStep {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  /** Real seconds since the rehearsal's start. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly figures: PerVariant<Figures>;
}

export interface ReportedTraffic {
  readonly seconds: number;
  readonly served: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
}

export interface ReportedFleet {
  readonly seconds: number;
  readonly modelledSeconds: number;
  readonly stackStatus: string | null;
  readonly phase: string;
  readonly desired: number;
  /** Count of machines by version and state. */
  readonly machines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Everything that is worth keeping of a rehearsal. */
export function reportOf(story: readonly Step[], recording: Recording): Report {
  const checks = checksOf(story, recording);
  const figures = perVariant((variant) => allFigures(recording, variant));
  const steps = recording.steps.map(({ id, outcomes }) => {
    const step = story.find((entry) => entry.id === id)!;
    const sides = Object.values(outcomes);
    return {
      id,
      title: step.title,
      release: step.release,
      startSeconds: Math.min(...sides.map(({ start }) => start.realMs)) / 1000,
      endSeconds: Math.max(...sides.map(({ end }) => end.realMs)) / 1000,
      figures: perVariant((variant) => figures[variant].get(id)!),
    };
  });
  return {
    schemaVersion: 1,
    passed: checks.every(({ passed }) => passed),
    startedAt: recording.startedAt.toISOString(),
    speed: recording.speed,
    realSeconds: recording.end.realMs / 1000,
    modelledSeconds: recording.end.modelledMs / 1000,
    requestsPerSecond: recording.requestsPerSecond,
    steps,
    checks,
    traffic: perVariant((variant) =>
      recording.traffic
        .filter((sample) => sample.variant === variant)
        .map(({ realMs, served, failed }) => ({ seconds: realMs / 1000, served, failed })),
    ),
    trafficIntervalSeconds: recording.trafficIntervalMs / 1000,
    fleets: perVariant((variant) => changesOnly(recording.fleets[variant].map(fleetOf))),
  };
}

function fleetOf({ at, stackStatus, phase, desired, machines }: FleetSample): ReportedFleet {
  const counts: Record<string, Record<string, number>> = {};
  for (const { version, state } of machines) {
    const states = counts[version] ?? {};
    states[state] = (states[state] ?? 0) + 1;
    counts[version] = states;
  }
  return {
    seconds: at.realMs / 1000,
    modelledSeconds: at.modelledMs / 1000,
    stackStatus: stackStatus ?? null,
    phase,
    desired,
    machines: counts,
  };
}

function changesOnly(samples: readonly ReportedFleet[]): readonly ReportedFleet[] {
  const content = ({ seconds: _, modelledSeconds: __, ...rest }: ReportedFleet) => JSON.stringify(rest);
  return samples.filter((sample, index) => index === 0 || content(sample) !== content(samples[index - 1]!));
}
