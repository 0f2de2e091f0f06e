import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeregisterTargetsCommand,
  ModifyListenerCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Ec2Service } from '../../../local-aws/ec2/service';
import { certificateArn } from '../../../local-aws/elb/certificates';
import { ElbService } from '../../../local-aws/elb/service';
import { MemoryDriver } from '../../../local-aws/machines/memory-driver';
import { operation } from '../../harness/stand-in';
import { launchInstance } from './fixture';

/** Machines whose ports are real servers of the test. */
class ServedMachines extends MemoryDriver {
  readonly servers = new Map<string, Server>();

  override endpoint(instanceId: string) {
    const address = this.servers.get(instanceId)?.address() as AddressInfo | null;
    return address ? { host: '127.0.0.1', port: address.port } : undefined;
  }
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function fixture() {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  const health = new Map<string, number>();
  const machines = new ServedMachines(core, {
    behaviour: ({ instanceId }) => ({ status: () => health.get(instanceId) ?? 200 }),
  });
  core.register(new Ec2Service(core, machines));
  const elb = new ElbService(core, machines, { forward: true });
  core.register(elb);
  const metrics: cloudwatch.MetricDatum[] = [];
  core.register({
    signingName: 'monitoring',
    sdk: cloudwatch,
    operations: {
      PutMetricData: operation<cloudwatch.PutMetricDataInput, object>({
        run: ({ MetricData }) => {
          metrics.push(...MetricData!);
          return {};
        },
      }),
    },
  });
  closing.push(() => elb.close());

  const { Subnets } = await core.send(new DescribeSubnetsCommand({}));
  const loadBalancer = async (Name: string) => {
    const { LoadBalancers } = await core.send(
      new CreateLoadBalancerCommand({ Name, Subnets: Subnets!.map(({ SubnetId }) => SubnetId!) }),
    );
    return LoadBalancers![0]!;
  };
  const { LoadBalancerArn, DNSName } = await loadBalancer('fleet');
  const group = async (Name: string) => {
    const { TargetGroups } = await core.send(
      new CreateTargetGroupCommand({ Name, Port: 8080, Protocol: 'HTTP', VpcId: Subnets![0]!.VpcId }),
    );
    return TargetGroups![0]!.TargetGroupArn!;
  };
  const TargetGroupArn = await group('one');
  const { Listeners } = await core.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  const agent = new Agent({ keepAlive: true });
  closing.push(async () => agent.destroy());
  const ask = (
    path = '/',
    options: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ) =>
    new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((resolve, reject) => {
      const { body, ...rest } = options;
      const call = request(`http://${DNSName}${path}`, { agent, ...rest }, async (response) => {
        response.on('error', reject);
        try {
          const answer = await text(response);
          resolve({ status: response.statusCode!, headers: response.headers, body: answer });
        } catch (error) {
          reject(error);
        }
      });
      call.on('error', reject);
      call.end(body);
    });
  const addTarget = async (
    handler: Parameters<typeof createServer>[1],
    status = 200,
    groupArn = TargetGroupArn,
  ) => {
    const server = createServer(handler as never);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
    const Id = await launchInstance(core);
    machines.servers.set(Id, server);
    health.set(Id, status);
    await core.send(new RegisterTargetsCommand({ TargetGroupArn: groupArn, Targets: [{ Id }] }));
    return Id;
  };
  const ListenerArn = Listeners![0]!.ListenerArn!;
  return {
    core,
    clock,
    elb,
    machines,
    metrics,
    LoadBalancerArn,
    TargetGroupArn,
    ListenerArn,
    loadBalancer,
    group,
    ask,
    addTarget,
  };
}

const named = (name: string) => (_: unknown, response: { end(body: string): void }) => response.end(name);
const HALF_A_MINUTE = 35_000;

describe('a load balancer', () => {
  test('goes round among its healthy targets alone, and tells them who asks', async () => {
    const { clock, ask, addTarget } = await fixture();
    const seen: IncomingMessage['headers'][] = [];
    await addTarget((message, response) => {
      seen.push(message.headers);
      response.end('a');
    });
    await addTarget(named('b'));
    await addTarget(named('sick'), 500);
    await clock.advance(HALF_A_MINUTE);
    const bodies: string[] = [];
    for (let count = 0; count < 4; count++) bodies.push((await ask()).body);
    expect(bodies.join('')).toMatch(/^(abab|baba)$/);
    expect(seen[0]).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
    });
  });

