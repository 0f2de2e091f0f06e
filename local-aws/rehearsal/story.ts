import type { Core } from '../core/core';
import type { Finding, FleetSample, PerVariant, Variant } from './model';

/** What is wanted at a step's end. */
export interface Wanted {
  /** How `cdk deploy` or `cdk destroy` ends; left out where the step is an act. */
  readonly exit?: 'zero' | 'non-zero';
  /** The stack's status; left out where no stack is to be left. */
  readonly stackStatus?: string;
  /** The one version that the fleet runs and the load balancer answers with. */
  readonly serves?: string;
  /** Status of the instance refresh; left out where none is to be started. */
  readonly refresh?: string;
  /** Image builds that begin in the step. */
  readonly builds: PerVariant<number>;
  /** What the release does wrong to its visitors until an alarm has rolled it back; left out where none may fail. */
  readonly fault?: VisitorFault;
}

/** A release that is healthy on its health path, and fails its visitors. */
export interface VisitorFault {
  /** How requests fail, in the words of the traffic's samples; in no other way. */
  readonly failure: string;
  /** End of the name of the alarm that rolls it back. */
  readonly alarm: string;
  /** Modelled: from its first machine's coming into service until the rollback begins. */
  readonly mostSecondsUntilRollback: number;
}

/** What an act has to work with. */
export interface Stage {
  readonly core: Core;
  /** A variant's fleet as it is. */
  fleet(variant: Variant): Promise<FleetSample>;
  /** Runs `npx rollout`. @param log names the file that keeps what it says @returns that, and its exit code */
  rollout(
    log: string,
    args: readonly string[],
  ): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Tells a line to whoever watches. */
  say(line: string): void;
}

/** Something else than `cdk deploy` or `cdk destroy` that is done with both fleets. @throws Error when it can't go on */
export type Act = (stage: Stage) => Promise<PerVariant<readonly Finding[]>>;

/** Ids of a variant's machines that serve, in their order. */
export async function servingOf(stage: Stage, variant: Variant): Promise<readonly string[]> {
  const { machines } = await stage.fleet(variant);
  return machines.filter(({ state }) => state === 'serving').map(({ id }) => id);
}

/** One step of the story: both stacks at the same time. */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly does: 'deploy' | 'destroy' | Act;
  /** Version that is deployed; where none is, the one that was. */
  readonly release: string;
  /** Whether requests go to both load balancers meanwhile. */
  readonly traffic: boolean;
  readonly wanted: Wanted;
}

/** No image is baked. */
export const NO_BUILD: PerVariant<number> = { ImageBased: 0, InstanceBased: 0 };
const ONE_BUILD: PerVariant<number> = { ImageBased: 1, InstanceBased: 0 };

/** The story that `npm start` tells. */
export const STORY: readonly Step[] = [
  {
    id: 'first',
    title: 'deploy 1.0.0',
    does: 'deploy',
    release: '1.0.0',
    traffic: false,
    wanted: { exit: 'zero', stackStatus: 'CREATE_COMPLETE', serves: '1.0.0', builds: ONE_BUILD },
  },
  {
    id: 'next',
    title: 'release 1.1.0',
    does: 'deploy',
    release: '1.1.0',
    traffic: true,
    wanted: {
      exit: 'zero',
      stackStatus: 'UPDATE_COMPLETE',
      serves: '1.1.0',
      refresh: 'Successful',
      builds: ONE_BUILD,
    },
  },
  {
    id: 'broken',
    title: 'release 2.0.0 (broken)',
    does: 'deploy',
    release: '2.0.0',
    traffic: true,
    wanted: {
      exit: 'non-zero',
      stackStatus: 'UPDATE_ROLLBACK_COMPLETE',
      serves: '1.1.0',
      refresh: 'RollbackSuccessful',
      builds: ONE_BUILD,
    },
  },
  {
    id: 'back',
    title: 'go back to 1.0.0',
    does: 'deploy',
    release: '1.0.0',
    traffic: true,
    wanted: {
      exit: 'zero',
      stackStatus: 'UPDATE_COMPLETE',
      serves: '1.0.0',
      refresh: 'Successful',
      builds: NO_BUILD,
    },
  },
  {
    id: 'failing',
    title: 'release 1.3.0 (healthy, fails its visitors)',
    does: 'deploy',
    release: '1.3.0',
    traffic: true,
    wanted: {
      exit: 'non-zero',
      stackStatus: 'UPDATE_ROLLBACK_COMPLETE',
      serves: '1.0.0',
      refresh: 'RollbackSuccessful',
      builds: ONE_BUILD,
      fault: { failure: 'HTTP 500', alarm: '-server-errors', mostSecondsUntilRollback: 600 },
    },
  },
  {
    id: 'destroy',
    title: 'destroy',
    does: 'destroy',
    release: '1.0.0',
    traffic: false,
    wanted: { exit: 'zero', builds: NO_BUILD },
  },
];

/** Context of the stacks in the story: four machines, so that a rollout is seen to go step by step. */
export const STORY_CONTEXT = { minCapacity: '4', maxCapacity: '6' } as const;

/** Requests a second on each load balancer. */
export const REQUESTS_PER_SECOND = 50;

/** Where a release's manifest is, from the project's root. */
export function manifestOf(release: string): string {
  return `sample-app/${release}.json`;
}
