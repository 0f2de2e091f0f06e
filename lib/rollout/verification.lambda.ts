import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { runStep, type StepEvent, type StepResult } from '../custom-resource/step';
import { verification } from './verify';

const kind = verification({
  autoScaling: new AutoScaling({}),
  ec2: new EC2({}),
  loadBalancing: new ElasticLoadBalancingV2({}),
});

export async function handler(event: StepEvent): Promise<StepResult> {
  const result = await runStep(event, kind);
  console.log(JSON.stringify({ resource: event.request.LogicalResourceId, ...result }));
  return result;
}