  test('has its address to itself from its creation on, and answers nobody without a listener', async () => {
    const [here, elsewhere] = [await fixture(), await fixture()];
    const mine = await here.loadBalancer('one');
    const other = await elsewhere.loadBalancer('one');
    expect(other.DNSName).not.toBe(mine.DNSName);
    const url = `http://${mine.DNSName}`;
    await expect(fetch(url)).rejects.toThrow();
    for (const [{ core, group }, { LoadBalancerArn }] of [
      [here, mine],
      [elsewhere, other],
    ] as const) {
      const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn: await group('two') }];
      await core.send(
        new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: 'HTTP', DefaultActions }),
      );
    }
    expect((await fetch(url)).status).toBe(503);
    await here.core.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: mine.LoadBalancerArn }));
    await expect(fetch(url)).rejects.toThrow();
  });

  test('passes bodies, headers and statuses on in both directions', async () => {
    const { clock, ask, addTarget } = await fixture();
    await addTarget((message, response) => {
      response.writeHead(201, { 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'] });
      message.pipe(response);
    });
    await clock.advance(HALF_A_MINUTE);
    const body = 'x'.repeat(300_000);
    const answer = await ask('/path?q=1', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 201, headers: { 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'] } });
    expect(answer.body).toBe(body);
  });

  test('fails open when no target is healthy', async () => {
    const { clock, ask, addTarget } = await fixture();
    await addTarget(named('sick'), 500);
    await clock.advance(2 * HALF_A_MINUTE);
    expect((await ask()).body).toBe('sick');
  });

  test('answers 503 without a target, and 502 for one that breaks the connection, without trying again', async () => {
    const { clock, ask, addTarget } = await fixture();
    expect(await ask()).toMatchObject({ status: 503, headers: { server: 'awselb/2.0' } });
    let count = 0;
    await addTarget((message) => {
      count++;
      message.socket.destroy();
    });
    await addTarget((message) => {
      count++;
      message.socket.destroy();
    });
    await clock.advance(HALF_A_MINUTE);
    expect((await ask()).status).toBe(502);
    expect(count).toBe(1);
  });

  test('lets a target that drains finish what it has, and gives it nothing new', async () => {
    const { core, clock, TargetGroupArn, ask, addTarget } = await fixture();
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const Id = await addTarget((_, response) => {
      response.write('slow ');
      finish = () => response.end('done');
      begun();
    });
    await clock.advance(HALF_A_MINUTE);
    const answer = ask();
    await isBegun;
    await addTarget(named('new'));
    await clock.advance(HALF_A_MINUTE);
    await core.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id }] }));
    expect([(await ask()).body, (await ask()).body]).toEqual(['new', 'new']);
    finish();
    expect((await answer).body).toBe('slow done');
  });

  test('divides by weight, and follows the rules by priority', async () => {
    const { core, clock, ListenerArn, TargetGroupArn, group, ask, addTarget } = await fixture();
    const other = await group('two');
    const forward = (one: number, two: number) => [
      {
        Type: 'forward' as const,
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn, Weight: one },
            { TargetGroupArn: other, Weight: two },
          ],
        },
      },
    ];
    await core.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: forward(0, 5) }));
    await core.send(
      new CreateRuleCommand({
        ListenerArn,
        Priority: 20,
        Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/one/*'] } }],
        Actions: [{ Type: 'forward', TargetGroupArn }],
      }),
    );
    await core.send(
      new CreateRuleCommand({
        ListenerArn,
        Priority: 10,
        Conditions: [
          { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Area', Values: ['north'] } },
        ],
        Actions: [
          { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '410', MessageBody: 'gone' } },
        ],
      }),
    );
    await addTarget(named('one'));
    await addTarget(named('two'), 200, other);
    await clock.advance(HALF_A_MINUTE);
    expect((await ask()).body).toBe('two');
    expect((await ask('/one/x')).body).toBe('one');
    expect(await ask('/one/x', { headers: { 'x-area': 'north' } })).toMatchObject({
      status: 410,
      body: 'gone',
    });
    await core.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: forward(1, 1) }));
    const bodies = new Set<string>();
    for (let count = 0; count < 40; count++) bodies.add((await ask()).body);
    expect([...bodies].sort()).toEqual(['one', 'two']);
  });

  test('counts what it carried, and what it lost', async () => {
    const { clock, metrics, ask, addTarget } = await fixture();
    await ask();
    await addTarget((message, response) => response.writeHead(message.url === '/5' ? 500 : 200).end());
    await clock.advance(HALF_A_MINUTE);
    await ask();
    await ask('/5');
    await clock.advance(HALF_A_MINUTE);
    const ofLoadBalancer = metrics
      .filter(({ Dimensions, MetricName }) => Dimensions!.length === 1 && MetricName !== 'TargetResponseTime')
      .map(({ MetricName, Value }) => [MetricName, Value]);
    expect(Object.fromEntries(ofLoadBalancer)).toEqual({
      RequestCount: 3,
      HTTPCode_Target_2XX_Count: 1,
      HTTPCode_Target_5XX_Count: 1,
      HTTPCode_ELB_5XX_Count: 1,
      HTTPCode_ELB_503_Count: 1,
    });
    expect(metrics.find(({ MetricName }) => MetricName === 'TargetResponseTime')).toMatchObject({
      Unit: 'Seconds',
      StatisticValues: { SampleCount: 2 },
    });
  });

  test('serves HTTPS with its certificate, and takes listeners from one protocol and port to the other', async () => {
    const { core, clock, elb, LoadBalancerArn, ListenerArn, TargetGroupArn, ask, addTarget } =
      await fixture();
    await addTarget(({ headers }, response) =>
      response.end(`${headers['x-forwarded-proto']} ${headers['x-forwarded-port']}`),
    );
    await clock.advance(60_000);
    const redirect = {
      Type: 'redirect',
      RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' },
    } as const;
    const secure = {
      Protocol: 'HTTPS' as const,
      Certificates: [{ CertificateArn: certificateArn(core) }],
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    };
    const forward = [{ Type: 'forward', TargetGroupArn }] as const;
    const { certificate: ca } = await elb.keyPair();
    const ends = async (url: string) => {
      const [response] = (await once(httpsGet(url, { ca, agent: false }), 'response')) as [IncomingMessage];
      return text(response);
    };

    await core.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: [redirect] }));
    await core.send(
      new CreateListenerCommand({ LoadBalancerArn, Port: 443, ...secure, DefaultActions: [...forward] }),
    );
    const { status, headers } = await ask('/a?b=c');
    expect(status).toBe(301);
    const port = elb.realPort(LoadBalancerArn!, 443);
    expect(headers.location).toMatch(new RegExp(`^https://127\\.[\\d.]+:${port}/a\\?b=c$`));
    expect(await ends(headers.location!)).toBe('https 443');

    // The other way round in one listener: what was HTTP on port 80 serves HTTPS on 8443, and back.
    await core.send(
      new ModifyListenerCommand({ ListenerArn, Port: 8443, ...secure, DefaultActions: [...forward] }),
    );
    const other = new URL(headers.location!);
    other.port = String(elb.realPort(LoadBalancerArn!, 8443));
    expect(await ends(other.href)).toBe('https 8443');
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await core.send(new ModifyListenerCommand({ ListenerArn, Port: 80, Protocol: 'HTTP' }));
    expect((await ask()).body).toBe('http 80');
    await expect(ends(other.href)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('refuses HTTPS without its own certificate or with a policy that it does not serve, and a port twice', async () => {
    const { core, LoadBalancerArn, TargetGroupArn } = await fixture();
    const listen = (input: object) =>
      core.send(
        new CreateListenerCommand({
          LoadBalancerArn,
          Port: 443,
          Protocol: 'HTTPS',
          DefaultActions: [{ Type: 'forward', TargetGroupArn }],
          ...input,
        }),
      );
    const Certificates = [{ CertificateArn: certificateArn(core) }];
    const SslPolicy = 'ELBSecurityPolicy-TLS13-1-2-2021-06';
    await expect(listen({ SslPolicy })).rejects.toThrow(
      'A certificate must be specified for HTTPS listeners',
    );
    const CertificateArn = 'arn:aws:acm:eu-central-1:000000000000:certificate/another';
    await expect(listen({ SslPolicy, Certificates: [{ CertificateArn }] })).rejects.toMatchObject({
      code: 'CertificateNotFound',
      message: expect.stringContaining(certificateArn(core)),
    });
    await expect(listen({ Certificates })).rejects.toThrow("security policy 'ELBSecurityPolicy-2016-08'");
    await expect(listen({ Protocol: 'HTTP', Certificates })).rejects.toThrow('for HTTP listeners');
    await expect(listen({ Port: 80, Certificates, SslPolicy })).rejects.toMatchObject({
      code: 'DuplicateListener',
    });
  });

  test('listens no more when it is deleted', async () => {
    const { core, LoadBalancerArn, ask } = await fixture();
    expect((await ask()).status).toBe(503);
    await core.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    await expect(ask()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
  });
});
