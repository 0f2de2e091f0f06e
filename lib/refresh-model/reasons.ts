import type { Pools } from './census';
import type { AlarmView, Machine, Refresh } from './types';

/** Why a refresh does nothing right now, as AWS says it: with one machine as an example. */
export function waiting(pools: Pools): string | undefined {
  const warming = pools.live.warming ?? pools.warm?.warming;
  if (warming) {
    return `Waiting for instances to warm up before continuing. For example: ${warming.id} is warming up.`;
  }
  return obstacle(pools) || undefined;
}

/** What stands in the way. */
export function obstacle({ live, warm }: Pools): string {
  const canGoOn = live.serving.length + live.idle.length > 0;
  const example = live.sick ?? (canGoOn ? undefined : (live.blocked[0] ?? warm?.sick));
  return example
    ? `Waiting for remaining instances to be available. For example: ${example.id} ${conditionOf(example)}`
    : '';
}

function conditionOf({ lifecycle, healthy }: Machine): string {
  if (lifecycle === 'Pending') return 'is not in service yet.';
  if (lifecycle === 'ReplacingRootVolume') return 'has its root volume replaced.';
  if (lifecycle === 'Standby') return 'is in standby. End it or return it to service to go on.';
  return healthy
    ? 'is protected from scale in. Remove its protection to go on.'
    : 'does not pass its health checks.';
}

/** Which of a refresh's alarms are in a state; one that was deleted tells nothing. */
export function inState(
  alarms: readonly AlarmView[],
  refresh: Refresh,
  state: AlarmView['state'],
): readonly string[] {
  return refresh.preferences.alarms.filter(
    (name) => (alarms.find((alarm) => alarm.name === name)?.state ?? 'INSUFFICIENT_DATA') === state,
  );
}
