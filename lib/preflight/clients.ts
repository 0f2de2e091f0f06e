import type { DescribeStacksCommandInput, DescribeStacksCommandOutput } from '@aws-sdk/client-cloudformation';
import type { DescribeAlarmsCommandInput, DescribeAlarmsCommandOutput } from '@aws-sdk/client-cloudwatch';
import type {
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  DescribeInstanceTypeOfferingsCommandInput,
  DescribeInstanceTypeOfferingsCommandOutput,
  DescribeInstanceTypesCommandInput,
  DescribeInstanceTypesCommandOutput,
  DescribeSubnetsCommandInput,
  DescribeSubnetsCommandOutput,
  GetEbsDefaultKmsKeyIdCommandInput,
  GetEbsDefaultKmsKeyIdCommandOutput,
} from '@aws-sdk/client-ec2';
import type {
  DescribeTargetGroupsCommandInput,
  DescribeTargetGroupsCommandOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {
  DescribeKeyCommandInput,
  DescribeKeyCommandOutput,
  GetKeyPolicyCommandInput,
  GetKeyPolicyCommandOutput,
  ListGrantsCommandInput,
  ListGrantsCommandOutput,
} from '@aws-sdk/client-kms';
import type { Ledger } from '../ledger/ledger';
import type { FleetClients } from '../rollout/clients';

/** What a preflight calls. The SDK's own clients fit. */
export interface PreflightClients {
  readonly autoScaling: Pick<
    FleetClients['autoScaling'],
    'describeAutoScalingGroups' | 'describeInstanceRefreshes'
  >;
  readonly cloudWatch: {
    describeAlarms(input: DescribeAlarmsCommandInput): Promise<DescribeAlarmsCommandOutput>;
  };
  readonly ec2: FleetClients['ec2'] & {
    describeImages(input: DescribeImagesCommandInput): Promise<DescribeImagesCommandOutput>;
    describeInstanceTypes(
      input: DescribeInstanceTypesCommandInput,
    ): Promise<DescribeInstanceTypesCommandOutput>;
    describeSubnets(input: DescribeSubnetsCommandInput): Promise<DescribeSubnetsCommandOutput>;
  };
  readonly loadBalancing: {
    describeTargetGroups(input: DescribeTargetGroupsCommandInput): Promise<DescribeTargetGroupsCommandOutput>;
  };
  /** The ledger in a table. */
  ledger(tableName: string): Pick<Ledger, 'revisions'>;
}

/** What it calls to see whether machines would start. */
export interface LaunchClients extends Pick<KeyClients, 'kms'> {
  readonly cloudFormation: {
    describeStacks(input: DescribeStacksCommandInput): Promise<DescribeStacksCommandOutput>;
  };
  readonly ec2: Pick<
    PreflightClients['ec2'],
    'describeImages' | 'describeInstanceTypes' | 'describeSubnets'
  > &
    KeyClients['ec2'] & {
      describeInstanceTypeOfferings(
        input: DescribeInstanceTypeOfferingsCommandInput,
      ): Promise<DescribeInstanceTypeOfferingsCommandOutput>;
    };
}

/** What it calls to see whether volumes could be encrypted. */
export interface KeyClients {
  readonly ec2: {
    getEbsDefaultKmsKeyId(
      input: GetEbsDefaultKmsKeyIdCommandInput,
    ): Promise<GetEbsDefaultKmsKeyIdCommandOutput>;
  };
  readonly kms: {
    describeKey(input: DescribeKeyCommandInput): Promise<DescribeKeyCommandOutput>;
    getKeyPolicy(input: GetKeyPolicyCommandInput): Promise<GetKeyPolicyCommandOutput>;
    listGrants(input: ListGrantsCommandInput): Promise<ListGrantsCommandOutput>;
  };
}
