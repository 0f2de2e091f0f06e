/** How many machines there are from a moment on, until the next one. */
export interface Moment {
  /** From the rollout's start, when the image is baked. */
  readonly atSeconds: number;
  /** Serving, with the release from before. */
  readonly old: number;
  /** Serving, with the new release. */
  readonly new: number;
  /** Launched, and not serving: not yet, or never. */
  readonly starting: number;
  /** Told to go; they finish what they began. */
  readonly leaving: number;
}

/** A wait of the refresh: at a checkpoint, or AWS's bake time after the last machine. */
export interface Hold {
  readonly name: string;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

/** From one moment to another. */
export interface Interval {
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

/** Machines that exist, whatever they do. */
export function machinesAt(moment: Moment): number {
  return moment.old + moment.new + moment.starting + moment.leaving;
}

/** What a timeline comes to. */
export interface Sums {
  /** When both releases serve, until the rollout ends. */
  readonly twoVersions: readonly Interval[];
  readonly extraMachineSeconds: number;
  readonly lowest: number;
  /** When that few serve first. */
  readonly lowestAtSeconds: number;
  readonly most: number;
}

/** Adds a timeline up. @param endSeconds end of the rollout; machines may leave for longer */
export function sumsOf(timeline: readonly Moment[], capacity: number, endSeconds: number): Sums {
  const twoVersions: Interval[] = [];
  let [extra, lowest, lowestAt, most] = [0, Number.POSITIVE_INFINITY, 0, 0];
  timeline.forEach((moment, index) => {
    const from = moment.atSeconds;
    const until = timeline[index + 1]?.atSeconds ?? from;
    const all = machinesAt(moment);
    extra += Math.max(0, all - capacity) * (until - from);
    most = Math.max(most, all);
    const serving = moment.old + moment.new;
    if (serving < lowest) [lowest, lowestAt] = [serving, from];
    if (moment.old === 0 || moment.new === 0 || from >= endSeconds) return;
    // Where old machines stay for ever, no later moment says until when.
    const upTo = index === timeline.length - 1 ? endSeconds : Math.min(until, endSeconds);
    const last = twoVersions.at(-1);
    if (last?.untilSeconds === from) twoVersions.pop();
    const since = last?.untilSeconds === from ? last.fromSeconds : from;
    twoVersions.push({ fromSeconds: since, untilSeconds: upTo });
  });
  return { twoVersions, extraMachineSeconds: extra, lowest, lowestAtSeconds: lowestAt, most };
}
