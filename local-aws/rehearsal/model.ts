/** The two ways that are compared, by their stacks' names. */
export const VARIANTS = ['ImageBased', 'InstanceBased'] as const;
export type Variant = (typeof VARIANTS)[number];

/** One value for each variant. */
export type PerVariant<T> = Readonly<Record<Variant, T>>;

/** Gives each variant its value. */
export function perVariant<T>(value: (variant: Variant) => T): PerVariant<T> {
  return { ImageBased: value('ImageBased'), InstanceBased: value('InstanceBased') };
}

/** Does something for both variants at the same time. */
export async function both<T>(of: (variant: Variant) => Promise<T>): Promise<PerVariant<T>> {
  const [ImageBased, InstanceBased] = await Promise.all([of('ImageBased'), of('InstanceBased')]);
  return { ImageBased, InstanceBased };
}

/** Something that was looked at, and held against what is wanted. */
export interface Finding {
  readonly name: string;
  readonly passed: boolean;
  readonly found: string;
  readonly wanted: string;
}

/** One thing that has to be so at the end. */
export interface Check extends Finding {
  /** The step that it belongs to; left out for what concerns the whole rehearsal. */
  readonly step?: string;
  readonly variant?: Variant;
  /** Whether it is told when it holds, too. */
  readonly isTold?: boolean;
}

/** A finding that is good when it is just what is wanted, unless it is said otherwise. */
export function finding(name: string, found: string, wanted: string, passed = found === wanted): Finding {
  return { name, found, wanted, passed };
}

/**
 * What a machine does, as a visitor would see it: it gets requests and answers (`serving`), does not yet
 * (`starting`), was found sick (`sick`), or is on its way out (`leaving`).
 */
export type MachineState = 'serving' | 'starting' | 'sick' | 'leaving';

export interface Machine {
  readonly id: string;
  /** Release it was started for. */
  readonly version: string;
  readonly state: MachineState;
}

/** A moment: milliseconds since the rehearsal's start, measured, and on the local AWS's clock since its own. */
export interface Moment {
  readonly realMs: number;
  readonly modelledMs: number;
}

/** One variant's fleet at a moment. */
export interface FleetSample {
  readonly at: Moment;
  /** CloudFormation's status; left out while there is no stack. */
  readonly stackStatus?: string;
  /** Machines that are wanted; 0 while there is no group. */
  readonly desired: number;
  readonly machines: readonly Machine[];
  /** Phase and message of the rollout. */
  readonly phase: string;
  readonly message: string;
  /** Status of the image that is being built, or was last. */
  readonly build?: string;
}

/** Requests that ended within one interval, on one load balancer. */
export interface TrafficSample {
  readonly variant: Variant;
  /** The interval's start, in real milliseconds since the rehearsal's start. */
  readonly realMs: number;
  /** Answered requests by the version that answered. */
  readonly served: Readonly<Record<string, number>>;
  /** Failed requests by reason: `HTTP 503`, `ECONNRESET`. */
  readonly failed: Readonly<Record<string, number>>;
}

/** An image's build or an instance refresh, as its service reports it; in modelled milliseconds since the start. */
export interface Span {
  readonly id: string;
  readonly status: string;
  readonly startMs: number;
  /** Left out while it goes on. */
  readonly endMs?: number;
}

/** An instance refresh. */
export interface RefreshSpan extends Span {
  /** When it began to roll back, and why in Auto Scaling's words; left out where it did not. */
  readonly rollback?: { readonly startMs: number; readonly reason: string };
}

/** What one step has done to one variant. */
export interface Outcome {
  readonly start: Moment;
  readonly end: Moment;
  /** Exit code of the CDK CLI; left out where the step is an act. */
  readonly exitCode?: number;
  /** What the step's act has found. */
  readonly findings?: readonly Finding[];
  /** The stack's status at the end; left out when there is no stack any more. */
  readonly stackStatus?: string;
  /** What the load balancer's `/version` answered at the end: versions, or reasons of failure. */
  readonly answers: readonly string[];
  /** Versions of the machines in the group at the end, each with its count. */
  readonly fleet: Readonly<Record<string, number>>;
  /** Builds and refreshes that began in the step. */
  readonly builds: readonly Span[];
  readonly refreshes: readonly RefreshSpan[];
  /** When the first machine that was launched in the step came into service; left out where none did. */
  readonly firstInServiceMs?: number;
}

/** Everything that a rehearsal has recorded. */
export interface Recording {
  readonly speed: number;
  readonly startedAt: Date;
  readonly end: Moment;
  readonly requestsPerSecond: number;
  readonly trafficIntervalMs: number;
  readonly steps: readonly { readonly id: string; readonly outcomes: PerVariant<Outcome> }[];
  readonly fleets: PerVariant<readonly FleetSample[]>;
  readonly traffic: readonly TrafficSample[];
  /** How the traffic process ended; empty when it did as it should. */
  readonly trafficFault: string;
  /** What was found after everything was destroyed, by kind. */
  readonly leftovers: Readonly<Record<string, readonly string[]>>;
}
