import { Fault } from '../../local-aws/core/fault';
import type { Random } from '../../local-aws/core/random';
import type { MachineBehaviour } from '../../local-aws/machines/memory-driver';

/** What a release's machines do. */
export type ReleaseKind =
  | 'good'
  | 'slow'
  /** Starts, and answers its health checks with 500. */
  | 'sick'
  /** Starts, and never answers. */
  | 'silent'
  /** Is well at first, and falls sick some minutes after its launch. */
  | 'sick later'
  /** Is healthy where the load balancer looks, and answers its visitors with 500. */
  | 'failing its visitors'
  /** No machine of it can be launched. */
  | 'not to be launched'
  /** Only every other machine of it is well. */
  | 'sick at times'
  /** The machine stops before it has started. */
  | 'stopping';

/** Kinds that no rollout may keep, because none of their machines ever serves. */
export const HOPELESS: readonly ReleaseKind[] = ['sick', 'silent', 'not to be launched', 'stopping'];

const UP_MS = 40_000;
/** Where the sample application says whether it can serve. */
const HEALTH_PATH = '/health';

/** How a machine of a release behaves. */
export function behaviourOf(kind: ReleaseKind, random: Random): MachineBehaviour {
  const well = (age: number) => (age < UP_MS ? 'refused' : 200);
  const sick = (age: number) => (age < UP_MS ? 'refused' : 500);
  switch (kind) {
    case 'good':
      return { status: well };
    case 'slow': {
      const slow = random.whole(60, 200) * 1000;
      return { status: (age) => (age < slow ? 'refused' : 200) };
    }
    case 'sick':
      return { status: sick };
    case 'silent':
      return { status: () => 'refused' };
    case 'sick later': {
      const until = UP_MS + random.whole(60, 900) * 1000;
      return { status: (age) => (age < UP_MS ? 'refused' : age < until ? 200 : 500) };
    }
    case 'failing its visitors':
      return { status: (age, path) => (path === HEALTH_PATH ? well(age) : sick(age)) };
    case 'not to be launched':
      return {
        refused: new Fault('InsufficientInstanceCapacity', 'There is no Spot capacity available.', 500),
      };
    case 'sick at times':
      return { status: random.chance(0.5) ? well : sick };
    case 'stopping':
      return { stopsWith: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown' };
  }
}
