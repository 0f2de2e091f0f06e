import type {
  CancelInstanceRefreshCommandInput,
  CancelInstanceRefreshCommandOutput,
  DescribeAutoScalingGroupsCommandInput,
  DescribeAutoScalingGroupsCommandOutput,
  DescribeInstanceRefreshesCommandInput,
  DescribeInstanceRefreshesCommandOutput,
  DescribeScalingActivitiesCommandInput,
  DescribeScalingActivitiesCommandOutput,
  RollbackInstanceRefreshCommandInput,
  RollbackInstanceRefreshCommandOutput,
  StartInstanceRefreshCommandInput,
  StartInstanceRefreshCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import type { DescribeStacksCommandInput, DescribeStacksCommandOutput } from '@aws-sdk/client-cloudformation';
import type {
  DescribeLaunchTemplateVersionsCommandInput,
  DescribeLaunchTemplateVersionsCommandOutput,
  GetConsoleOutputCommandInput,
  GetConsoleOutputCommandOutput,
} from '@aws-sdk/client-ec2';
import type {
  DescribeTargetHealthCommandInput,
  DescribeTargetHealthCommandOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Ledger } from '../ledger/ledger';
import type { PreflightClients } from '../preflight/clients';

/** What looking at a fleet calls. The SDK's own clients fit. */
export interface FleetClients {
  readonly autoScaling: {
    describeAutoScalingGroups(
      input: DescribeAutoScalingGroupsCommandInput,
    ): Promise<DescribeAutoScalingGroupsCommandOutput>;
    describeInstanceRefreshes(
      input: DescribeInstanceRefreshesCommandInput,
    ): Promise<DescribeInstanceRefreshesCommandOutput>;
    describeScalingActivities(
      input: DescribeScalingActivitiesCommandInput,
    ): Promise<DescribeScalingActivitiesCommandOutput>;
  };
  readonly ec2: {
    describeLaunchTemplateVersions(
      input: DescribeLaunchTemplateVersionsCommandInput,
    ): Promise<DescribeLaunchTemplateVersionsCommandOutput>;
  };
  readonly loadBalancing: {
    describeTargetHealth(input: DescribeTargetHealthCommandInput): Promise<DescribeTargetHealthCommandOutput>;
  };
}

/** What looking at a machine's console calls. */
export interface ConsoleClients {
  readonly ec2: {
    getConsoleOutput(input: GetConsoleOutputCommandInput): Promise<GetConsoleOutputCommandOutput>;
  };
}

/** What a rollout calls. */
export interface RolloutClients extends FleetClients, PreflightClients {
  readonly autoScaling: FleetClients['autoScaling'] & {
    startInstanceRefresh(input: StartInstanceRefreshCommandInput): Promise<StartInstanceRefreshCommandOutput>;
    rollbackInstanceRefresh(
      input: RollbackInstanceRefreshCommandInput,
    ): Promise<RollbackInstanceRefreshCommandOutput>;
    cancelInstanceRefresh(
      input: CancelInstanceRefreshCommandInput,
    ): Promise<CancelInstanceRefreshCommandOutput>;
  };
  readonly ec2: PreflightClients['ec2'] & ConsoleClients['ec2'];
  readonly loadBalancing: FleetClients['loadBalancing'] & PreflightClients['loadBalancing'];
  readonly cloudFormation: {
    describeStacks(input: DescribeStacksCommandInput): Promise<DescribeStacksCommandOutput>;
  };
  /** Asks a gate's function. */
  readonly functions: {
    invoke(input: {
      readonly FunctionName: string;
      readonly Payload: Uint8Array;
    }): Promise<{ readonly FunctionError?: string; readonly Payload?: Uint8Array }>;
  };
  /** The ledger in a table. */
  ledger(tableName: string): Ledger;
}

/** What a verification calls. */
export interface VerificationClients extends FleetClients {
  readonly ec2: FleetClients['ec2'] & ConsoleClients['ec2'];
  /** The ledger in a table. */
  ledger(tableName: string): Ledger;
}

export { codeOf } from '../errors';
