/** A cancelled timer never calls back. */
export interface Timer {
  cancel(): void;
}

/**
 * The one source of time in the local AWS. Modelled time: an hour on this clock is an hour of AWS's,
 * however long it takes here.
 */
export interface Clock {
  /** Modelled time, in milliseconds since the epoch. */
  now(): number;
  /** Calls back once, after so many modelled milliseconds. */
  after(ms: number, callback: () => void): Timer;
  /** Resolves after so many modelled milliseconds. */
  sleep(ms: number): Promise<void>;
  /**
   * Says that real work is under way (a request, a function's run) and that modelled time must not
   * run away from it. The returned function ends the hold; calling it again does nothing.
   * @param pace how many times as fast as real time it may go meanwhile @default 1
   */
  hold(pace?: number): () => void;
}

/** Runs work under a hold of the clock. */
export async function holding<T>(clock: Clock, work: () => Promise<T> | T, pace?: number): Promise<T> {
  const release = clock.hold(pace);
  try {
    return await work();
  } finally {
    release();
  }
}

interface Scheduled {
  readonly at: number;
  readonly callback: () => void;
}

/** What is to happen when, in its order: at the same moment, what was asked for first comes first. */
class Schedule {
  private readonly entries: Scheduled[] = [];

  add(at: number, callback: () => void): Timer {
    const entry = { at, callback };
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.entries.splice(low, 0, entry);
    return { cancel: () => this.remove(entry) };
  }

  get next(): Scheduled | undefined {
    return this.entries[0];
  }

  remove(entry: Scheduled): void {
    const index = this.entries.indexOf(entry);
    if (index >= 0) this.entries.splice(index, 1);
  }
}

/** The holds that have not ended, by the pace that each allows. */
class Holds {
  private readonly paces = new Map<object, number>();

  constructor(private readonly onChange: () => void = () => undefined) {}

  get any(): boolean {
    return this.paces.size > 0;
  }

  /** What all of them allow. */
  get pace(): number {
    return Math.min(...this.paces.values());
  }

  begin(pace: number): () => void {
    const hold = {};
    this.paces.set(hold, pace);
    this.onChange();
    return () => {
      if (this.paces.delete(hold)) this.onChange();
    };
  }
}

/**
 * Follows real time, `speed` times as fast, but no faster than a hold allows while it is held: a request
 * that takes half a second on a busy computer takes half a second in the model, too, and not a minute.
 * It starts at the real present and so is never behind it: clients that compare AWS's times with their
 * own (the CDK CLI does, for stack events) see no time before their own start.
 */
export class ScaledClock implements Clock {
  private readonly schedule = new Schedule();
  private readonly holds = new Holds(() => this.changePace());
  private pace: number;
  private paceSince = performance.now();
  private time = Date.now();
  private wake?: NodeJS.Timeout;
  private isStopped = false;

  constructor(readonly speed: number) {
    if (!(speed >= 1)) throw new RangeError(`A clock's speed is a number from 1 up; found ${speed}.`);
    this.pace = speed;
  }

  now(): number {
    return this.time + (performance.now() - this.paceSince) * this.pace;
  }

  after(ms: number, callback: () => void): Timer {
    const timer = this.schedule.add(this.now() + Math.max(0, ms), callback);
    this.arm();
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  hold(pace = 1): () => void {
    return this.holds.begin(pace);
  }

  /** Ends it: nothing that was still to happen does. */
  stop(): void {
    clearTimeout(this.wake);
    this.isStopped = true;
  }

  private changePace(): void {
    const pace = Math.min(this.speed, this.holds.pace);
    if (pace === this.pace) return;
    this.time = this.now();
    this.paceSince = performance.now();
    this.pace = pace;
    this.arm();
  }

  /** One real timer, for the earliest of all moments. */
  private arm(): void {
    clearTimeout(this.wake);
    const { next } = this.schedule;
    if (!next || this.isStopped) return;
    this.wake = setTimeout(() => this.fire(), (next.at - this.now()) / this.pace);
  }

  private fire(): void {
    const now = this.now();
    for (let { next } = this.schedule; next && next.at <= now; next = this.schedule.next) {
      this.schedule.remove(next);
      next.callback();
    }
    this.arm();
  }
}

/**
 * Stands still until it is told to advance, and then goes from one scheduled moment to the next. It
 * waits for whatever holds it before each step, so that every run of the same test is the same.
 */
export class VirtualClock implements Clock {
  private readonly schedule = new Schedule();
  private readonly holds = new Holds();

  /**
   * @param time modelled time to begin at, in milliseconds since the epoch
   * @param turns of the event loop that are waited before each step; one does where nothing waits for files or sockets
   */
  constructor(
    private time = Date.UTC(2026, 0, 1),
    private readonly turns = 3,
  ) {}

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): Timer {
    return this.schedule.add(this.time + Math.max(0, ms), callback);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** However fast it might go: nothing is faster than standing still. */
  hold(): () => void {
    return this.holds.begin(1);
  }

  /** Goes on for so many milliseconds of modelled time. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await this.settle();
    for (let { next } = this.schedule; next && next.at <= end; next = this.schedule.next)
      await this.step(next);
    this.time = end;
    await this.settle();
  }

  /**
   * Goes on until the promise is settled, and returns what it was settled with.
   * @throws when nothing is scheduled any more, or after `limitMs` of modelled time, with the promise still open
   */
  async runUntil<T>(promise: Promise<T>, limitMs = 7 * 24 * 3_600_000): Promise<T> {
    let open = true;
    const done = () => {
      open = false;
    };
    promise.then(done, done);
    const end = this.time + limitMs;
    await this.settle();
    while (open) {
      const { next } = this.schedule;
      if (!next) throw new Error('Nothing is scheduled any more, and what was waited for has not happened.');
      if (next.at > end) throw new Error(`What was waited for did not happen in ${limitMs} ms.`);
      await this.step(next);
    }
    return promise;
  }

  private async step(entry: Scheduled): Promise<void> {
    this.schedule.remove(entry);
    this.time = entry.at;
    entry.callback();
    await this.settle();
  }

  /** Lets pending promises run, and whatever holds the clock finish. */
  private async settle(): Promise<void> {
    do {
      for (let turn = 0; turn < this.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (this.holds.any);
  }
}
