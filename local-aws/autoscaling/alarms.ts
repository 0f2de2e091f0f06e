import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { AlarmView } from '../../lib/refresh-model';
import type { Core } from '../core/core';

/** The states of the alarms that a refresh watches; one that does not exist is left out. */
export async function readAlarms(core: Core, names: readonly string[]): Promise<readonly AlarmView[]> {
  if (names.length === 0) return [];
  const { MetricAlarms = [], CompositeAlarms = [] } = await core.read(
    new DescribeAlarmsCommand({ AlarmNames: [...names], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
  );
  return [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName, StateValue }) => ({
    name: AlarmName ?? '',
    state: StateValue ?? 'INSUFFICIENT_DATA',
  }));
}
