import type { DescribeStacksCommandInput, DescribeStacksCommandOutput } from '@aws-sdk/client-cloudformation';
import type { GetLogEventsCommandInput, GetLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type {
  DeregisterImageCommandInput,
  DeregisterImageCommandOutput,
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import type {
  CancelImageCreationCommandInput,
  CancelImageCreationCommandOutput,
  ListImagePipelineImagesCommandInput,
  ListImagePipelineImagesCommandOutput,
  ListWorkflowExecutionsCommandInput,
  ListWorkflowExecutionsCommandOutput,
  ListWorkflowStepExecutionsCommandInput,
  ListWorkflowStepExecutionsCommandOutput,
  StartImagePipelineExecutionCommandInput,
  StartImagePipelineExecutionCommandOutput,
} from '@aws-sdk/client-imagebuilder';

/** What baking calls. The SDK's own clients fit. */
export interface BakeClients {
  readonly cloudFormation: {
    describeStacks(input: DescribeStacksCommandInput): Promise<DescribeStacksCommandOutput>;
  };
  readonly ec2: {
    deregisterImage(input: DeregisterImageCommandInput): Promise<DeregisterImageCommandOutput>;
    describeImages(input: DescribeImagesCommandInput): Promise<DescribeImagesCommandOutput>;
    describeInstances(input: DescribeInstancesCommandInput): Promise<DescribeInstancesCommandOutput>;
  };
  readonly imageBuilder: {
    cancelImageCreation(input: CancelImageCreationCommandInput): Promise<CancelImageCreationCommandOutput>;
    listImagePipelineImages(
      input: ListImagePipelineImagesCommandInput,
    ): Promise<ListImagePipelineImagesCommandOutput>;
    listWorkflowExecutions(
      input: ListWorkflowExecutionsCommandInput,
    ): Promise<ListWorkflowExecutionsCommandOutput>;
    listWorkflowStepExecutions(
      input: ListWorkflowStepExecutionsCommandInput,
    ): Promise<ListWorkflowStepExecutionsCommandOutput>;
    startImagePipelineExecution(
      input: StartImagePipelineExecutionCommandInput,
    ): Promise<StartImagePipelineExecutionCommandOutput>;
  };
  readonly logs: {
    getLogEvents(input: GetLogEventsCommandInput): Promise<GetLogEventsCommandOutput>;
  };
}
