import { figuresOf } from './figures';
import { type Check, finding, type Outcome, type Recording, VARIANTS, type Variant } from './model';
import type { Step } from './story';
import { totalCheck, trafficChecks } from './traffic-checks';

/** Holds a recording against the story. A step that was not reached is a failed check. */
export function checksOf(story: readonly Step[], recording: Recording): readonly Check[] {
  const checks = story.flatMap((step) => {
    const recorded = recording.steps.find(({ id }) => id === step.id);
    if (!recorded) return [check({ step: step.id }, 'the step ends', 'not reached', 'ended')];
    return VARIANTS.flatMap((variant) => {
      const traffic = recording.traffic.filter((sample) => sample.variant === variant);
      const figures = figuresOf(recorded.outcomes[variant], recording.fleets[variant], traffic);
      const where = { step: step.id, variant };
      return [
        ...outcomeChecks(step, variant, recorded.outcomes[variant]).map((entry) => ({ ...where, ...entry })),
        ...(step.traffic
          ? trafficChecks(step, {
              ...{ outcome: recorded.outcomes[variant], figures },
              ...{ fleet: recording.fleets[variant], traffic },
            }).map((entry) => ({ ...where, ...entry }))
          : []),
        ...(recorded.outcomes[variant].findings ?? []).map((entry) => ({ ...where, ...entry })),
      ];
    });
  });
  return [
    ...checks,
    totalCheck(story, recording),
    check({}, 'the traffic process', recording.trafficFault || 'ended as it should', 'ended as it should'),
    ...Object.entries(recording.leftovers).map(([kind, found]) =>
      check({}, `${kind} left`, list(found), 'none'),
    ),
  ];
}

/** Whether a step ended in a state that the next one can go on from. */
export function canGoOn({ wanted }: Step, { exitCode, stackStatus }: Outcome): boolean {
  return exitOf(exitCode) === wanted.exit && stackStatus === wanted.stackStatus;
}

function exitOf(exitCode: number | undefined): Step['wanted']['exit'] {
  if (exitCode === undefined) return undefined;
  return exitCode === 0 ? 'zero' : 'non-zero';
}

function outcomeChecks(step: Step, variant: Variant, outcome: Outcome): readonly Check[] {
  const { wanted } = step;
  const checks = [
    ...(wanted.exit === undefined
      ? []
      : [
          {
            ...check({}, `exit code of cdk ${step.does}`, String(outcome.exitCode), wanted.exit),
            passed: exitOf(outcome.exitCode) === wanted.exit,
          },
        ]),
    check({}, 'stack status', outcome.stackStatus ?? 'no stack', wanted.stackStatus ?? 'no stack'),
    check({}, 'image builds started', String(outcome.builds.length), String(wanted.builds[variant])),
  ];
  if (wanted.serves === undefined) return checks;
  const fleet = Object.entries(outcome.fleet).map(([version, count]) => `${count} × ${version}`);
  return [
    ...checks,
    {
      ...check({}, 'machines by version', list(fleet), `all ${wanted.serves}`),
      passed: Object.keys(outcome.fleet).join() === wanted.serves,
    },
    check({}, 'version that answers', list([...new Set(outcome.answers)]), wanted.serves),
    check(
      {},
      'instance refresh',
      list(outcome.refreshes.map(({ status }) => status)),
      wanted.refresh ?? 'none',
    ),
  ];
}

function check(
  where: { readonly step?: string; readonly variant?: Variant },
  name: string,
  found: string,
  wanted: string,
): Check {
  return { ...where, ...finding(name, found, wanted) };
}

function list(entries: readonly string[]): string {
  return entries.length === 0 ? 'none' : entries.join(', ');
}
