import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { stepHandler } from '../custom-resource/step-handler';
import { verification } from './verify';

export const handler = stepHandler(
  verification({
    autoScaling: new AutoScaling({}),
    ec2: new EC2({}),
    loadBalancing: new ElasticLoadBalancingV2({}),
  }),
);
