import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import {
  DeleteListenerCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { certificateArn } from '../../local-aws/elb/certificates';
import { type Template, VirtualAws } from '../harness/virtual-aws';

// From HTTP to HTTPS and back on a fleet that serves, and a fleet that served HTTPS by other listeners before.

const VARIANT = 'InstanceBased';
const NO_CERTIFICATE = {};

async function listeners(aws: VirtualAws) {
  const { LoadBalancers } = await aws.core.send(new DescribeLoadBalancersCommand({}));
  const { Listeners } = await aws.core.send(
    new DescribeListenersCommand({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn }),
  );
  return Listeners!.sort((one, other) => one.Port! - other.Port!);
}

const served = async (aws: VirtualAws) =>
  (await listeners(aws)).map(
    ({ Port, Protocol, DefaultActions }) => `${Port} ${Protocol} ${DefaultActions![0]!.Type}`,
  );

test('a fleet goes to HTTPS and back, and no machine is replaced', async () => {
  const aws = await VirtualAws.start();
  const https = { certificateArn: certificateArn(aws.core) };
  const machines = async () => {
    const { Reservations } = await aws.core.send(new DescribeInstancesCommand({}));
    return Reservations!.flatMap(({ Instances }) => Instances!.map(({ InstanceId }) => InstanceId));
  };
  expect((await aws.deploy(VARIANT, '1.0.0')).status).toBe('CREATE_COMPLETE');
  const before = await machines();
  const [first] = await listeners(aws);
  for (const [context, expected] of [
    [https, ['80 HTTP redirect', '443 HTTPS forward']],
    [NO_CERTIFICATE, ['80 HTTP forward']],
    [https, ['80 HTTP redirect', '443 HTTPS forward']],
  ] as const) {
    const { status, failures } = await aws.deploy(VARIANT, '1.0.0', context);
    expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
    expect(await served(aws)).toEqual(expected);
    expect((await listeners(aws))[0]!.ListenerArn).toBe(first!.ListenerArn);
    expect(await aws.healthyTargets(VARIANT)).toBe(2);
  }
  expect(await machines()).toEqual(before);
});

test('a first deployment serves HTTPS, and so does the next release', async () => {
  const aws = await VirtualAws.start();
  const https = { certificateArn: certificateArn(aws.core) };
  expect((await aws.deploy(VARIANT, '1.0.0', https)).status).toBe('CREATE_COMPLETE');
  expect((await aws.deploy(VARIANT, '1.1.0', https)).status).toBe('UPDATE_COMPLETE');
  expect(await aws.versionsInService(VARIANT)).toEqual(['1.1.0', '1.1.0']);
});

test('another certificate than the local AWS has is refused by its name', async () => {
  const aws = await VirtualAws.start();
  const arn = 'arn:aws:acm:eu-central-1:000000000000:certificate/another';
  const { failures } = await aws.deploy(VARIANT, '1.0.0', { certificateArn: arn });
  expect(failures.join()).toContain(`Certificate '${arn}' not found`);
});

/** As stacks had it before: one listener on port 443, and another one on port 80 that redirects to it. */
function asBefore({ Resources }: Template): void {
  const [[http, redirect], [https, secure]] = Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::ElasticLoadBalancingV2::Listener')
    .sort(([, one], [, other]) => Number(one.Properties.Port) - Number(other.Properties.Port)) as [
    [string, Template['Resources'][string]],
    [string, Template['Resources'][string]],
  ];
  delete Resources[https];
  Resources[http] = { Type: secure.Type, Properties: secure.Properties };
  Resources.FleetEntranceLoadBalancerRedirect80To443 = redirect;
  Object.assign(
    Resources,
    JSON.parse(JSON.stringify(Resources).replaceAll(JSON.stringify(https), JSON.stringify(http))),
  );
}

test('a fleet with the listeners of before needs its redirect deleted first, and is refused without harm', async () => {
  const aws = await VirtualAws.start();
  const https = { certificateArn: certificateArn(aws.core) };
  expect((await aws.deploy(VARIANT, '1.0.0', https, asBefore)).status).toBe('CREATE_COMPLETE');
  expect(await served(aws)).toEqual(['80 HTTP redirect', '443 HTTPS forward']);

  for (const context of [https, NO_CERTIFICATE]) {
    const { status, failures } = await aws.deploy(VARIANT, '1.0.0', context);
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failures[0]).toContain('A listener already exists on this port');
    expect(await served(aws)).toEqual(['80 HTTP redirect', '443 HTTPS forward']);
  }

  // docs/https.md
  const [redirect] = await listeners(aws);
  await aws.core.send(new DeleteListenerCommand({ ListenerArn: redirect!.ListenerArn }));
  const { status, failures } = await aws.deploy(VARIANT, '1.0.0', https);
  expect({ status, failures }).toEqual({ status: 'UPDATE_COMPLETE', failures: [] });
  expect(await served(aws)).toEqual(['80 HTTP redirect', '443 HTTPS forward']);
  expect((await aws.deploy(VARIANT, '1.0.0')).status).toBe('UPDATE_COMPLETE');
  expect(await served(aws)).toEqual(['80 HTTP forward']);
});
