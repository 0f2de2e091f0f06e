import type { WriteStream } from 'node:tty';
import type { FleetSample, Variant } from './model';
import { COLOURED, type Paint, PLAIN } from './paint';
import { changesBetween, clock, type Scene, viewOf } from './view';

/** Where the rehearsal tells what goes on. */
export interface Screen {
  readonly paint: Paint;
  /** A line that stays. */
  say(line: string): void;
  /** What the fleets look like now. */
  show(scene: Scene): void;
  /** Leaves the terminal as it was found. */
  close(): void;
}

type Output = Pick<WriteStream, 'write' | 'columns' | 'rows'>;

/** A view that is redrawn in place, for terminals. */
export class LiveScreen implements Screen {
  private height = 0;
  private scene: Scene | undefined;

  constructor(
    private readonly output: Output,
    readonly paint: Paint,
  ) {
    output.write('\u001b[?25l');
  }

  say(line: string): void {
    this.draw(`${line}\u001b[K\n`);
  }

  show(scene: Scene): void {
    this.scene = scene;
    this.draw('');
  }

  close(): void {
    this.draw('', false);
    this.output.write('\u001b[?25h');
  }

  /** One write for a whole frame, over the old one and never cleared first: nothing flickers. */
  private draw(above: string, withView = true): void {
    const width = Math.max(10, (this.output.columns ?? 80) - 1);
    const view = this.scene && withView ? viewOf(this.scene, width, this.paint) : [];
    // What does not fit would scroll, and the way back up would be wrong.
    const lines = ['', ...view].slice(0, Math.max(1, (this.output.rows ?? 24) - 1));
    const up = this.height > 0 ? `\u001b[${this.height}A\r` : '\r';
    const frame = view.length > 0 ? lines.map((line) => `${line}\u001b[K\n`).join('') : '';
    this.height = view.length > 0 ? lines.length : 0;
    this.output.write(`\u001b[?2026h${up}${above}${frame}\u001b[J\u001b[?2026l`);
  }
}

/** A line for each change, for logs. */
export class LineScreen implements Screen {
  readonly paint = PLAIN;
  private readonly last = new Map<Variant, FleetSample>();
  private readonly failed = new Map<Variant, number>();

  constructor(private readonly output: Pick<WriteStream, 'write'>) {}

  say(line: string): void {
    this.output.write(`${line}\n`);
  }

  show({ realMs, modelledMs, fleets, traffic }: Scene): void {
    const times = `[${clock(realMs)} real, ${clock(modelledMs)} modelled]`;
    for (const variant of Object.keys(fleets) as Variant[]) {
      const sample = fleets[variant];
      if (!sample) continue;
      for (const change of changesBetween(this.last.get(variant), sample))
        this.say(`${times} ${variant}: ${change}`);
      this.last.set(variant, sample);
      const failed = traffic[variant]?.failed ?? 0;
      if (failed > (this.failed.get(variant) ?? 0))
        this.say(`${times} ${variant}: failed requests: ${failed}`);
      this.failed.set(variant, failed);
    }
  }

  close(): void {
    this.last.clear();
  }
}

/** The screen for an output: live in a terminal, lines elsewhere and in CI. https://no-color.org */
export function screenFor(output: WriteStream, environment: NodeJS.ProcessEnv): Screen {
  const isLive = output.isTTY && !environment.CI && environment.TERM !== 'dumb';
  if (!isLive) return new LineScreen(output);
  return new LiveScreen(output, environment.NO_COLOR ? PLAIN : COLOURED);
}
