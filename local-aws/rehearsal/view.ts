import type { FleetSample, Machine, MachineState, PerVariant } from './model';
import { VARIANTS } from './model';
import { colourOf, type Paint } from './paint';

/** What the live view shows. */
export interface Scene {
  /** Where the story is: `2 of 5: release 1.1.0`. */
  readonly step: string;
  readonly realMs: number;
  readonly modelledMs: number;
  readonly fleets: PerVariant<FleetSample | undefined>;
  /** Traffic on each load balancer; left out while there is none. */
  readonly traffic: PerVariant<{ readonly perSecond: number; readonly failed: number } | undefined>;
}

const BLOCKS: Readonly<Record<MachineState, string>> = {
  serving: '■',
  starting: '□',
  sick: '✗',
  leaving: '·',
};
const NAMES: Readonly<Record<MachineState, string>> = {
  serving: 'serving',
  starting: 'starting',
  sick: 'sick',
  leaving: 'leaving',
};
/** Below this width the fleets stand one above the other. */
const SIDE_BY_SIDE = 84;

/** The live view, as lines of at most `width` visible characters. */
export function viewOf(scene: Scene, width: number, paint: Paint): readonly string[] {
  const times = `${clock(scene.modelledMs)} modelled, ${clock(scene.realMs)} real`;
  const head = [paint.bold(cut(`Step ${scene.step}`, width)), paint.dim(cut(times, width))];
  const isWide = width >= SIDE_BY_SIDE;
  const column = isWide ? Math.floor((width - 3) / 2) : width;
  const panels = VARIANTS.map((variant) => panelOf(variant, scene, column, paint));
  const body = isWide
    ? panels[0]!.map((left, row) => `${left.padded} ${paint.dim('│')} ${panels[1]![row]!.text}`)
    : panels.flatMap((panel) => [...panel.map(({ text }) => text), '']);
  const legend = Object.entries(BLOCKS).map(([state, block]) => `${block} ${NAMES[state as MachineState]}`);
  return [...head, '', ...body, '', paint.dim(cut(legend.join('  '), width))];
}

interface Line {
  readonly text: string;
  /** Filled up with blanks to the column's width. */
  readonly padded: string;
}

/** Always the same number of lines, so that the view does not jump. */
function panelOf(
  variant: (typeof VARIANTS)[number],
  scene: Scene,
  width: number,
  paint: Paint,
): readonly Line[] {
  const sample = scene.fleets[variant];
  const traffic = scene.traffic[variant];
  const line = (text: string, style: (text: string) => string = (same) => same): Line => {
    const fitted = cut(text, width);
    return { text: style(fitted), padded: style(fitted) + ' '.repeat(width - fitted.length) };
  };
  const versions = [...new Set(sample?.machines.map(({ version }) => version))].slice(0, 2);
  const rows = [0, 1].map((index) => {
    const version = versions[index];
    return version === undefined ? line('') : machineLine(version, sample!.machines, width, paint);
  });
  return [
    line(variant, paint.bold),
    line(`stack     ${sample?.stackStatus ?? 'none'}`),
    line(`rollout   ${rolloutText(sample)}`),
    line(`traffic   ${traffic ? `${traffic.perSecond} requests/s` : 'none'}`),
    line(`failed    ${traffic?.failed ?? 0}`, traffic?.failed ? paint.alarm : undefined),
    ...rows,
  ];
}

function machineLine(version: string, all: readonly Machine[], width: number, paint: Paint): Line {
  const order: readonly MachineState[] = ['serving', 'starting', 'sick', 'leaving'];
  const machines = all
    .filter((machine) => machine.version === version)
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const label = version.padEnd(10);
  const blocks = cut(machines.map(({ state }) => BLOCKS[state]).join(' '), Math.max(0, width - label.length));
  const text = cut(label, width) + paint.colour(colourOf(version), blocks);
  return { text, padded: text + ' '.repeat(Math.max(0, width - label.length - blocks.length)) };
}

function rolloutText(sample: FleetSample | undefined): string {
  if (isBuilding(sample?.build)) return `image ${sample!.build!.toLowerCase()}`;
  return sample?.phase ? `${sample.phase}: ${sample.message}` : 'none';
}

function isBuilding(status: string | undefined): boolean {
  return status !== undefined && !['AVAILABLE', 'FAILED', 'CANCELLED'].includes(status);
}

/** One line for every change between two samples of a fleet, for output that is no terminal. */
export function changesBetween(before: FleetSample | undefined, after: FleetSample): readonly string[] {
  const changes: string[] = [];
  const changed = (text: (sample: FleetSample | undefined) => string) => {
    if (withoutCountdown(text(before)) !== withoutCountdown(text(after))) changes.push(text(after));
  };
  changed((sample) => `stack ${sample?.stackStatus ?? 'none'}`);
  changed((sample) => `rollout ${rolloutText(sample)}`);
  changed((sample) => `machines ${census(sample?.machines ?? [])}`);
  return changes;
}

/** The bake time that is left is another at each look. */
function withoutCountdown(text: string): string {
  return text.replace(/\d+ seconds of/, '');
}

/** `1.0.0: 4 serving; 1.1.0: 1 starting`. */
export function census(machines: readonly Machine[]): string {
  const versions = [...new Set(machines.map(({ version }) => version))];
  const texts = versions.map((version) => {
    const states = machines.filter((machine) => machine.version === version).map(({ state }) => state);
    const counts = [...new Set(states)].map(
      (state) => `${states.filter((one) => one === state).length} ${state}`,
    );
    return `${version}: ${counts.join(', ')}`;
  });
  return texts.length === 0 ? 'none' : texts.join('; ');
}

/** `1:02:03`, or `2:03` below an hour. */
export function clock(ms: number): string {
  const total = Math.floor(ms / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 2 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`;
}
