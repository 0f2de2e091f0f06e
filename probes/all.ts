import { alarmFill } from './alarm-fill';
import { balancerMetricsDelay } from './balancer-metrics-delay';
import { consoleOfOldType } from './console-of-old-type';
import { groupSizeChange } from './group-size-change';
import { groupWait } from './group-wait';
import { imageBuildEnd } from './image-build-end';
import { launchTagKey } from './launch-tag-key';
import { listenerChange } from './listener-change';
import { policySpread } from './policy-spread';
import type { Probe } from './probe';
import { refreshAlarmWithoutData } from './refresh-alarm-without-data';
import { rollbackOrder } from './rollback-order';
import { rollbackValues } from './rollback-values';
import { rollbackWhileBaking } from './rollback-while-baking';

/** All probes, in the order in which they are run and told of. */
export const PROBES: readonly Probe[] = [
  rollbackValues,
  rollbackOrder,
  groupSizeChange,
  groupWait,
  refreshAlarmWithoutData,
  rollbackWhileBaking,
  launchTagKey,
  balancerMetricsDelay,
  alarmFill,
  listenerChange,
  imageBuildEnd,
  consoleOfOldType,
  policySpread,
];
