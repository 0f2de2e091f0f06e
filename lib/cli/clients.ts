import type {
  ContinueUpdateRollbackCommandInput,
  ContinueUpdateRollbackCommandOutput,
  DescribeStackEventsCommandInput,
  DescribeStackEventsCommandOutput,
  DescribeStacksCommandInput,
  DescribeStacksCommandOutput,
  GetTemplateCommandInput,
  GetTemplateCommandOutput,
  ListStackResourcesCommandInput,
  ListStackResourcesCommandOutput,
  UpdateStackCommandInput,
  UpdateStackCommandOutput,
} from '@aws-sdk/client-cloudformation';
import type { LookupEventsCommandInput, LookupEventsCommandOutput } from '@aws-sdk/client-cloudtrail';
import type { DescribeAlarmsCommandInput, DescribeAlarmsCommandOutput } from '@aws-sdk/client-cloudwatch';
import type {
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import type { GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import type { ConsoleClients, FleetClients } from '../rollout/clients';

/** What the operator's commands call. The SDK's own clients fit. */
export interface OperatorClients extends FleetClients {
  readonly cloudFormation: {
    describeStacks(input: DescribeStacksCommandInput): Promise<DescribeStacksCommandOutput>;
    describeStackEvents(input: DescribeStackEventsCommandInput): Promise<DescribeStackEventsCommandOutput>;
    listStackResources(input: ListStackResourcesCommandInput): Promise<ListStackResourcesCommandOutput>;
    getTemplate(input: GetTemplateCommandInput): Promise<GetTemplateCommandOutput>;
    updateStack(input: UpdateStackCommandInput): Promise<UpdateStackCommandOutput>;
    continueUpdateRollback(
      input: ContinueUpdateRollbackCommandInput,
    ): Promise<ContinueUpdateRollbackCommandOutput>;
  };
  readonly cloudWatch: {
    describeAlarms(input: DescribeAlarmsCommandInput): Promise<DescribeAlarmsCommandOutput>;
  };
  readonly ec2: FleetClients['ec2'] &
    ConsoleClients['ec2'] & {
      describeInstances(input: DescribeInstancesCommandInput): Promise<DescribeInstancesCommandOutput>;
      describeImages(input: DescribeImagesCommandInput): Promise<DescribeImagesCommandOutput>;
    };
  readonly identity: {
    getCallerIdentity(input: GetCallerIdentityCommandInput): Promise<GetCallerIdentityCommandOutput>;
  };
  readonly cloudTrail: {
    lookupEvents(input: LookupEventsCommandInput): Promise<LookupEventsCommandOutput>;
  };
  /** Asks for a page. @throws Error when there is no answer within some seconds */
  readonly http: (url: string) => Promise<{ readonly status: number; readonly body: string }>;
}
