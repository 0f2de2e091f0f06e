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
   * jump over it. The returned function ends the hold; calling it again does nothing. A clock that
   * follows real time ignores it.
   */
  hold(): () => void;
}

/** Runs work under a hold of the clock. */
export async function holding<T>(clock: Clock, work: () => Promise<T> | T): Promise<T> {
  const release = clock.hold();
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Follows real time, `speed` times as fast. It starts at the real present and so is never behind it:
 * clients that compare AWS's times with their own (the CDK CLI does, for stack events) see no time
 * before their own start.
 */
export class ScaledClock implements Clock {
  private readonly startedAt = Date.now();
  private readonly monotonicStart = performance.now();

  constructor(readonly speed: number) {
    if (!(speed >= 1)) throw new RangeError(`A clock's speed is a number from 1 up; found ${speed}.`);
  }

  now(): number {
    return this.startedAt + (performance.now() - this.monotonicStart) * this.speed;
  }

  after(ms: number, callback: () => void): Timer {
    const timer = setTimeout(callback, Math.max(0, ms) / this.speed);
    return { cancel: () => clearTimeout(timer) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  hold(): () => void {
    return () => undefined;
  }
}

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Stands still until it is told to advance, and then goes from one scheduled moment to the next. It
 * waits for whatever holds it before each step, so that every run of the same test is the same.
 */
export class VirtualClock implements Clock {
  private time: number;
  private order = 0;
  private holds = 0;
  private readonly scheduled = new Set<Scheduled>();

  /** @param start modelled time to begin at, in milliseconds since the epoch */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): Timer {
    const entry: Scheduled = { at: this.time + Math.max(0, ms), order: this.order++, callback };
    this.scheduled.add(entry);
    return { cancel: () => this.scheduled.delete(entry) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  hold(): () => void {
    let held = true;
    this.holds++;
    return () => {
      if (held) this.holds--;
      held = false;
    };
  }

  /** Goes on for so many milliseconds of modelled time. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await this.settle();
    for (let next = this.next(); next && next.at <= end; next = this.next()) await this.step(next);
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
      const next = this.next();
      if (!next) throw new Error('Nothing is scheduled any more, and what was waited for has not happened.');
      if (next.at > end) throw new Error(`What was waited for did not happen in ${limitMs} ms.`);
      await this.step(next);
    }
    return promise;
  }

  private next(): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const entry of this.scheduled) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    return first;
  }

  private async step(entry: Scheduled): Promise<void> {
    this.scheduled.delete(entry);
    this.time = entry.at;
    entry.callback();
    await this.settle();
  }

  /** Lets pending promises run, and whatever holds the clock finish. */
  private async settle(): Promise<void> {
    do {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (this.holds > 0);
  }
}
