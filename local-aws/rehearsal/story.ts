import type { PerVariant } from './model';

/** What is wanted at a step's end. */
export interface Wanted {
  /** How `cdk deploy` or `cdk destroy` ends. */
  readonly exit: 'zero' | 'non-zero';
  /** The stack's status; left out where no stack is to be left. */
  readonly stackStatus?: string;
  /** The one version that the fleet runs and the load balancer answers with. */
  readonly serves?: string;
  /** Status of the instance refresh; left out where none is to be started. */
  readonly refresh?: string;
  /** Image builds that begin in the step. */
  readonly builds: PerVariant<number>;
}

/** One step of the story: both stacks at the same time. */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly command: 'deploy' | 'destroy';
  /** Version that is deployed; for `destroy`, the one that is. */
  readonly release: string;
  /** Whether requests go to both load balancers meanwhile. */
  readonly traffic: boolean;
  readonly wanted: Wanted;
}

const NO_BUILD: PerVariant<number> = { ImageBased: 0, InstanceBased: 0 };
const ONE_BUILD: PerVariant<number> = { ImageBased: 1, InstanceBased: 0 };

/** The story that `npm start` tells. */
export const STORY: readonly Step[] = [
  {
    id: 'first',
    title: 'deploy 1.0.0',
    command: 'deploy',
    release: '1.0.0',
    traffic: false,
    wanted: { exit: 'zero', stackStatus: 'CREATE_COMPLETE', serves: '1.0.0', builds: ONE_BUILD },
  },
  {
    id: 'next',
    title: 'release 1.1.0',
    command: 'deploy',
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
    command: 'deploy',
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
    command: 'deploy',
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
    id: 'destroy',
    title: 'destroy',
    command: 'destroy',
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
