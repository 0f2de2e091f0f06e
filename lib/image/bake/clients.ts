import type { GetLogEventsCommandInput, GetLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { DescribeImagesCommandInput, DescribeImagesCommandOutput } from '@aws-sdk/client-ec2';
import type {
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
  readonly ec2: {
    describeImages(input: DescribeImagesCommandInput): Promise<DescribeImagesCommandOutput>;
  };
  readonly imageBuilder: {
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
