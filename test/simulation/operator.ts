import {
  CancelInstanceRefreshCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  ResumeProcessesCommand,
  RollbackInstanceRefreshCommand,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CancelUpdateStackCommand,
  CreateChangeSetCommand,
  DeleteStackCommand,
  type DescribeChangeSetOutput,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { type ExecutionListItem, type StateMachineListItem, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { OperatorClients } from '../../lib/cli/clients';
import type { Command, CommandResult, Surroundings } from '../../lib/cli/command';
import { DynamoDbLedger } from '../../lib/ledger/dynamodb-ledger';
import type { Ledger } from '../../lib/ledger/ledger';
import { holding } from '../../local-aws/core/clock';
import { directClients } from '../harness/direct-clients';
import type { Blueprint } from './blueprints';
import type { Disturbance, Settings } from './scenario';
import type { World } from './world';

type Resources = Record<string, { Type: string; Properties: Record<string, unknown> }>;

const LONGEST_MS = 100 * 3_600_000;
const POLL_MS = 10_000;
/** How far back an alarm looks, and a minute. */
const ALARM_MEMORY_MS = 8 * 60_000;

/** Whoever deploys, gives orders, and lays hands on the fleet. */
export class Operator {
  readonly groupName: string;
  readonly ledger: Ledger;
  private readonly clients: ReturnType<typeof directClients>;
  private changes = 0;
  /** Until when an alarm may still go off for what was counted. */
  alarmingUntil = 0;
  /** Undoes what was done to the fleet by hand for a while. */
  private readonly repairs = new Set<() => Promise<unknown>>();

  constructor(
    private readonly world: World,
    readonly stackName: string,
    ledgerTable: string,
  ) {
    this.groupName = `${stackName}-fleet`;
    const { core } = world;
    this.clients = directClients(core, core.root, (_operation, _input, call) => call());
    this.ledger = new DynamoDbLedger(this.clients.dynamoDb, ledgerTable);
  }

  /** Deploys a release, as the CDK CLI does. @returns whether there is anything to deploy */
  async deploy(blueprint: Blueprint, settings: Settings, isFirst: boolean): Promise<boolean> {
    const { world, stackName: StackName } = this;
    const { core, clock } = world;
    const TemplateBody = configured(await world.prepare(blueprint), settings);
    const ChangeSetName = `change-${++this.changes}`;
    const parameters = isFirst ? [] : (world.stack(StackName).Parameters ?? []);
    await core.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName,
        TemplateBody,
        ChangeSetType: isFirst ? 'CREATE' : 'UPDATE',
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: parameters.map(({ ParameterKey }) => ({ ParameterKey, UsePreviousValue: true })),
      }),
    );
    await clock.advance(5_000);
    const made = world.peek<DescribeChangeSetOutput>('cloudformation', 'DescribeChangeSet', {
      StackName,
      ChangeSetName,
    });
    if (made.Status !== 'CREATE_COMPLETE') {
      if (/didn't contain changes|No updates/i.test(made.StatusReason ?? '')) return false;
      throw new Error(`The change set is ${made.Status}: ${made.StatusReason}`);
    }
    await core.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName }));
    return true;
  }

  async delete(): Promise<void> {
    await this.world.core.send(new DeleteStackCommand({ StackName: this.stackName }));
  }

  /** Lets time pass until the stack is in no transition. @returns its status */
  async untilRest(): Promise<string> {
    const { clock } = this.world;
    const rest = new Promise<string>((resolve) => {
      const look = () => {
        const status = this.status();
        if (status.endsWith('_IN_PROGRESS')) clock.after(POLL_MS, look);
        else resolve(status);
      };
      look();
    });
    return clock.runUntil(rest, LONGEST_MS);
  }

  status(): string {
    try {
      return this.world.stack(this.stackName).StackStatus ?? '';
    } catch {
      // There is no stack of that name any more.
      return 'DELETE_COMPLETE';
    }
  }

  /** Runs one of the operator's commands. What it refuses is told, and nothing else. */
  async command(command: Command, name: string, ...args: string[]): Promise<CommandResult | undefined> {
    const { trace } = this.world;
    try {
      const result = await command([this.stackName, ...args], this.surroundings());
      trace.add('operator', `rollout ${name}: ${result.output.split('\n')[0]}`);
      return result;
    } catch (error) {
      if ((error as Error).name !== 'ConfigurationError' && (error as Error).name !== 'LedgerConflict')
        throw error;
      trace.add('operator', `rollout ${name} is refused: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Does something at a moment, unless the deployment is over by then. */
  later(seconds: number, isOver: () => boolean, work: () => Promise<unknown>): void {
    const { clock, trace } = this.world;
    clock.after(seconds * 1000, () => {
      if (isOver()) return;
      void holding(clock, work).catch((error: Error) =>
        trace.add('operator', `is refused: ${error.message}`),
      );
    });
  }

  /** Lays hands on the fleet. */
  async disturb({ kind, seconds, which }: Disturbance, isOver: () => boolean): Promise<void> {
    const { world, groupName: AutoScalingGroupName, stackName: StackName } = this;
    const { core, trace } = world;
    const send: typeof core.send = (command, principal = core.root) => core.send(command, principal);
    const machines = (world.group(AutoScalingGroupName)?.Instances ?? []).filter(
      ({ LifecycleState }) => LifecycleState === 'InService',
    );
    const machine = machines[which % Math.max(1, machines.length)]?.InstanceId;
    trace.add('operator', `${kind}${machine && / machine/.test(kind) ? `: ${machine}` : ''}`);
    switch (kind) {
      case 'cancel the update':
        await send(new CancelUpdateStackCommand({ StackName }));
        return;
      case 'resize the group': {
        const group = world.group(AutoScalingGroupName);
        if (!group) return;
        const from = group.MinSize ?? 0;
        const DesiredCapacity = from + (which % ((group.MaxSize ?? 0) - from + 1));
        await send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity }));
        return;
      }
      case 'end a machine':
        if (machine) await send(new TerminateInstancesCommand({ InstanceIds: [machine] }));
        return;
      case 'make a machine sick':
        if (machine) world.sick.set(machine, { until: world.now() + seconds * 1000 });
        return;
      case 'put a machine on standby': {
        if (!machine) return;
        await send(
          new EnterStandbyCommand({
            AutoScalingGroupName,
            InstanceIds: [machine],
            ShouldDecrementDesiredCapacity: true,
          }),
        );
        const InstanceIds = [machine];
        this.untilRepaired(seconds, isOver, () =>
          send(new ExitStandbyCommand({ AutoScalingGroupName, InstanceIds })).catch((error: Error) => {
            // A deployment may have made the group too small for it: then it is ended, as the rollout says.
            if (!error.message.includes('max-size')) throw error;
            return send(
              new TerminateInstanceInAutoScalingGroupCommand({
                InstanceId: machine,
                ShouldDecrementDesiredCapacity: false,
              }),
            );
          }),
        );
        return;
      }
      case 'detach a machine':
        if (!machine) return;
        await send(
          new DetachInstancesCommand({
            AutoScalingGroupName,
            InstanceIds: [machine],
            ShouldDecrementDesiredCapacity: false,
          }),
        );
        return;
      case 'start a refresh by hand':
        await send(
          new StartInstanceRefreshCommand({
            AutoScalingGroupName,
            Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 },
          }),
        );
        return;
      case 'cancel the refresh by hand':
        await send(new CancelInstanceRefreshCommand({ AutoScalingGroupName }));
        return;
      case 'roll the refresh back by hand':
        await send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName }));
        return;
      case 'let an alarm fire':
        this.fireAlarm(Math.min(seconds, 900), isOver);
        return;
      case 'suspend processes': {
        const ScalingProcesses = [
          ['Launch'],
          ['Terminate'],
          ['ReplaceUnhealthy'],
          ['HealthCheck'],
          ['Launch', 'Terminate'],
        ][which % 5]!;
        await send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses }));
        this.untilRepaired(seconds, isOver, () =>
          send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses })),
        );
        return;
      }
      case 'stop the executions':
        return this.stopExecutions();
      default:
        throw new Error(`${kind} is not for the operator's hands.`);
    }
  }

  /** Takes back what was done by hand and still lasts. */
  async repair(): Promise<void> {
    for (const repair of [...this.repairs]) await repair().catch(() => undefined);
    this.repairs.clear();
    this.world.sick.clear();
  }

  private untilRepaired(seconds: number, isOver: () => boolean, repair: () => Promise<unknown>): void {
    this.repairs.add(repair);
    this.later(seconds, isOver, async () => {
      if (this.repairs.delete(repair)) await repair();
    });
  }

  /** Answers with 5xx, as a load balancer counts them, minute by minute. */
  private fireAlarm(seconds: number, isOver: () => boolean): void {
    const { world } = this;
    const [targetGroup] = world.group(this.groupName)?.TargetGroupARNs ?? [];
    const groups = world.peek<{ TargetGroups: { LoadBalancerArns: string[] }[] }>(
      'elasticloadbalancing',
      'DescribeTargetGroups',
      { TargetGroupArns: [targetGroup] },
    );
    const dimension = (arn = '') => arn.slice(arn.lastIndexOf(':') + 1).replace(/^loadbalancer\//, '');
    for (let minute = 0; minute * 60 <= seconds + 60; minute++) {
      world.clock.after(minute * 60_000, () => {
        if (isOver()) return;
        this.alarmingUntil = world.now() + ALARM_MEMORY_MS;
        void world.core.send(
          new PutMetricDataCommand({
            Namespace: 'AWS/ApplicationELB',
            MetricData: [
              {
                MetricName: 'HTTPCode_Target_5XX_Count',
                Dimensions: [
                  { Name: 'TargetGroup', Value: dimension(targetGroup) },
                  { Name: 'LoadBalancer', Value: dimension(groups.TargetGroups[0]?.LoadBalancerArns[0]) },
                ],
                Value: 50,
                Timestamp: new Date(world.now()),
              },
            ],
          }),
        );
      });
    }
  }

  private async stopExecutions(): Promise<void> {
    const { world } = this;
    const { stateMachines } = world.peek<{ stateMachines: StateMachineListItem[] }>(
      'states',
      'ListStateMachines',
      {},
    );
    for (const { stateMachineArn } of stateMachines) {
      const { executions } = world.peek<{ executions: ExecutionListItem[] }>('states', 'ListExecutions', {
        stateMachineArn,
        statusFilter: 'RUNNING',
      });
      for (const { executionArn } of executions) {
        await world.core.send(new StopExecutionCommand({ executionArn, cause: 'Stopped by hand' }));
      }
    }
  }

  private surroundings(): Surroundings {
    const { world, clients, ledger } = this;
    return {
      terminal: {} as Surroundings['terminal'],
      readJsonObject: () => ({}),
      exists: () => false,
      connect: async () => ({
        region: world.core.region,
        clients: clients as unknown as OperatorClients,
        ledger: () => ledger,
        now: () => world.now(),
      }),
      clock: { now: () => world.now(), sleep: (seconds) => world.clock.sleep(seconds * 1000) },
      show: () => undefined,
    };
  }
}

/** A template with settings of a seed's: as if it had been synthesized with them. */
function configured(template: string, settings: Settings): string {
  const parsed = JSON.parse(template) as { Resources: Resources };
  const progressDeadline = settings.progressDeadlineMinutes * 60;
  for (const { Type, Properties } of Object.values(parsed.Resources)) {
    switch (Type) {
      case 'Custom::Rollout':
        Object.assign(Properties, {
          MinHealthyPercentage: settings.minHealthyPercentage,
          MaxHealthyPercentage: settings.maxHealthyPercentage,
          InstanceWarmupSeconds: settings.warmupSeconds,
          SkipMatching: settings.skipMatching,
          ProgressDeadlineSeconds: progressDeadline,
          Gates: settings.gates,
        });
        break;
      case 'Custom::Verification':
        Properties.ProgressDeadlineSeconds = progressDeadline;
        break;
      case 'AWS::AutoScaling::AutoScalingGroup': {
        const hooks = Properties.LifecycleHookSpecificationList as Record<string, unknown>[];
        for (const hook of hooks) hook.HeartbeatTimeout = progressDeadline;
        Object.assign(Properties, {
          MinSize: String(settings.machines),
          MaxSize: String(settings.maxMachines),
          DefaultInstanceWarmup: settings.warmupSeconds,
        });
        break;
      }
    }
  }
  return JSON.stringify(parsed);
}
