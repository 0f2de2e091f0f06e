import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../forecast/chart';
import type { Scene } from './command';

/**
 * Shows scenes: on a terminal each picture takes the place of the one before; elsewhere there is a line for
 * each change, with its time.
 */
export function screen(
  write: (text: string) => void,
  terminal: (Terminal & { readonly rows: number }) | undefined,
  now: () => number,
): (scene: Scene) => void {
  let drawn = 0;
  return ({ picture, line }) => {
    if (!terminal) {
      if (line !== undefined) write(`${new Date(now()).toISOString()} ${line}\n`);
      return;
    }
    // What has scrolled out of sight can't be drawn over.
    const shown = fitting(picture.split('\n'), terminal);
    write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}\u001b[J${shown.join('\n')}\n`);
    drawn = rowsOf(shown, terminal);
  };
}

/** As many lines as there is room for, with one to spare. */
function fitting(
  lines: readonly string[],
  terminal: Terminal & { readonly rows: number },
): readonly string[] {
  let count = lines.length;
  while (count > 1 && rowsOf(lines.slice(0, count), terminal) >= terminal.rows) count--;
  return lines.slice(0, count);
}

/** Rows that lines take: a long one is wrapped, and colours take no room. */
function rowsOf(lines: readonly string[], { columns }: Terminal): number {
  return lines.reduce(
    (rows, line) => rows + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns)),
    0,
  );
}
