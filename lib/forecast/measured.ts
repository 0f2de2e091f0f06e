import { ConfigurationError, quoted } from '../configuration-error';
import type { Sourced, Variant } from './known';
import { AROUND_COMPONENTS_SECONDS, LAUNCH_SECONDS } from './modelled';
import { duration, machines } from './words';

/**
 * How long machines and bakes take where `npm run rehearse:machines` has measured it. A machine there is a
 * container, so that only a part could be measured; what EC2 does besides stays modelled.
 */
export interface Measured {
  /** From launch until in service; undefined where no machine of the variant was measured. */
  readonly bootSeconds: Readonly<Record<Variant, Sourced<number> | undefined>>;
  readonly bakeSeconds?: Sourced<number>;
  /** What the figures do not tell; a sentence. */
  readonly note: string;
}

/** What the figures call the variants. */
const STACKS: Readonly<Record<Variant, string>> = {
  'image-based': 'ImageBased',
  'instance-based': 'InstanceBased',
};

/** The parts of a bake that are the components' own work: starts and the frozen layer stand for EC2's. */
const COMPONENT_PARTS = ['build', 'validate', 'test'];

/**
 * Reads the figures that `npm run rehearse:machines` leaves.
 * @param name how errors call the file
 * @throws ConfigurationError when the figures are of another schema, or malformed
 */
export function measuredOf(name: string, content: Readonly<Record<string, unknown>>): Measured {
  const figures = new Figures(name, content);
  figures.expectSchema(1);
  const day = figures.day('startedAt');
  const sum = (modelled: number, measured: number, whose: string, where: string) => ({
    value: Math.round(modelled + measured),
    from: `${duration(modelled)} of ${whose}, modelled, and ${shown(measured)} measured ${where} on ${day}`,
  });
  const bootOf = (variant: Variant) => {
    const path = `boot.${STACKS[variant]}`;
    const boots = figures.count(`${path}.boots`);
    if (boots === 0) return undefined;
    const measured = figures.seconds(`${path}.healthySeconds`);
    return sum(LAUNCH_SECONDS, measured, "EC2's", `on ${machines(boots, `real ${variant}`)}`);
  };
  const bake = () => {
    const bakes = figures.count('bake.bakes');
    if (bakes === 0) return undefined;
    const measured = COMPONENT_PARTS.reduce((all, part) => all + figures.seconds(`bake.parts.${part}`), 0);
    const where = `in ${bakes} real ${bakes === 1 ? 'bake' : 'bakes'}`;
    return sum(AROUND_COMPONENTS_SECONDS, measured, "EC2's and Image Builder's", where);
  };
  const processors = figures.count('computer.processors');
  return {
    bootSeconds: { 'image-based': bootOf('image-based'), 'instance-based': bootOf('instance-based') },
    bakeSeconds: bake(),
    note:
      `Measured were containers on a computer with ${processors} ${processors === 1 ? 'processor' : 'processors'}: ` +
      "they start no firmware and no kernel, and read no volume from a snapshot. EC2's machines need longer for that.",
  };
}

/** A measured time; a short one with a tenth of a second. */
function shown(seconds: number): string {
  return seconds < 60 ? `${Number(seconds.toFixed(1))} s` : duration(seconds);
}

/** Values of a JSON file by their paths. */
class Figures {
  constructor(
    private readonly name: string,
    private readonly content: Readonly<Record<string, unknown>>,
  ) {}

  expectSchema(version: number): void {
    const { schemaVersion } = this.content;
    if (schemaVersion !== version) throw this.wrong('schemaVersion', schemaVersion, `${version} is`);
  }

  count(path: string): number {
    const value = this.at(path);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.wrong(path, value, 'a whole number is');
  }

  seconds(path: string): number {
    const value = this.at(path);
    if (typeof value === 'number' && value >= 0 && value <= 86_400) return value;
    throw this.wrong(path, value, 'seconds, a day at most, are');
  }

  /** The day of a moment, `2026-11-26`. */
  day(path: string): string {
    const value = this.at(path);
    if (typeof value === 'string' && !Number.isNaN(Date.parse(value)))
      return new Date(value).toISOString().slice(0, 10);
    throw this.wrong(path, value, 'a time such as "2026-11-26T05:32:43.086Z" is');
  }

  private at(path: string): unknown {
    return path.split('.').reduce<unknown>((found, key) => {
      const isObject = typeof found === 'object' && found !== null;
      return isObject ? (found as Readonly<Record<string, unknown>>)[key] : undefined;
    }, this.content);
  }

  private wrong(path: string, found: unknown, expected: string): ConfigurationError {
    const what = found === undefined ? `has no ${path}` : `has the ${path} ${quoted(found)}`;
    return new ConfigurationError(`${this.name} ${what}; ${expected} expected.`);
  }
}
