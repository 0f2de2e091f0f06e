import type { Resources } from './lab';

/** Parts of templates that several probes share. */

const ref = (logicalId: string) => ({ Ref: logicalId });
const attribute = (logicalId: string, name: string) => ({ 'Fn::GetAtt': [logicalId, name] });
const zone = (index: number) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });

/** A VPC of its own with two subnets, `SubnetA` and `SubnetB`, that reach the internet. It costs nothing. */
export const NETWORK: Resources = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.77.0.0/24', EnableDnsHostnames: true } },
  Internet: { Type: 'AWS::EC2::InternetGateway' },
  Attachment: {
    Type: 'AWS::EC2::VPCGatewayAttachment',
    Properties: { VpcId: ref('Vpc'), InternetGatewayId: ref('Internet') },
  },
  Routes: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref('Vpc') } },
  Outward: {
    Type: 'AWS::EC2::Route',
    DependsOn: 'Attachment',
    Properties: {
      RouteTableId: ref('Routes'),
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: ref('Internet'),
    },
  },
  ...subnet('A', 0),
  ...subnet('B', 1),
};

function subnet(letter: string, index: number): Resources {
  return {
    [`Subnet${letter}`]: {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: ref('Vpc'),
        CidrBlock: `10.77.0.${index * 64}/26`,
        AvailabilityZone: zone(index),
        MapPublicIpOnLaunch: true,
      },
    },
    [`Association${letter}`]: {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { RouteTableId: ref('Routes'), SubnetId: ref(`Subnet${letter}`) },
    },
  };
}

/** The newest Amazon Linux 2023, as CloudFormation looks it up. */
const AMAZON_LINUX = '{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}';

/** A launch template `Template`. @param data what is added to its data, or changed in it */
export function launchTemplate(data: Readonly<Record<string, unknown>> = {}): Resources {
  return {
    Template: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateData: { ImageId: AMAZON_LINUX, InstanceType: 't3.nano', ...data } },
    },
  };
}

/** An Auto Scaling group `Group` of `Template` in the network's subnets. @param size desired and most machines */
export function group(size: number, properties: Readonly<Record<string, unknown>> = {}): Resources {
  return {
    Group: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Properties: {
        MinSize: '0',
        MaxSize: String(size),
        DesiredCapacity: String(size),
        LaunchTemplate: {
          LaunchTemplateId: ref('Template'),
          Version: attribute('Template', 'LatestVersionNumber'),
        },
        VPCZoneIdentifier: [ref('SubnetA'), ref('SubnetB')],
        ...properties,
      },
    },
  };
}

/** A load balancer `Balancer` with a listener `Listener` on port 80, and an empty target group `Targets`. */
export function balancer(action: Readonly<Record<string, unknown>>): Resources {
  return {
    Door: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'A probe of image-rollouts',
        VpcId: ref('Vpc'),
        SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' }],
      },
    },
    Balancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      DependsOn: 'Outward',
      Properties: {
        Type: 'application',
        Scheme: 'internet-facing',
        Subnets: [ref('SubnetA'), ref('SubnetB')],
        SecurityGroups: [ref('Door')],
      },
    },
    Targets: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: { VpcId: ref('Vpc'), Port: 80, Protocol: 'HTTP', TargetType: 'instance' },
    },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: {
        LoadBalancerArn: ref('Balancer'),
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [action],
      },
    },
  };
}

/** Outputs that name the balancer for requests and for metrics. */
export const BALANCER_OUTPUTS = {
  Address: attribute('Balancer', 'DNSName'),
  FullName: attribute('Balancer', 'LoadBalancerFullName'),
} as const;

/** An SSM parameter. @param dependsOn logical id of what has to stand before */
export function parameter(
  logicalId: string,
  value: unknown,
  dependsOn?: string,
  properties: Readonly<Record<string, unknown>> = {},
): Resources {
  return {
    [logicalId]: {
      Type: 'AWS::SSM::Parameter',
      ...(dependsOn !== undefined && { DependsOn: dependsOn }),
      Properties: { Type: 'String', Value: value, ...properties },
    },
  };
}

/** An SSM parameter that cannot be created, because its value does not match its own pattern. */
export function failure(dependsOn: string): Resources {
  return parameter('Failure', 'fails', dependsOn, { AllowedPattern: '^never$' });
}
