import type {
  FleetSample,
  Machine,
  MachineState,
  Outcome,
  Recording,
  TrafficSample,
} from '../../../local-aws/rehearsal/model';
import { perVariant, VARIANTS } from '../../../local-aws/rehearsal/model';
import { STORY } from '../../../local-aws/rehearsal/story';

const SPEED = 120;
const at = (realSeconds: number) => ({ realMs: realSeconds * 1000, modelledMs: realSeconds * 1000 * SPEED });

/** Machines by count, version and state: `machines('4 1.0.0 serving', '1 1.1.0 starting')`. */
export function machines(...texts: readonly string[]): readonly Machine[] {
  return texts.flatMap((text) => {
    const [count, version, state] = text.split(' ');
    return Array.from({ length: Number(count) }, (_, index) => ({
      id: `i-${version}-${index}`,
      version: version!,
      state: state as MachineState,
    }));
  });
}

export function sample(realSeconds: number, stackStatus: string, ...texts: readonly string[]): FleetSample {
  const isRolling = stackStatus.endsWith('IN_PROGRESS');
  return {
    at: at(realSeconds),
    stackStatus,
    desired: texts.length === 0 ? 0 : 4,
    machines: machines(...texts),
    phase: isRolling ? 'Progressing' : 'Healthy',
    message: isRolling ? 'Instance refresh r-1: 50% done, 2 to go.' : 'Instance refresh r-1 is complete.',
  };
}

/** A rehearsal in which everything goes as it should: six steps of 30 real seconds each. */
export function recording(change: Partial<Recording> = {}): Recording {
  return {
    speed: SPEED,
    startedAt: new Date('2026-11-21T09:00:00Z'),
    end: at(182),
    requestsPerSecond: 50,
    trafficIntervalMs: 250,
    steps: STORY.map((step, index) => ({
      id: step.id,
      outcomes: perVariant((variant): Outcome => {
        const start = at(index * 30 + 2);
        const serves = step.wanted.serves;
        return {
          start,
          end: at(index * 30 + 30),
          exitCode: step.wanted.exit === 'zero' ? 0 : 1,
          stackStatus: step.wanted.stackStatus,
          answers: serves === undefined ? [] : [serves, serves],
          fleet: serves === undefined ? {} : { [serves]: 4 },
          builds: Array.from({ length: step.wanted.builds[variant] }, () => ({
            ...{ id: 'image', status: 'AVAILABLE' },
            startMs: start.modelledMs + 60_000,
            endMs: start.modelledMs + 23 * 60_000,
          })),
          refreshes: step.wanted.refresh
            ? [
                {
                  ...{ id: 'refresh', status: step.wanted.refresh },
                  startMs: start.modelledMs + 24 * 60_000,
                  endMs: start.modelledMs + 24 * 60_000 + 560_000,
                  ...(step.wanted.fault && {
                    rollback: {
                      startMs: start.modelledMs + 32 * 60_000,
                      reason: 'Amazon CloudWatch alarm in ALARM state: ImageBased-fleet-server-errors',
                    },
                  }),
                },
              ]
            : [],
          firstInServiceMs: start.modelledMs + 26 * 60_000,
        };
      }),
    })),
    fleets: perVariant(() => [
      sample(3, 'REVIEW_IN_PROGRESS'),
      sample(18, 'CREATE_IN_PROGRESS', '4 1.0.0 starting'),
      sample(19, 'CREATE_IN_PROGRESS', '4 1.0.0 serving'),
      sample(30, 'CREATE_COMPLETE', '4 1.0.0 serving'),
      sample(32, 'UPDATE_IN_PROGRESS', '4 1.0.0 serving'),
      sample(50, 'UPDATE_IN_PROGRESS', '4 1.0.0 serving', '2 1.1.0 starting'),
      sample(51, 'UPDATE_IN_PROGRESS', '4 1.0.0 serving', '2 1.1.0 serving'),
      sample(
        52,
        'UPDATE_IN_PROGRESS',
        '2 1.0.0 leaving',
        '2 1.0.0 serving',
        '2 1.1.0 serving',
        '2 1.1.0 starting',
      ),
      sample(54, 'UPDATE_IN_PROGRESS', '2 1.0.0 serving', '4 1.1.0 serving'),
      sample(55, 'UPDATE_IN_PROGRESS', '2 1.0.0 leaving', '4 1.1.0 serving'),
      sample(56, 'UPDATE_COMPLETE', '4 1.1.0 serving'),
      sample(63, 'UPDATE_IN_PROGRESS', '4 1.1.0 serving'),
      sample(77, 'UPDATE_IN_PROGRESS', '4 1.1.0 serving', '2 2.0.0 starting'),
      sample(78, 'UPDATE_IN_PROGRESS', '4 1.1.0 serving', '2 2.0.0 sick'),
      sample(82, 'UPDATE_ROLLBACK_IN_PROGRESS', '4 1.1.0 serving', '2 2.0.0 leaving'),
      sample(83, 'UPDATE_ROLLBACK_COMPLETE', '4 1.1.0 serving'),
      sample(93, 'UPDATE_IN_PROGRESS', '4 1.1.0 serving'),
      sample(99, 'UPDATE_IN_PROGRESS', '4 1.1.0 serving', '2 1.0.0 serving'),
      sample(102, 'UPDATE_IN_PROGRESS', '2 1.1.0 serving', '4 1.0.0 serving'),
      sample(106, 'UPDATE_COMPLETE', '4 1.0.0 serving'),
      sample(122, 'UPDATE_IN_PROGRESS', '4 1.0.0 serving'),
      sample(135, 'UPDATE_IN_PROGRESS', '4 1.0.0 serving', '2 1.3.0 serving'),
      sample(139, 'UPDATE_ROLLBACK_IN_PROGRESS', '4 1.0.0 serving', '2 1.3.0 leaving'),
      sample(140, 'UPDATE_ROLLBACK_COMPLETE', '4 1.0.0 serving'),
      sample(160, 'DELETE_IN_PROGRESS', '4 1.0.0 leaving'),
      sample(164, 'DELETE_IN_PROGRESS'),
    ]),
    traffic: traffic(),
    trafficFault: '',
    leftovers: { stacks: [], instances: [] },
    ...change,
  };
}

/** Quarter seconds from the second step's start on; 1.3.0 fails its share of the visitors while it serves. */
function traffic(): readonly TrafficSample[] {
  return VARIANTS.flatMap((variant) =>
    Array.from({ length: 118 * 4 }, (_, index) => {
      const seconds = 32 + index / 4;
      const share =
        seconds < 51
          ? 0
          : seconds < 55
            ? (seconds - 51) / 4
            : seconds < 99
              ? 1
              : Math.max(0, (103 - seconds) / 4);
      const next = Math.round(12 * share);
      const failed: TrafficSample['failed'] = seconds >= 135 && seconds < 139 ? { 'HTTP 500': 4 } : {};
      return { variant, realMs: seconds * 1000, served: { '1.0.0': 12 - next, '1.1.0': next }, failed };
    }),
  );
}
