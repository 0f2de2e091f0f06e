import { modelledTime } from '../../../local-aws/rehearsal/chart';
import { canGoOn, checksOf } from '../../../local-aws/rehearsal/checks';
import { figuresOf } from '../../../local-aws/rehearsal/figures';
import { finding, type Outcome } from '../../../local-aws/rehearsal/model';
import { pageOf } from '../../../local-aws/rehearsal/page';
import { reportOf } from '../../../local-aws/rehearsal/report';
import { STORY, type Step } from '../../../local-aws/rehearsal/story';
import { duration, tableOf } from '../../../local-aws/rehearsal/table';
import { recording, sample } from './recording';

const whole = recording();
const outcomeOf = (id: string) => whole.steps.find((step) => step.id === id)!.outcomes.ImageBased;
const figures = (id: string, fleet = whole.fleets.ImageBased) =>
  figuresOf(
    outcomeOf(id),
    fleet,
    whole.traffic.filter(({ variant }) => variant === 'ImageBased'),
  );

describe('figures', () => {
  test('of a release: bake and refresh as their services report them, the rest from samples', () => {
    expect(figures('next')).toEqual({
      bakeModelledSeconds: 22 * 60,
      rolloutModelledSeconds: 560,
      // From 51 s to 55 s real: two versions answer.
      rollbackAfterModelledSeconds: null,
      twoVersionsModelledSeconds: 4 * 120,
      lowestHealthyPercent: 100,
      requestsServed: expect.any(Number),
      requestsFailed: 0,
      realSeconds: 28,
      imageBuilds: 1,
    });
  });

  test('of a first deployment: the rollout is the time from the first launch until all serve', () => {
    expect(figures('first')).toMatchObject({
      rolloutModelledSeconds: 120,
      lowestHealthyPercent: null,
      requestsServed: 0,
    });
  });

  test('a fleet below its wanted capacity shows', () => {
    const fleet = [
      sample(32, 'UPDATE_IN_PROGRESS', '4 1.0.0 serving'),
      sample(40, 'UPDATE_IN_PROGRESS', '3 1.0.0 serving'),
    ];
    expect(figures('next', fleet).lowestHealthyPercent).toBe(75);
  });

  test('machines that leave or start do not count as a version in service', () => {
    expect(figures('broken').twoVersionsModelledSeconds).toBe(0);
  });

  test('of a rollback: how long after the first new machine came into service it began', () => {
    expect(figures('failing').rollbackAfterModelledSeconds).toBe(360);
    const outcome = { ...outcomeOf('failing'), firstInServiceMs: undefined };
    expect(figuresOf(outcome, [], []).rollbackAfterModelledSeconds).toBeNull();
    // It rolled back before a new machine served; the one that came then was one of the rollback.
    const before = { ...outcomeOf('failing'), firstInServiceMs: Number.MAX_SAFE_INTEGER };
    expect(figuresOf(before, [], []).rollbackAfterModelledSeconds).toBeNull();
  });

  test('a refresh without an end has no length', () => {
    const outcome = { ...outcomeOf('next'), refreshes: [{ id: 'r', status: 'InProgress', startMs: 0 }] };
    expect(figuresOf(outcome, [], []).rolloutModelledSeconds).toBeNull();
  });
});

