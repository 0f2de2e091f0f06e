import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { stepHandler } from '../custom-resource/step-handler';
import { rollout } from './rollout-step';

export const handler = stepHandler(
  rollout({
    autoScaling: new AutoScaling({}),
    cloudFormation: new CloudFormation({}),
    cloudWatch: new CloudWatch({}),
    ec2: new EC2({}),
    loadBalancing: new ElasticLoadBalancingV2({}),
  }),
);
