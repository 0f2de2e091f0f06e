import type * as sdk from '@aws-sdk/client-ec2';
import type { Operations } from '../core/service';
import { FILTERS, PAGE, UNMANAGED } from './accepted';
import { STATUS_FILTERS } from './filter-values';
import { filtered } from './filters';
import type { Ec2State, InstanceRecord } from './state';
import { page } from './table';
import type { Ec2Timing } from './timing';

/** What EC2's status checks say of instances. */
export function instanceStatusOperations(state: Ec2State, timing: Ec2Timing): Operations<typeof sdk> {
  const { core, instances } = state;
  return {
    DescribeInstanceStatus: {
      accepts: { InstanceIds: true, IncludeAllInstances: true, ...PAGE, ...UNMANAGED, Filters: FILTERS },
      run: (input) => {
        const among = instances
          .find(input.InstanceIds, undefined)
          .filter(({ State }) => input.IncludeAllInstances || State?.Name === 'running');
        const statuses = among.map((instance) => {
          const status = statusOf(instance, core.clock.now(), timing);
          const summary: sdk.InstanceStatusSummary = {
            Status: status,
            Details: [
              { Name: 'reachability', Status: status === 'ok' ? 'passed' : (status as sdk.StatusType) },
            ],
          };
          return {
            InstanceId: instance.InstanceId,
            AvailabilityZone: instance.Placement?.AvailabilityZone,
            AvailabilityZoneId: state.zoneId(instance.Placement?.AvailabilityZone ?? ''),
            InstanceState: instance.State,
            InstanceStatus: summary,
            SystemStatus: summary,
            Events: [],
          };
        });
        const found = filtered(statuses, input.Filters, 'DescribeInstanceStatus', STATUS_FILTERS);
        const { items, NextToken } = page(found, input, { ids: input.InstanceIds });
        return { InstanceStatuses: items, NextToken };
      },
    },
  };
}

function statusOf(instance: InstanceRecord, now: number, timing: Ec2Timing): sdk.SummaryStatus {
  if (instance.State?.Name !== 'running' || instance.runningSince === undefined) return 'not-applicable';
  return now - instance.runningSince < timing.statusChecksMs ? 'initializing' : 'ok';
}
