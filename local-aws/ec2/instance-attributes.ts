import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import type { Ec2State } from './state';
import { missingParameter } from './table';

/** Attributes of instances that have calls of their own. */
export function instanceAttributeOperations(state: Ec2State): Operations<typeof sdk> {
  const { instances } = state;
  const resources = ({ InstanceId }: { InstanceId?: string }) => [state.arn('instance', InstanceId ?? '*')];
  return {
    DescribeInstanceAttribute: {
      accepts: { InstanceId: true, Attribute: true },
      resources,
      run: ({ InstanceId, Attribute }) => {
        const instance = instances.get(InstanceId);
        const answers: Partial<Record<sdk.InstanceAttributeName, sdk.InstanceAttribute>> = {
          userData: { UserData: { Value: instance.userData || undefined } },
          instanceType: { InstanceType: { Value: instance.InstanceType } },
          disableApiTermination: { DisableApiTermination: { Value: instance.isProtected } },
          instanceInitiatedShutdownBehavior: {
            InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior },
          },
          ebsOptimized: { EbsOptimized: { Value: instance.EbsOptimized } },
          sourceDestCheck: { SourceDestCheck: { Value: instance.SourceDestCheck } },
          rootDeviceName: { RootDeviceName: { Value: instance.RootDeviceName } },
          groupSet: { Groups: instance.SecurityGroups },
        };
        const answer = answers[Attribute!];
        if (answer) return { InstanceId, ...answer };
        throw new Fault(
          'InvalidParameterValue',
          `The local AWS does not know the instance attribute ${Attribute}; it knows ${Object.keys(answers).join(', ')}.`,
        );
      },
    },

    ModifyInstanceAttribute: {
      accepts: {
        InstanceId: true,
        DisableApiTermination: { Value: true },
        Attribute: only('disableApiTermination'),
        Value: true,
      },
      resources,
      run: ({ InstanceId, DisableApiTermination, Attribute, Value }) => {
        const instance = instances.get(InstanceId);
        const wanted = DisableApiTermination?.Value ?? (Attribute && Value && Value === 'true');
        if (wanted === undefined || wanted === '') throw missingParameter('disableApiTermination');
        instance.isProtected = wanted;
        return {};
      },
    },
  };
}
