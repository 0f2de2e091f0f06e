import { holding, ScaledClock, VirtualClock } from '../../../local-aws/core/clock';

describe('VirtualClock', () => {
  test('an hour costs nothing, and moments come in their order', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.after(3_600_000, () => seen.push(`hour ${clock.now()}`));
    clock.after(1_000, () => seen.push(`second ${clock.now()}`));
    clock.after(1_000, () => seen.push('second, asked for later'));
    await clock.advance(3_600_000);
    expect(seen).toEqual(['second 1000', 'second, asked for later', 'hour 3600000']);
    expect(clock.now()).toBe(3_600_000);
  });

  test('a cancelled timer never calls back', async () => {
    const clock = new VirtualClock(0);
    const callback = jest.fn();
    clock.after(10, callback).cancel();
    await clock.advance(20);
    expect(callback).not.toHaveBeenCalled();
  });

  test('time does not pass over work that is held', async () => {
    const clock = new VirtualClock(0);
    let finishedAt: number | undefined;
    const work = holding(clock, async () => {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      finishedAt = clock.now();
    });
    clock.after(1_000, () => undefined);
    await clock.advance(2_000);
    await work;
    expect(finishedAt).toBe(0);
  });

  test('a hold ends when the work fails', async () => {
    const clock = new VirtualClock(0);
    await expect(holding(clock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await clock.advance(1);
    expect(clock.now()).toBe(1);
  });

  test('runUntil goes on until the promise settles, and no further', async () => {
    const clock = new VirtualClock(0);
    clock.after(10_000, () => undefined);
    await clock.runUntil(clock.sleep(5_000));
    expect(clock.now()).toBe(5_000);
  });

  test('runUntil says so when nothing can settle the promise any more', async () => {
    const clock = new VirtualClock(0);
    await expect(clock.runUntil(new Promise(() => undefined))).rejects.toThrow('Nothing is scheduled');
  });
});

describe('ScaledClock', () => {
  // Real time is the test's: on a busy computer a test would else be held up between two looks at it.
  beforeEach(() => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Lets so much time pass, and what waited for it go on. */
  const advance = async (ms: number) => {
    jest.advanceTimersByTime(ms);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };

  test('a thousand modelled milliseconds at speed 100 are ten real ones', async () => {
    const clock = new ScaledClock(100);
    const callback = jest.fn();
    void clock.sleep(1_000).then(callback);
    await advance(9);
    expect(callback).not.toHaveBeenCalled();
    await advance(1);
    expect(callback).toHaveBeenCalled();
  });

  test('it is never behind real time', async () => {
    const clock = new ScaledClock(1);
    expect(clock.now()).toBeGreaterThanOrEqual(Date.now());
    await advance(3_600_000);
    expect(clock.now()).toBeGreaterThanOrEqual(Date.now());
  });

  test('while it is held it goes no faster than real time', async () => {
    const clock = new ScaledClock(10_000);
    const release = clock.hold();
    const before = clock.now();
    const late = jest.fn();
    clock.after(60_000, late);
    await advance(30);
    expect(clock.now() - before).toBeCloseTo(30, 1);
    expect(late).not.toHaveBeenCalled();
    release();
    await advance(6);
    expect(late).toHaveBeenCalled();
  });

  test('of several holds the one that allows least counts, and none makes it faster than it is', async () => {
    const clock = new ScaledClock(10_000);
    const paceNow = async () => {
      const modelled = clock.now();
      await advance(20);
      return (clock.now() - modelled) / 20;
    };
    const releases = [clock.hold(20_000), clock.hold(100), clock.hold()];
    expect(await paceNow()).toBeCloseTo(1, 1);
    releases[2]!();
    expect(await paceNow()).toBeCloseTo(100, 1);
    releases[1]!();
    expect(await paceNow()).toBeCloseTo(10_000, 1);
    releases[0]!();
    expect(await paceNow()).toBeCloseTo(10_000, 1);
  });

  test('a speed under 1 is refused, with what was found', () => {
    expect(() => new ScaledClock(0.5)).toThrow('found 0.5');
  });
});
