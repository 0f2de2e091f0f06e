import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type {
  DescribeTargetGroupsInput,
  DescribeTargetHealthInput,
  RegisterTargetsInput,
  TargetHealthStateEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import { operation, type Service } from '../../../local-aws/core/service';
import type { MachineDriver } from '../../../local-aws/machines/driver';

interface Target {
  state: TargetHealthStateEnum;
  streak: number;
}

const checkMs = 10_000;
const threshold = 2;
const drainMs = 30_000;

/** One target group: health checks by the machines' own answers, draining, and the metric of unhealthy hosts. */
export class FakeElb implements Service {
  readonly signingName = 'elasticloadbalancing';
  readonly sdk = sdk;
  readonly targets = new Map<string, Target>();

  constructor(
    private readonly core: Core,
    private readonly machines: MachineDriver,
    readonly arn = 'arn:aws:elasticloadbalancing:eu-central-1:000000000000:targetgroup/fleet/0123456789abcdef',
  ) {
    this.check();
    this.publish();
  }

  readonly operations = {
    DescribeTargetGroups: operation<DescribeTargetGroupsInput, object>({
      run: ({ TargetGroupArns = [] }) => {
        if (TargetGroupArns.some((arn) => arn !== this.arn))
          throw new Fault('TargetGroupNotFound', 'One or more target groups not found');
        return { TargetGroups: [{ TargetGroupArn: this.arn }] };
      },
    }),
    RegisterTargets: operation<RegisterTargetsInput, object>({
      run: ({ Targets = [] }) => {
        for (const { Id } of Targets) this.targets.set(Id ?? '', { state: 'initial', streak: 0 });
        return {};
      },
    }),
    DeregisterTargets: operation<RegisterTargetsInput, object>({
      run: ({ Targets = [] }) => {
        for (const { Id = '' } of Targets) {
          const target = this.targets.get(Id);
          if (!target) continue;
          target.state = 'draining';
          this.core.clock.after(drainMs, () => this.targets.delete(Id));
        }
        return {};
      },
    }),
    DescribeTargetHealth: operation<DescribeTargetHealthInput, object>({
      run: () => ({
        TargetHealthDescriptions: [...this.targets].map(([Id, { state }]) => ({
          Target: { Id },
          TargetHealth: { State: state },
        })),
      }),
    }),
  };

  get healthy(): number {
    return [...this.targets.values()].filter(({ state }) => state === 'healthy').length;
  }

  private check(): void {
    this.core.clock.after(checkMs, async () => {
      for (const [id, target] of this.targets) {
        if (target.state === 'draining') continue;
        const probe = await this.machines.probe(id, 80, '/health', 5_000);
        const wanted = 'status' in probe && probe.status === 200 ? 'healthy' : 'unhealthy';
        target.streak = wanted === target.state ? 0 : target.streak + 1;
        if (target.streak >= threshold) target.state = wanted;
      }
      this.check();
    });
  }

  private publish(): void {
    this.core.clock.after(60_000, async () => {
      const states = [...this.targets.values()].map(({ state }) => state);
      const Value = states.filter((state) => state === 'unhealthy').length;
      const datum = { MetricName: 'UnHealthyHostCount', Value };
      await this.core.send(
        new PutMetricDataCommand({ Namespace: 'AWS/ApplicationELB', MetricData: [datum] }),
      );
      this.publish();
    });
  }
}
