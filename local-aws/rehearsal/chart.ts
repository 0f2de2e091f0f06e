import type { Variant } from './model';
import type { Report, ReportedFleet } from './report';

const WIDTH = 1000;
const LEFT = 44;
const RIGHT = 12;
const STEPS_HEIGHT = 26;
const REQUESTS_HEIGHT = 130;
const FAILURES_HEIGHT = 16;
const MACHINES_HEIGHT = 56;
const GAP = 14;
const AXIS_HEIGHT = 36;
/** Requests are drawn by half seconds: shorter bins show the interval's jitter and nothing else. */
const BIN_SECONDS = 0.5;

/** All versions that appear in a report, oldest first as the story has them. */
export function versionsOf(report: Report): readonly string[] {
  const versions = new Set(report.steps.map(({ release }) => release));
  for (const samples of Object.values(report.traffic))
    for (const { served } of samples) for (const version of Object.keys(served)) versions.add(version);
  return [...versions];
}

/** One variant's requests and machines by version over real time, as SVG. Classes `v0`, `v1`, … carry the colours. */
export function chartOf(report: Report, variant: Variant): string {
  const end = Math.max(1, report.realSeconds);
  const x = (seconds: number) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(seconds, end)) / end;
  const requestsTop = STEPS_HEIGHT;
  const failuresTop = requestsTop + REQUESTS_HEIGHT + 2;
  const machinesTop = failuresTop + FAILURES_HEIGHT + GAP;
  const bottom = machinesTop + MACHINES_HEIGHT;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${bottom + AXIS_HEIGHT}" role="img" aria-label="${variant}: requests a second and machines, by version, over time">`,
    steps(report, x, bottom),
    requests(report, variant, x, requestsTop),
    failures(report, variant, x, failuresTop),
    machines(report, variant, x, machinesTop),
    axis(report, x, bottom),
    '</svg>',
  ].join('\n');
}

type Scale = (seconds: number) => number;

function steps(report: Report, x: Scale, bottom: number): string {
  return report.steps
    .map(({ title, startSeconds, endSeconds }, index) => {
      const [from, to] = [x(startSeconds), x(report.steps[index + 1]?.startSeconds ?? endSeconds)];
      const fits = Math.floor((to - from - 8) / 6.2);
      const label = title.length <= fits ? title : `${title.slice(0, Math.max(0, fits - 1))}…`;
      return (
        `<rect class="band${index % 2}" x="${round(from)}" y="0" width="${round(to - from)}" height="${bottom}"/>` +
        `<line class="step" x1="${round(from)}" x2="${round(from)}" y1="0" y2="${bottom}"/>` +
        `<text class="label" x="${round(from + 5)}" y="17">${escapeText(label)}<title>${escapeText(title)}</title></text>`
      );
    })
    .join('\n');
}

/** Bins of requests a second: by version, and the failures. */
function binsOf(
  report: Report,
  variant: Variant,
): readonly { served: Record<string, number>; failed: number }[] {
  const bins = Array.from({ length: Math.ceil(report.realSeconds / BIN_SECONDS) + 1 }, () => ({
    served: {} as Record<string, number>,
    failed: 0,
  }));
  for (const { seconds, served, failed } of report.traffic[variant]) {
    const bin = bins[Math.min(bins.length - 1, Math.max(0, Math.floor(seconds / BIN_SECONDS)))]!;
    for (const [version, count] of Object.entries(served)) {
      bin.served[version] = (bin.served[version] ?? 0) + count / BIN_SECONDS;
    }
    bin.failed += Object.values(failed).reduce((sum, count) => sum + count, 0);
  }
  return bins;
}

function requests(report: Report, variant: Variant, x: Scale, top: number): string {
  const bins = binsOf(report, variant);
  const most = Math.max(report.requestsPerSecond * 1.2, ...bins.map(({ served }) => total(served)));
  const y = (value: number) => top + REQUESTS_HEIGHT * (1 - value / most);
  const below = bins.map(() => 0);
  const areas = versionsOf(report).map((version, index) => {
    const lower = [...below];
    bins.forEach(({ served }, bin) => {
      below[bin] = below[bin]! + (served[version] ?? 0);
    });
    const edge = (values: readonly number[]) =>
      values.map((value, bin) => `${round(x((bin + 0.5) * BIN_SECONDS))},${round(y(value))}`);
    const points = [...edge(below), ...edge(lower).reverse()].join(' ');
    return `<polygon class="v${index}" points="${points}"><title>Answered by ${escapeText(version)}</title></polygon>`;
  });
  const rate = report.requestsPerSecond;
  return [
    ...areas,
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(rate))}" y2="${round(y(rate))}"/>`,
    `<text class="tick" text-anchor="end" x="${LEFT - 6}" y="${round(y(rate) + 4)}">${rate}/s</text>`,
    `<text class="tick" text-anchor="end" x="${LEFT - 6}" y="${round(y(0))}">0</text>`,
    `<line class="base" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(0))}" y2="${round(y(0))}"/>`,
  ].join('\n');
}

