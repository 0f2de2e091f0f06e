import {
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import {
  DescribeTargetHealthCommand,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListWorkflowExecutionsCommand } from '@aws-sdk/client-imagebuilder';
import { statusOf } from '../../lib/rollout/status';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { allImages } from './images';
import type { FleetSample, Machine, MachineState, Moment, RefreshSpan, Span, Variant } from './model';

/** Watches both fleets through AWS's own calls. */
export class Observer {
  private readonly realStart = performance.now();
  private readonly modelledStart: number;
  /** Machines that have served: one of them that is unhealthy is sick, any other may still start. */
  private readonly served = new Set<string>();

  constructor(private readonly core: Core) {
    this.modelledStart = core.clock.now();
  }

  now(): Moment {
    return {
      realMs: performance.now() - this.realStart,
      modelledMs: this.core.clock.now() - this.modelledStart,
    };
  }

  /** The stack of a variant; undefined when there is none. */
  async stack(variant: Variant): Promise<Stack | undefined> {
    const found = await unlessRefused(this.core.send(new DescribeStacksCommand({ StackName: variant })));
    return found?.Stacks?.[0];
  }

  /** Where a variant's fleet serves. */
  async url(variant: Variant): Promise<string | undefined> {
    const stack = await this.stack(variant);
    return stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'Url')?.OutputValue;
  }

  /** One variant's fleet as it is. */
  async sample(variant: Variant): Promise<FleetSample> {
    const [stack, group, instances, build, refresh] = await Promise.all([
      this.stack(variant),
      this.group(variant),
      this.instances(variant),
      this.latestBuild(variant),
      this.latestRefresh(variant),
    ]);
    const targets = await this.targets(group);
    const machines = instances
      .map((instance) => this.machine(instance, group, targets))
      .filter((machine) => machine !== undefined)
      .sort((a, b) => a.version.localeCompare(b.version) || a.id.localeCompare(b.id));
    const { phase, message } = group ? statusOf(refresh) : { phase: '', message: '' };
    return {
      at: this.now(),
      stackStatus: stack?.StackStatus,
      desired: group?.DesiredCapacity ?? 0,
      machines,
      phase,
      message,
      build,
    };
  }

  /** Image builds of a variant that have begun since a moment. */
  async builds(variant: Variant, since: Moment): Promise<readonly Span[]> {
    const spans: Span[] = [];
    for (const image of await this.images(variant)) {
      const { workflowExecutions } = await this.core.send(
        new ListWorkflowExecutionsCommand({ imageBuildVersionArn: image.arn }),
      );
      const ends = workflowExecutions?.map(({ endTime }) => endTime) ?? [];
      const end = ends.length > 0 && !ends.includes(undefined) ? new Date(ends.sort().at(-1)!) : undefined;
      spans.push(this.span(image.arn!, image.state?.status, new Date(image.dateCreated!), end));
    }
    return spans.filter(({ startMs }) => startMs >= since.modelledMs);
  }

  /** Instance refreshes of a variant that have begun since a moment. */
  async refreshes(variant: Variant, since: Moment): Promise<readonly RefreshSpan[]> {
    const spans = (await this.allRefreshes(variant)).map((refresh): RefreshSpan => {
      const { RollbackStartTime, RollbackReason = '' } = refresh.RollbackDetails ?? {};
      return {
        ...this.span(refresh.InstanceRefreshId!, refresh.Status, refresh.StartTime!, refresh.EndTime),
        ...(RollbackStartTime && {
          rollback: { startMs: RollbackStartTime.getTime() - this.modelledStart, reason: RollbackReason },
        }),
      };
    });
    return spans.filter(({ startMs }) => startMs >= since.modelledMs);
  }

  /** When the first machine that was launched since a moment came into service: its launch's activity ends then. */
  async firstInService(variant: Variant, since: Moment): Promise<number | undefined> {
    const found = await unlessRefused(
      this.core.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: groupName(variant) })),
    );
    const ends = (found?.Activities ?? [])
      .filter(({ Description, StatusCode }) => /^Launching/.test(Description!) && StatusCode === 'Successful')
      .filter(({ StartTime }) => StartTime!.getTime() - this.modelledStart >= since.modelledMs)
      .map(({ EndTime }) => EndTime!.getTime() - this.modelledStart);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  private span(id: string, status = '', start: Date, end: Date | undefined): Span {
    const startMs = start.getTime() - this.modelledStart;
    return { id, status, startMs, ...(end ? { endMs: end.getTime() - this.modelledStart } : {}) };
  }

  private machine(
    instance: Instance,
    group: AutoScalingGroup | undefined,
    targets: readonly TargetHealthDescription[],
  ): Machine | undefined {
    const id = instance.InstanceId!;
    if (instance.State?.Name === 'terminated') return undefined;
    const health = targets.find(({ Target }) => Target?.Id === id)?.TargetHealth;
    const member = group?.Instances?.find(({ InstanceId }) => InstanceId === id);
    const state = this.stateOf(id, instance.State?.Name, member, health);
    if (state === 'serving') this.served.add(id);
    return { id, state, version: tag(instance, 'image-rollouts:version') ?? '?' };
  }

  private stateOf(
    id: string,
    instanceState: string | undefined,
    member: { LifecycleState?: string; HealthStatus?: string } | undefined,
    health: { State?: string; Reason?: string } | undefined,
  ): MachineState {
    const isLeaving = instanceState === 'shutting-down' || member?.LifecycleState?.startsWith('Terminating');
    if (isLeaving || health?.State === 'draining') return 'leaving';
    if (health?.State === 'healthy') return 'serving';
    // A machine whose server is not up refuses connections; one that answers with an error is sick.
    const answersWrongly = health?.State === 'unhealthy' && health.Reason === 'Target.ResponseCodeMismatch';
    return answersWrongly || member?.HealthStatus === 'Unhealthy' || this.served.has(id)
      ? 'sick'
      : 'starting';
  }

  private async group(variant: Variant): Promise<AutoScalingGroup | undefined> {
    const found = await unlessRefused(
      this.core.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [groupName(variant)] })),
    );
    return found?.AutoScalingGroups?.[0];
  }

  private async instances(variant: Variant): Promise<readonly Instance[]> {
    const { Reservations = [] } = await this.core.send(new DescribeInstancesCommand({}));
    return Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      (instance) => tag(instance, 'aws:autoscaling:groupName') === groupName(variant),
    );
  }

  private async targets(group: AutoScalingGroup | undefined): Promise<readonly TargetHealthDescription[]> {
    const TargetGroupArn = group?.TargetGroupARNs?.[0];
    if (TargetGroupArn === undefined) return [];
    const found = await unlessRefused(this.core.send(new DescribeTargetHealthCommand({ TargetGroupArn })));
    return found?.TargetHealthDescriptions ?? [];
  }

  private async latestRefresh(variant: Variant) {
    const [refresh] = await this.allRefreshes(variant);
    if (!refresh) return undefined;
    return {
      id: refresh.InstanceRefreshId!,
      status: refresh.Status!,
      statusReason: refresh.StatusReason ?? '',
      startedAt: refresh.StartTime?.getTime() ?? 0,
      percentageComplete: refresh.PercentageComplete ?? 0,
      instancesToUpdate: refresh.InstancesToUpdate ?? 0,
    };
  }

  /** The newest first; none when there is no group. */
  private async allRefreshes(variant: Variant) {
    const found = await unlessRefused(
      this.core.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: groupName(variant) })),
    );
    return found?.InstanceRefreshes ?? [];
  }

  private async latestBuild(variant: Variant): Promise<string | undefined> {
    return (await this.images(variant)).at(-1)?.state?.status;
  }

  private async images(variant: Variant) {
    const images = await allImages(this.core);
    return images.filter(({ name }) => name?.startsWith(`${variant}-`));
  }
}

/** The fixed name of a variant's Auto Scaling group. */
export function groupName(variant: Variant): string {
  return `${variant}-fleet`;
}

function tag(instance: Instance, key: string): string | undefined {
  return instance.Tags?.find(({ Key }) => Key === key)?.Value;
}

/** What is asked for may have gone between two calls: AWS then refuses, and there is nothing to see. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
