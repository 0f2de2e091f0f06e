import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import type { ElbState } from './state';

/** Tags of load balancers, target groups, listeners and rules. */
export function tagOperations(state: ElbState): Operations<typeof sdk> {
  const check = (arn: string) => {
    const resource = arn.split(':')[5] ?? '';
    if (resource.startsWith('loadbalancer/')) state.loadBalancer(arn);
    else if (resource.startsWith('targetgroup/')) state.targetGroup(arn);
    else if (resource.startsWith('listener/')) state.listener(arn);
    else if (resource.startsWith('listener-rule/')) state.rule(arn);
    else throw new Fault('ValidationError', `'${arn}' is not a valid load balancer ARN`);
  };
  const arns = ({ ResourceArns }: { ResourceArns?: readonly string[] }) => ResourceArns ?? [];

  return {
    AddTags: {
      accepts: { ResourceArns: true, Tags: { Key: true, Value: true } },
      resources: arns,
      run: ({ ResourceArns = [], Tags }) => {
        ResourceArns.forEach(check);
        for (const arn of ResourceArns) state.addTags(arn, Tags);
        return {};
      },
    },
    RemoveTags: {
      accepts: { ResourceArns: true, TagKeys: true },
      resources: arns,
      run: ({ ResourceArns = [], TagKeys = [] }) => {
        ResourceArns.forEach(check);
        for (const arn of ResourceArns) for (const key of TagKeys) state.tags.get(arn)?.delete(key);
        return {};
      },
    },
    DescribeTags: {
      accepts: { ResourceArns: true },
      run: ({ ResourceArns = [] }) => {
        ResourceArns.forEach(check);
        return {
          TagDescriptions: ResourceArns.map((ResourceArn) => ({
            ResourceArn,
            Tags: [...(state.tags.get(ResourceArn) ?? [])].map(([Key, Value]) => ({ Key, Value })),
          })),
        };
      },
    },
  };
}
