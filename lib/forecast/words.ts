const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A duration in its two largest units: `3 min 20 s`. */
export function duration(seconds: number): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const [, smallest] = UNITS[first + 1] ?? UNITS[first]!;
  let left = Math.round(seconds / smallest) * smallest;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

/** A moment as a clock shows it: `3:20`, `1:03:20`. */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => String(part).padStart(index === 0 ? 1 : 2, '0')).join(':');
}

/** `1 machine`, `4 machines`, `4 real machines`. */
export function machines(count: number, kind = ''): string {
  return `${count} ${kind}${kind && ' '}${count === 1 ? 'machine' : 'machines'}`;
}

/** A number with no more digits than it needs: three that count, and never a long fraction. */
export function figure(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
