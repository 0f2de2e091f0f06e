import { randomBytes } from 'node:crypto';

/** What everything made on the host begins with: bridges, interfaces, network namespaces, tables, cgroups. */
export const PREFIX = 'imr';

/** One run's names. An interface's name has 15 characters at the most: the number of a machine may have six. */
export class RunNames {
  constructor(readonly id: string) {
    if (!RunNames.isId(id)) throw new RangeError(`A run's id is four hexadecimal digits; found ${id}.`);
  }

  static isId(this: void, text: string): boolean {
    return /^[0-9a-f]{4}$/.test(text);
  }

  static random(): RunNames {
    return new RunNames(randomBytes(2).toString('hex'));
  }

  /** The bridge, and the packet filter's table of it. */
  get bridge(): string {
    return `${PREFIX}-${this.id}`;
  }

  /** A machine: its network namespace, the host's end of its cable, its cgroup. */
  machine(number: number): string {
    return `${this.bridge}-${number}`;
  }
}

/** The run that a name belongs to; undefined for a name that is not of ours. */
export function runOf(name: string): string | undefined {
  return /^imr-([0-9a-f]{4})(?:-\d+)?$/.exec(name)?.[1];
}
