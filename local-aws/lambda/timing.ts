/** Lambda's durations. */
export const timing = {
  /** Modelled time after which a process that has nothing to do ends; AWS keeps them for some such time. */
  idleMs: 10 * 60_000,
  /** Modelled waits before an asynchronous invocation that failed is tried again. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
  retryMs: [60_000, 120_000],
  /** Real time that a process may take to load its handler. AWS gives 10 s; a busy computer may need more. */
  initLimitMs: 30_000,
  /**
   * How many times as fast as real time the clock may go while a function runs. A process here loads its handler in a
   * fraction of a cold start's time.
   */
  pace: 4,
} as const;
