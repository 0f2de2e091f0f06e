import { Aws, RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, Dependable, type IDependable } from 'constructs';
import { ConfigurationError } from '../configuration-error';

export interface NetworkProps {
  /** An existing VPC with private subnets that reach the internet. @default a VPC is created */
  readonly vpcId?: string;
  /** Whether machines reach Auto Scaling by an endpoint in the VPC. @default by their way to the internet */
  readonly autoScalingEndpoint?: boolean;
}

/**
 * Addresses that a VPC may have besides its first block, which is all that a lookup tells of: its private DNS name
 * leads the whole VPC to the endpoint (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html).
 */
const PRIVATE_ADDRESSES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'] as const;

/** Where a fleet lives: machines in private subnets, the load balancer in public ones. */
export class Network extends Construct {
  readonly vpc: ec2.IVpc;
  /** Whether it was there before the stack. */
  readonly isExisting: boolean;
  /** In zones that the load balancer serves: elsewhere it would never find a machine healthy. */
  readonly machineSubnets: readonly ec2.ISubnet[];
  /** One a zone, which is all that a load balancer takes: https://github.com/aws/aws-cdk/issues/3126 */
  readonly loadBalancerSubnets: readonly ec2.ISubnet[];
  /** What a machine that needs the internet, or Auto Scaling, while it starts has to wait for. */
  readonly internetAccess: IDependable;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.isExisting = props.vpcId !== undefined;
    this.vpc = props.vpcId ? ec2.Vpc.fromLookup(this, 'Vpc', { vpcId: props.vpcId }) : this.createVpc();
    this.loadBalancerSubnets = onePerZone(this.vpc.publicSubnets);
    const zones = zonesOf(this.loadBalancerSubnets);
    this.machineSubnets = this.vpc.privateSubnets.filter(({ availabilityZone }) =>
      zones.includes(availabilityZone),
    );
    if (zones.length < 2) {
      throw new ConfigurationError(
        `vpcId is ${props.vpcId}, which has public subnets in ${named(zones)}; a load balancer needs one in each of two zones.`,
      );
    }
    if (this.machineSubnets.length === 0) {
      throw new ConfigurationError(
        `vpcId is ${props.vpcId}, which has private subnets with a way to the internet in ${named(zonesOf(this.vpc.privateSubnets))} and public ones in ${named(zones)}; machines need a private one in a zone that has a public one, where the load balancer is.`,
      );
    }
    const access = this.machineSubnets.map((subnet) => subnet.internetConnectivityEstablished);
    if (props.autoScalingEndpoint) access.push(this.addAutoScalingEndpoint());
    this.internetAccess = {};
    Dependable.implement(this.internetAccess, {
      get dependencyRoots() {
        return access.flatMap((each) => Dependable.of(each).dependencyRoots);
      },
    });
  }

  /**
   * A new machine tells Auto Scaling that it serves, and comes into service by that alone. By an endpoint of its own
   * zone it needs no NAT gateway for it, of which a created VPC has one, in one zone.
   */
  private addAutoScalingEndpoint(): IDependable {
    const securityGroup = new ec2.SecurityGroup(this, 'AutoScalingEndpointSecurityGroup', {
      vpc: this.vpc,
      description: 'Endpoint of Auto Scaling in the VPC',
      allowAllOutbound: false,
    });
    for (const addresses of new Set([this.vpc.vpcCidrBlock, ...(this.isExisting ? PRIVATE_ADDRESSES : [])]))
      securityGroup.addIngressRule(ec2.Peer.ipv4(addresses), ec2.Port.tcp(443), 'HTTPS from the VPC');
    Validations.of(securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason:
        'It is open to private addresses and the VPC, all of which reach Auto Scaling by the endpoint once that answers for its DNS name.',
    });
    const endpoint = new ec2.InterfaceVpcEndpoint(this, 'AutoScalingEndpoint', {
      vpc: this.vpc,
      service: ec2.InterfaceVpcEndpointAwsService.AUTOSCALING,
      // An endpoint takes one subnet a zone.
      subnets: { subnets: [...onePerZone(this.machineSubnets)] },
      securityGroups: [securityGroup],
      open: false,
    });
    Tags.of(endpoint).add('Name', `${Aws.STACK_NAME}/AutoScaling`, { priority: 300 });
    return endpoint;
  }

  private createVpc(): ec2.Vpc {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 1,
      // Nothing is in the default security group; closing it takes a custom resource of its own.
      restrictDefaultSecurityGroup: false,
    });
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(
        new logs.LogGroup(this, 'FlowLogGroup', {
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
    // The CDK names these by their construct path, and so by the stack's id: the two variants' stacks would
    // differ in every one of them.
    const named = [vpc, ...vpc.publicSubnets, ...vpc.privateSubnets];
    for (const part of named) {
      const suffix = part === vpc ? '' : `/${part.node.id}`;
      Tags.of(part).add('Name', `${Aws.STACK_NAME}${suffix}`, { priority: part === vpc ? 200 : 300 });
    }
    return vpc;
  }
}

function onePerZone(subnets: readonly ec2.ISubnet[]): readonly ec2.ISubnet[] {
  return zonesOf(subnets).map((zone) => subnets.find(({ availabilityZone }) => availabilityZone === zone)!);
}

function zonesOf(subnets: readonly ec2.ISubnet[]): readonly string[] {
  return [...new Set(subnets.map(({ availabilityZone }) => availabilityZone))];
}

function named(zones: readonly string[]): string {
  return zones.length === 0 ? 'no zone' : zones.join(', ');
}
