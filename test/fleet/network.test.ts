import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Network } from '../../lib/fleet/network';

const VPC_ID = 'vpc-0123456789abcdef0';

/** A VPC that is there already, as its lookup answers: the zones of its public and private subnets. */
function existing(publicZones: string, privateZones: string, autoScalingEndpoint = false): Network {
  const group = (type: string, zones: string) => ({
    name: type,
    type,
    subnets: [...zones].map((zone, index) => ({
      subnetId: `subnet-${type.toLowerCase()}-${zone}${index}`,
      availabilityZone: `eu-central-1${zone}`,
      routeTableId: `rtb-${zone}${index}`,
    })),
  });
  const key = `vpc-provider:account=000000000000:filter.vpc-id=${VPC_ID}:region=eu-central-1:returnAsymmetricSubnets=true`;
  const groups = [group('Public', publicZones), group('Private', privateZones)];
  const app = new App({
    context: {
      [key]: {
        vpcId: VPC_ID,
        vpcCidrBlock: '10.0.0.0/16',
        availabilityZones: [],
        subnetGroups: groups.filter(({ subnets }) => subnets.length > 0),
      },
    },
  });
  const stack = new Stack(app, 'Stack', { env: { account: '000000000000', region: 'eu-central-1' } });
  return new Network(stack, 'Network', { vpcId: VPC_ID, autoScalingEndpoint });
}

const ids = (subnets: readonly { readonly subnetId: string }[]) => subnets.map(({ subnetId }) => subnetId);

test('a load balancer has one subnet in a zone, and machines all of those in its zones', () => {
  const network = existing('aabb', 'abbc');
  expect(ids(network.loadBalancerSubnets)).toEqual(['subnet-public-a0', 'subnet-public-b2']);
  expect(ids(network.machineSubnets)).toEqual([
    'subnet-private-a0',
    'subnet-private-b1',
    'subnet-private-b2',
  ]);
});

test.each([
  ['aa', 'ab', 'has public subnets in eu-central-1a; a load balancer needs one in each of two zones.'],
  ['', 'ab', 'has public subnets in no zone; a load balancer needs one in each of two zones.'],
  [
    'ab',
    'c',
    'has private subnets with a way to the internet in eu-central-1c and public ones in eu-central-1a, eu-central-1b; machines need',
  ],
  ['ab', '', 'has private subnets with a way to the internet in no zone and public ones in'],
])(
  'public subnets in zones "%s" and private ones in "%s" are refused, zones named',
  (open, closed, message) => {
    expect(() => existing(open, closed)).toThrow(`vpcId is ${VPC_ID}, which ${message}`);
  },
);

const ENDPOINT = 'AWS::EC2::VPCEndpoint';

test('an endpoint of Auto Scaling has one subnet in each zone of the machines, whose private DNS it answers', () => {
  const template = Template.fromStack(Stack.of(existing('ab', 'abb', true)));
  template.hasResourceProperties(ENDPOINT, {
    VpcEndpointType: 'Interface',
    ServiceName: 'com.amazonaws.eu-central-1.autoscaling',
    PrivateDnsEnabled: true,
    SubnetIds: ['subnet-private-a0', 'subnet-private-b1'],
  });
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    // A lookup tells of the VPC's first block alone: machines may have addresses of another one.
    SecurityGroupIngress: Match.arrayWith(
      ['10.0.0.0/16', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((CidrIp) =>
        Match.objectLike({ CidrIp, FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
      ),
    ),
  });
});
