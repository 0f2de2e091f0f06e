import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { runStep, type StepEvent, type StepResult } from '../custom-resource/step';
import { rollout } from './rollout-step';

const kind = rollout({
  autoScaling: new AutoScaling({}),
  cloudFormation: new CloudFormation({}),
  cloudWatch: new CloudWatch({}),
  ec2: new EC2({}),
  loadBalancing: new ElasticLoadBalancingV2({}),
});

export async function handler(event: StepEvent): Promise<StepResult> {
  const result = await runStep(event, kind);
  console.log(JSON.stringify({ resource: event.request.LogicalResourceId, ...result }));
  return result;
}
