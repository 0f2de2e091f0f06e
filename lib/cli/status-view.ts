import type { Terminal } from '../forecast/chart';
import { duration } from '../forecast/words';
import type { Phase } from '../rollout/status';
import { isHealthyTarget, isSickTarget } from '../rollout/statuses';
import type { RolloutReport, StatusReport, VersionReport } from './read-status';
import { person, table } from './table';

const BAR = 24;

/** A fleet as a terminal shows it: what goes on, and a tree of revisions and machines. */
export function statusView(report: StatusReport, terminal: Terminal): string {
  const paint = painter(terminal);
  const { machines, rollout, pinned } = report;
  const facts = [
    ...(rollout ? [['change', `${rollout.changeCause || rollout.release}, by ${person(rollout.by)}`]] : []),
    ...(pinned
      ? [
          [
            'pinned',
            `to revision ${pinned.revision} (${pinned.release}) by ${person(pinned.by)}, until another release is deployed`,
          ],
        ]
      : []),
    ['machines', `${machines.desired} wanted, ${machines.present} there, ${machines.healthy} healthy`],
    ...(rollout
      ? [
          ['progress', progress(rollout, machines.desired)],
          ['time', times(rollout)],
          ...(rollout.gates.length > 0 ? [['gates', gates(rollout)]] : []),
        ]
      : []),
    ...report.heldUpBy.map((sentence, index) => [index === 0 ? 'held up by' : '', sentence]),
  ];
  return [
    `${paint.bold(report.stack)}  ${paint.phase(report.phase)}`,
    report.message,
    '',
    table(facts),
    '',
    ...tree(report, paint),
  ].join('\n');
}

/** A fleet in a line, for a log: it stays the same as long as nothing but the time changes. */
export function statusLine({ phase, message, versions, heldUpBy }: StatusReport): string {
  const counts = versions
    .filter(({ machines }) => machines.length > 0)
    .map(({ machines, ...version }) => `${machines.length} × ${titleOf(version)}`);
  return [`${phase}: ${message}`, counts.join(', '), ...heldUpBy].filter(Boolean).join(' | ');
}

function progress({ updated, revision }: RolloutReport, desired: number): string {
  const filled = desired === 0 ? BAR : Math.min(BAR, Math.round((BAR * updated) / desired));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${updated} of ${desired} run revision ${revision}`;
}

function times({ secondsPassed, secondsLeft }: RolloutReport): string {
  const passed = `${duration(secondsPassed)} passed`;
  if (secondsLeft === undefined) return passed;
  return secondsLeft > 0
    ? `${passed}, about ${duration(secondsLeft)} left`
    : `${passed}, longer than was forecast`;
}

function gates({ gates, passed }: RolloutReport): string {
  return gates.map((gate) => `${gate}%${gate <= passed ? ' passed' : ''}`).join(', ');
}

type Paint = ReturnType<typeof painter>;

function tree({ fleet, versions }: StatusReport, paint: Paint): readonly string[] {
  const lines = [fleet];
  versions.forEach((version, index) => {
    const isLast = index === versions.length - 1;
    lines.push(`${isLast ? '└─' : '├─'} ${paint.bold(titleOf(version))}${roleOf(version, paint)}`);
    const indent = isLast ? '   ' : '│  ';
    const rows = version.machines.map(({ id, lifecycleState, health, reason }) => [
      id,
      lifecycleState,
      [health, reason].filter(Boolean).join(': '),
    ]);
    const text = rows.length === 0 ? [] : table(rows).split('\n');
    text.forEach((row, number) => {
      const branch = number === text.length - 1 ? '└─' : '├─';
      lines.push(`${indent}${branch} ${paint.health(version.machines[number]?.health, row)}`);
    });
  });
  if (versions.length === 0) lines.push('└─ no machines');
  return lines;
}

function titleOf({ revision, release, launchTemplateVersion }: Omit<VersionReport, 'machines'>): string {
  if (revision !== undefined) return `revision ${revision} (${release})`;
  return launchTemplateVersion === undefined
    ? 'no launch template'
    : `launch template version ${launchTemplateVersion}, not in the ledger`;
}

function roleOf({ role, machines }: VersionReport, paint: Paint): string {
  const count = machines.length === 0 ? '  no machines yet' : '';
  return role === 'other' ? count : `  ${paint.dim(role)}${count}`;
}

const PHASE_COLOURS: Readonly<Record<Phase, number>> = {
  Progressing: 34,
  Paused: 33,
  Healthy: 32,
  Degraded: 31,
};

function painter({ colours }: Terminal) {
  const paint = (code: number, text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    bold: (text: string) => paint(1, text),
    dim: (text: string) => paint(2, text),
    phase: (phase: Phase) => paint(PHASE_COLOURS[phase], phase),
    /** @param state of a target; empty for a machine that is none, or not yet */
    health(state: string | undefined, text: string) {
      if (!state) return text;
      if (isHealthyTarget(state)) return paint(32, text);
      return isSickTarget(state) ? paint(31, text) : text;
    },
  };
}
