import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { Imagebuilder } from '@aws-sdk/client-imagebuilder';
import { runStep, type StepEvent, type StepResult } from '../../custom-resource/step';
import { bakedImage } from './baked-image-step';

const kind = bakedImage({
  ec2: new EC2({}),
  imageBuilder: new Imagebuilder({}),
  logs: new CloudWatchLogs({}),
});

export async function handler(event: StepEvent): Promise<StepResult> {
  const result = await runStep(event, kind);
  console.log(JSON.stringify({ resource: event.request.LogicalResourceId, ...result }));
  return result;
}