describe('checks', () => {
  test('a rehearsal as it should be: all hold', () => {
    expect(checksOf(STORY, whole).filter(({ passed }) => !passed)).toEqual([]);
  });

  test('each wrong thing is named with what was found and what was wanted', () => {
    const wrong = recording({
      steps: whole.steps
        .filter(({ id }) => id !== 'destroy')
        .map(({ id, outcomes }) => ({
          id,
          outcomes: {
            ...outcomes,
            ImageBased: {
              ...outcomes.ImageBased,
              ...(id === 'back'
                ? { builds: [{ id: 'image', status: 'AVAILABLE', startMs: 0, endMs: 1 }] }
                : {}),
              ...(id === 'broken' ? { exitCode: 0, fleet: { '1.1.0': 3, '2.0.0': 1 }, refreshes: [] } : {}),
            },
          },
        })),
      traffic: [
        ...whole.traffic,
        { variant: 'InstanceBased', realMs: 40_000, served: {}, failed: { 'HTTP 503': 2 } },
      ],
      leftovers: { stacks: [], instances: ['i-1 running'] },
      trafficFault: 'ended too early, with 1',
    });
    const failed = checksOf(STORY, wrong).filter(({ passed }) => !passed);
    expect(failed.map(({ passed: _, ...check }) => Object.values(check).join(' | '))).toEqual([
      'next | InstanceBased | requests failed | 2 | 0',
      'broken | ImageBased | exit code of cdk deploy | 0 | non-zero',
      'broken | ImageBased | machines by version | 3 × 1.1.0, 1 × 2.0.0 | all 1.1.0',
      'broken | ImageBased | instance refresh | none | RollbackSuccessful',
      'back | ImageBased | image builds started | 1 | 0',
      'destroy | the step ends | not reached | ended',
      'requests failed in all, except HTTP 500 in step failing | 2 × HTTP 503 | none',
      'the traffic process | ended too early, with 1 | ended as it should',
      'instances left | i-1 running | none',
    ]);
  });
});

describe('a release that is healthy and fails its visitors', () => {
  const failing = STORY.find(({ id }) => id === 'failing')!;
  const checked = (
    change: Partial<Outcome>,
    failed: Readonly<Record<string, number>> = {},
    seconds = 136,
  ) => {
    const outcome = { ...outcomeOf('failing'), ...change };
    const traffic = [
      ...whole.traffic,
      { variant: 'ImageBased' as const, realMs: seconds * 1000, served: {}, failed },
    ];
    const steps = whole.steps.map((step) =>
      step.id === 'failing' ? { ...step, outcomes: { ...step.outcomes, ImageBased: outcome } } : step,
    );
    return checksOf(STORY, recording({ steps, traffic })).filter(({ passed }) => !passed);
  };
  const shown = (checks: ReturnType<typeof checked>) =>
    checks.map(({ name, found, wanted }) => `${name} | ${found} | ${wanted}`);

  test('tells how many requests it failed, why it was rolled back, and when', () => {
    const told = checksOf(STORY, whole).filter(({ isTold, variant }) => isTold && variant === 'ImageBased');
    expect(shown(told)).toEqual([
      'requests failed until the alarm had rolled it back | 64 × HTTP 500 | HTTP 500 alone',
      'why it was rolled back | Amazon CloudWatch alarm in ALARM state: ImageBased-fleet-server-errors | alarm …-server-errors',
      'from its first machine in service to the rollback | 6 min | at most 10 min',
    ]);
    expect(told.map(({ step }) => step)).toEqual(Array(3).fill(failing.id));
  });

  test.each([
    [
      'another failure',
      checked({}, { ECONNRESET: 1 }),
      [
        'requests failed until the alarm had rolled it back | 64 × HTTP 500, 1 × ECONNRESET | HTTP 500 alone',
        'requests failed in all, except HTTP 500 in step failing | 1 × ECONNRESET | none',
      ],
    ],
    [
      'failures when its machines are gone',
      checked({}, { 'HTTP 500': 3 }, 141),
      ['requests failed when its machines were gone | 3 × HTTP 500 | none'],
    ],
    [
      'failures in another step',
      checked({}, { 'HTTP 500': 3 }, 100),
      [
        'requests failed | 3 | 0',
        'requests failed in all, except HTTP 500 in step failing | 3 × HTTP 500 | none',
      ],
    ],
    [
      'no rollback',
      checked({ refreshes: [{ id: 'r', status: 'RollbackSuccessful', startMs: 0, endMs: 1 }] }),
      [
        'why it was rolled back | not at all | alarm …-server-errors',
        'from its first machine in service to the rollback | – | at most 10 min',
      ],
    ],
    [
      'a rollback that comes late',
      checked({ firstInServiceMs: 0 }),
      ['from its first machine in service to the rollback | 276 min | at most 10 min'],
    ],
  ])('%s is found', (_, failed, expected) => {
    expect(shown(failed)).toEqual(expected);
  });
});

