/** As the local AWS has it: the one number of its length that is the same in every run. */
const ACCOUNT = '000000000000';

/** What happened in a simulation, line by line, in words that are the same in every run of a seed. */
export class Trace {
  private readonly entries: (readonly [at: number, who: string, what: string])[] = [];
  private readonly names = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly now: () => number,
    private readonly beginning: number,
  ) {}

  add(who: string, what: string): void {
    this.entries.push([this.now(), who, what]);
  }

  /** The trace as text; ids that AWS makes up have names of their own here: `machine 3`. */
  toString(): string {
    return this.entries
      .map(([at, who, what]) => `${this.moment(at)} ${who.padEnd(12)} ${this.named(what)}`)
      .join('\n');
  }

  get size(): number {
    return this.entries.length;
  }

  private moment(at: number): string {
    const seconds = (at - this.beginning) / 1000;
    const part = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0');
    return `${part(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}.${part((seconds * 1000) % 1000, 3)}`;
  }

  private named(text: string): string {
    return text
      .replace(/\bi-0[0-9a-f]{16}\b/g, (id) => this.name('machine', id))
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => this.name('id', id))
      .replace(/\b(vpc|subnet|lt|ami|sg|transaction)-0[0-9a-f]{16}\b/g, (id, kind: string) =>
        this.name(kind, id),
      )
      .replace(/\b[0-9a-f]{16,64}\b/gi, (id) => this.name('hash', id))
      .replace(/\b[0-9A-F]{12}\b/g, (id) => (id === ACCOUNT ? id : this.name('suffix', id)));
  }

  private name(kind: string, id: string): string {
    const known = this.names.get(id);
    if (known) return known;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    const name = `${kind}-${count}`;
    this.names.set(id, name);
    return name;
  }
}
