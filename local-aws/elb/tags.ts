import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import type { ElbState } from './state';

/** Tags of load balancers, target groups, listeners and rules. */
export function tagOperations(state: ElbState): Record<string, Operation> {
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
    AddTags: operation<sdk.AddTagsInput, sdk.AddTagsOutput>({
      resources: arns,
      run: ({ ResourceArns = [], Tags }) => {
        ResourceArns.forEach(check);
        for (const arn of ResourceArns) state.addTags(arn, Tags);
        return {};
      },
    }),
    RemoveTags: operation<sdk.RemoveTagsInput, sdk.RemoveTagsOutput>({
      resources: arns,
      run: ({ ResourceArns = [], TagKeys = [] }) => {
        ResourceArns.forEach(check);
        for (const arn of ResourceArns) for (const key of TagKeys) state.tags.get(arn)?.delete(key);
        return {};
      },
    }),
    DescribeTags: operation<sdk.DescribeTagsInput, sdk.DescribeTagsOutput>({
      run: ({ ResourceArns = [] }) => {
        ResourceArns.forEach(check);
        return {
          TagDescriptions: ResourceArns.map((ResourceArn) => ({
            ResourceArn,
            Tags: [...(state.tags.get(ResourceArn) ?? [])].map(([Key, Value]) => ({ Key, Value })),
          })),
        };
      },
    }),
  };
}