/** Failures have a lane of their own: a single one among thousands of answers must be seen. */
function failures(report: Report, variant: Variant, x: Scale, top: number): string {
  const marks = binsOf(report, variant).map(({ failed }, bin) => {
    if (failed === 0) return '';
    const [from, to] = [x(bin * BIN_SECONDS), x((bin + 1) * BIN_SECONDS)];
    return `<rect class="failed" x="${round(from)}" y="${top}" width="${round(Math.max(2, to - from))}" height="${FAILURES_HEIGHT}"><title>${failed} failed</title></rect>`;
  });
  const count = total(
    Object.fromEntries(report.traffic[variant].map(({ failed }, index) => [index, total(failed)])),
  );
  const text = `<text class="tick" x="${LEFT + 2}" y="${top + 12}">${count === 0 ? 'no request failed' : `${count} failed`}</text>`;
  return [...marks, count === 0 ? '' : text].filter(Boolean).join('\n') || text;
}

function machines(report: Report, variant: Variant, x: Scale, top: number): string {
  const samples = report.fleets[variant];
  const count = ({ machines }: ReportedFleet) =>
    Object.values(machines).reduce((sum, states) => sum + total(states), 0);
  const most = Math.max(1, ...samples.map(count));
  const unit = MACHINES_HEIGHT / most;
  const versions = versionsOf(report);
  const bars = samples.flatMap((sample, index) => {
    const from = x(sample.seconds);
    const width = x(samples[index + 1]?.seconds ?? report.realSeconds) - from;
    let height = 0;
    const bar = (version: string, number: number, isServing: boolean) => {
      if (number === 0 || width <= 0) return '';
      const y = top + MACHINES_HEIGHT - (height + number) * unit;
      height += number;
      const name = `v${versions.indexOf(version)}${isServing ? '' : ' idle'}`;
      const title = `${number} × ${version}, ${isServing ? 'serving' : 'not serving'}`;
      return `<rect class="${name}" x="${round(from)}" y="${round(y)}" width="${round(width)}" height="${round(number * unit)}"><title>${escapeText(title)}</title></rect>`;
    };
    const parts = versions.filter((version) => sample.machines[version]);
    return [
      ...parts.map((version) => bar(version, sample.machines[version]!.serving ?? 0, true)),
      ...parts.map((version) => {
        const states = sample.machines[version]!;
        return bar(version, total(states) - (states.serving ?? 0), false);
      }),
    ];
  });
  return [
    ...bars.filter(Boolean),
    `<text class="tick" text-anchor="end" x="${LEFT - 6}" y="${top + 10}">${most}</text>`,
    `<text class="tick" text-anchor="end" x="${LEFT - 6}" y="${top + MACHINES_HEIGHT}">0</text>`,
    `<line class="base" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${top + MACHINES_HEIGHT}" y2="${top + MACHINES_HEIGHT}"/>`,
  ].join('\n');
}

function axis(report: Report, x: Scale, bottom: number): string {
  const every = [5, 10, 20, 30, 60, 120, 300, 600].find((step) => report.realSeconds / step <= 12) ?? 1200;
  const ticks = Array.from(
    { length: Math.floor(report.realSeconds / every) + 1 },
    (_, index) => index * every,
  );
  const modelledAt = modelledTime(report);
  const modelled = (seconds: number) => {
    const minutes = Math.round(modelledAt(seconds) / 60);
    return minutes < 60
      ? `${minutes} min`
      : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`;
  };
  return ticks
    .map(
      (seconds) =>
        `<text class="tick" text-anchor="middle" x="${round(x(seconds))}" y="${bottom + 15}">${seconds} s</text>` +
        `<text class="tick faint" text-anchor="middle" x="${round(x(seconds))}" y="${bottom + 30}">${modelled(seconds)}</text>`,
    )
    .join('\n');
}

/** Modelled seconds by real ones. The local AWS's clock has no constant pace: between two looks it is taken as even. */
export function modelledTime(report: Pick<Report, 'realSeconds' | 'modelledSeconds' | 'fleets'>): Scale {
  const looks = [
    { seconds: 0, modelledSeconds: 0 },
    ...Object.values(report.fleets).flat(),
    { seconds: report.realSeconds, modelledSeconds: report.modelledSeconds },
  ].sort((a, b) => a.seconds - b.seconds);
  return (seconds) => {
    const next = looks.findIndex((look) => look.seconds >= seconds);
    if (next <= 0) return next < 0 ? report.modelledSeconds : 0;
    const [from, to] = [looks[next - 1]!, looks[next]!];
    const share = to.seconds === from.seconds ? 1 : (seconds - from.seconds) / (to.seconds - from.seconds);
    return from.modelledSeconds + share * (to.modelledSeconds - from.modelledSeconds);
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

/** Text as it may stand in HTML. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
