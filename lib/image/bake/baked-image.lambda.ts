import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { Imagebuilder } from '@aws-sdk/client-imagebuilder';
import { stepHandler } from '../../custom-resource/step-handler';
import { bakedImage } from './baked-image-step';

export const handler = stepHandler(
  bakedImage({
    cloudFormation: new CloudFormation({}),
    ec2: new EC2({}),
    imageBuilder: new Imagebuilder({}),
    logs: new CloudWatchLogs({}),
  }),
);
