/** How text is set apart; without colour nothing is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  alarm(text: string): string;
  /** In the colour of that number, 0 to 3. */
  colour(number: number, text: string): string;
}

/** Numbers of the terminal's 256 colours; told apart by people who see red and green alike, on dark and light. */
const COLOURS = [33, 208, 170, 36];

export const PLAIN: Paint = {
  bold: (text) => text,
  dim: (text) => text,
  alarm: (text) => text,
  colour: (_, text) => text,
};

export const COLOURED: Paint = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
  alarm: (text) => `\u001b[1;31m${text}\u001b[22;39m`,
  colour: (number, text) => `\u001b[38;5;${COLOURS[number % COLOURS.length]}m${text}\u001b[39m`,
};

/** Each version's colour, by its number among four. A version has the same one everywhere. */
export function colourOf(version: string): number {
  const known = ['1.0.0', '1.1.0', '2.0.0'].indexOf(version);
  return known === -1 ? 3 : known;
}
