const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 10].map((days) => days * DAY),
];

/** Moments for an axis of time: round ones, and no more than so many. */
export function timeTicks(endSeconds: number, most: number): readonly number[] {
  return ticks(STEPS.find((each) => endSeconds / each <= most) ?? endSeconds, endSeconds);
}

/** Whole numbers for an axis of machines: round ones, and no more than so many. */
export function countTicks(end: number, most: number): readonly number[] {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(1, end / most)));
  const step = [1, 2, 5, 10].map((each) => each * magnitude).find((each) => end / each <= most);
  return ticks(Math.max(1, step ?? end), end);
}

function ticks(step: number, end: number): readonly number[] {
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}