describe('a step that is an act', () => {
  const act: Step = {
    ...{ id: 'act', title: 'something else', does: async () => ({ ImageBased: [], InstanceBased: [] }) },
    ...{ release: '1.0.0', traffic: false },
    wanted: { stackStatus: 'UPDATE_COMPLETE', serves: '1.0.0', builds: { ImageBased: 0, InstanceBased: 0 } },
  };
  const outcome = (findings: Outcome['findings']) => {
    const { exitCode: _, ...rest } = outcomeOf('back');
    return { ...rest, refreshes: [], findings };
  };
  const story = [...STORY.slice(0, -1), act, ...STORY.slice(-1)];
  const checked = (findings: Outcome['findings']) => {
    const acted = { id: 'act', outcomes: { ImageBased: outcome(findings), InstanceBased: outcome([]) } };
    return checksOf(story, recording({ steps: [...whole.steps, acted] }));
  };

  test('has checks of its stack and its fleet, and what it has found, but no exit code', () => {
    const names = checked([finding('files that differ', 'none', 'none')])
      .filter(({ step, variant }) => step === 'act' && variant === 'ImageBased')
      .map(({ name }) => name);
    expect(names).toEqual([
      'stack status',
      'image builds started',
      'machines by version',
      'version that answers',
      'instance refresh',
      'files that differ',
    ]);
    expect(canGoOn(act, outcome([]))).toBe(true);
    expect(canGoOn(act, { ...outcome([]), stackStatus: 'UPDATE_ROLLBACK_COMPLETE' })).toBe(false);
  });

  test('a finding that is not as wanted is a failed check', () => {
    const failed = checked([
      finding('files that differ', '/usr/bin/node', 'none'),
      finding('boots', '12', 'at least 10', true),
    ]).filter(({ passed }) => !passed);
    expect(failed).toEqual([
      {
        ...{ step: 'act', variant: 'ImageBased', passed: false },
        ...{ name: 'files that differ', found: '/usr/bin/node', wanted: 'none' },
      },
    ]);
  });
});

test('the report keeps changes of the fleets alone, and every figure', () => {
  const report = reportOf(STORY, whole);
  expect(report).toMatchObject({
    schemaVersion: 1,
    passed: true,
    realSeconds: 182,
    modelledSeconds: 182 * 120,
  });
  expect(report.steps.map(({ id }) => id)).toEqual(['first', 'next', 'broken', 'back', 'failing', 'destroy']);
  const twice = recording({
    fleets: { ImageBased: [sample(1, 'A'), sample(2, 'A'), sample(3, 'B')], InstanceBased: [] },
  });
  expect(reportOf(STORY, twice).fleets.ImageBased.map(({ seconds }) => seconds)).toEqual([1, 3]);
});

test('the table: a row per step and variant, modelled and measured told apart', () => {
  const lines = tableOf(reportOf(STORY, whole)).split('\n');
  expect(lines[1]).toMatch(
    /step +variant +modelled +modelled +modelled +modelled +measured +measured +measured/,
  );
  expect(lines).toHaveLength(3 + 12);
  expect(lines[5]).toMatch(
    /^release 1\.1\.0 +ImageBased +22 min +9 min 20 s +8 min +100 % +1 3\d\d +0 +28\.0 s$/,
  );
  expect(lines[6]).toMatch(/^ +InstanceBased +– /);
});

test.each([
  [null, '–'],
  [0, '0 s'],
  [45.4, '45 s'],
  [59.6, '1 min'],
  [560, '9 min 20 s'],
])('%p seconds are written %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('the page stands by itself, escapes what it shows, and draws both charts', () => {
  const report = reportOf(STORY, recording({ leftovers: { stacks: ['<script>'] } }));
  const page = pageOf(report);
  expect(page).not.toMatch(/https?:\/\/|<script|<link|NaN|undefined/);
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page).toContain('1 of ');
});

test('modelled time is read off what was seen, because the clock has no constant pace', () => {
  const fleet = { stackStatus: null, phase: '', desired: 0, machines: {} };
  const at = modelledTime({
    realSeconds: 100,
    modelledSeconds: 9000,
    fleets: {
      ImageBased: [{ ...fleet, seconds: 10, modelledSeconds: 100 }],
      InstanceBased: [{ ...fleet, seconds: 20, modelledSeconds: 1000 }],
    },
  });
  expect([0, 5, 10, 15, 60, 100, 120].map(at)).toEqual([0, 50, 100, 550, 5000, 9000, 9000]);
});
