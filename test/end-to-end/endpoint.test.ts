import { DescribeInstancesCommand, DescribeVpcEndpointsCommand } from '@aws-sdk/client-ec2';
import { VirtualAws } from '../harness/virtual-aws';

test('a fleet gets an endpoint of Auto Scaling in each zone, and loses it, and no machine is replaced', async () => {
  const aws = await VirtualAws.start();
  const deploy = (context: Readonly<Record<string, unknown>>) =>
    aws.deploy('InstanceBased', '1.0.0', context);
  const endpoints = async () => {
    const { VpcEndpoints } = await aws.core.send(new DescribeVpcEndpointsCommand({}));
    return VpcEndpoints!
      .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
      .map(({ ServiceName, SubnetIds }) => `${ServiceName} ${SubnetIds!.length}`);
  };
  const machines = async () => {
    const { Reservations } = await aws.core.send(new DescribeInstancesCommand({}));
    return Reservations!.flatMap(({ Instances }) => Instances!.map(({ InstanceId }) => InstanceId));
  };
  expect((await deploy({})).status).toBe('CREATE_COMPLETE');
  expect(await endpoints()).toEqual([]);
  const before = await machines();
  expect((await deploy({ autoScalingEndpoint: true })).status).toBe('UPDATE_COMPLETE');
  expect(await endpoints()).toEqual(['com.amazonaws.eu-central-1.autoscaling 2']);
  expect((await deploy({})).status).toBe('UPDATE_COMPLETE');
  expect(await endpoints()).toEqual([]);
  expect(await machines()).toEqual(before);
});
