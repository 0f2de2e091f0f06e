import type { Launched } from '../machines/nspawn/nspawn-driver';
import { probeOverHttp } from '../machines/probe';
import type { Variant } from './model';

/** What was measured while a machine started. */
export interface Boot {
  readonly variant: Variant;
  readonly instanceId: string;
  /** Other machines that started at the same time: they share the computer's processors. */
  readonly beside: number;
  /** From the launch to the first healthy answer, in seconds. */
  readonly healthySeconds: number;
  /** Bytes of packages and artifacts that were fetched until then. */
  readonly fetchedBytes: number;
  /** Processor time of all its processes until then, in seconds; `null` where the computer does not count it. */
  readonly processorSeconds: number | null;
}

/** A figure for each thing that is measured of a boot; `null` where it never was. */
export type PerMeasure = Readonly<
  Record<'healthySeconds' | 'fetchedBytes' | 'processorSeconds', number | null>
>;

/** Medians of what was measured, with the least and the most of each. */
export interface BootFigures extends PerMeasure {
  readonly boots: number;
  readonly least: PerMeasure;
  readonly most: PerMeasure;
}

/** Real time between two looks whether a machine is healthy; after so long it is taken for sick. */
const LOOK_MS = 40;
const GIVE_UP_MS = 120_000;

/** Watches each machine from its launch to its first healthy answer, from outside, as a client would. */
export class BootWatch {
  private readonly measured: Boot[] = [];
  private readonly starting = new Set<string>();
  private isClosed = false;

  constructor(
    private readonly port: number,
    private readonly path: string,
  ) {}

  /** The boots that ended well, so far. */
  get boots(): readonly Boot[] {
    return this.measured;
  }

  async watch(machine: Launched): Promise<void> {
    this.starting.add(machine.instanceId);
    let beside = 0;
    try {
      while (!this.isClosed && !machine.isGone() && performance.now() - machine.at < GIVE_UP_MS) {
        beside = Math.max(beside, this.starting.size - 1);
        const probe = await probeOverHttp({ host: machine.address, port: this.port }, this.path, 0);
        if ('status' in probe && probe.status === 200) {
          const healthySeconds = (performance.now() - machine.at) / 1000;
          this.measured.push({
            // What a machine has to do at its boot is the whole difference between the two ways.
            variant: machine.hasUserData ? 'InstanceBased' : 'ImageBased',
            instanceId: machine.instanceId,
            ...{ beside, healthySeconds },
            fetchedBytes: machine.fetchedBytes(),
            processorSeconds: (await machine.processorSeconds()) ?? null,
          });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    } finally {
      this.starting.delete(machine.instanceId);
    }
  }

  close(): void {
    this.isClosed = true;
  }
}

/** Sums up the boots of one variant. */
export function bootFigures(boots: readonly Boot[]): BootFigures {
  const of = (sum: (values: readonly number[]) => number | null): PerMeasure => {
    const figure = (key: keyof PerMeasure) =>
      sum(boots.map((boot) => boot[key]).filter((value) => value !== null));
    return {
      healthySeconds: figure('healthySeconds'),
      fetchedBytes: figure('fetchedBytes'),
      processorSeconds: figure('processorSeconds'),
    };
  };
  const among = (choose: (...values: number[]) => number) =>
    of((values) => (values.length === 0 ? null : choose(...values)));
  return { boots: boots.length, ...of(median), least: among(Math.min), most: among(Math.max) };
}

/** The middle value, or the mean of the two in the middle; `null` of nothing. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
