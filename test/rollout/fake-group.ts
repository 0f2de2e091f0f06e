import type { RefreshPreferences } from '@aws-sdk/client-auto-scaling';
import type { Ledger } from '../../lib/ledger/ledger';
import type { RolloutClients, VerificationClients } from '../../lib/rollout/clients';
import { Killed } from '../custom-resource/run-steps';
import { knowing } from '../harness/knowing';
import { MemoryLedger } from '../ledger/memory-ledger';

/** What each launch template version starts: its number and its content. */
export interface Version {
  readonly content: string;
  /** A machine of it never becomes healthy. */
  readonly sick?: boolean;
}

interface FakeMachine {
  id: string;
  version: string;
  startedAt: number;
}

interface FakeRefresh {
  id: string;
  status: string;
  desired: string;
  startedAt: number;
  endedAt?: number;
  /** When the next machine is replaced, or the bake time is over. */
  next: number;
  /** As it was asked for. */
  preferences: RefreshPreferences;
}

const STEP_MS = 60_000;
const READY_MS = 30_000;
const metadata = { $metadata: {} };

/** What there is, by the name under which it is asked for. */
const KNOWN = {
  AutoScalingGroupName: ['guestbook'],
  AutoScalingGroupNames: ['guestbook'],
  LaunchTemplateId: ['lt-1'],
  TargetGroupArn: ['arn:tg'],
  TargetGroupArns: ['arn:tg'],
  StackName: ['stack-1'],
  FunctionName: ['arn:gate'],
  AlarmNames: ['sick-hosts'],
};

/**
 * A group that replaces a machine a minute, forward or back, as time passes; a sick machine stops it. It
 * can kill its caller right before or right after any call.
 */
export class FakeGroup implements RolloutClients, VerificationClients {
  readonly calls: string[] = [];
  exists = true;
  saved = '1';
  machines: FakeMachine[] = [];
  refreshes: FakeRefresh[] = [];
  alarmState = 'OK';
  stackStatus = 'UPDATE_IN_PROGRESS';
  stackUpdatedAt = 0;
  isReversible = true;
  /** Whether consoles can be read as they are now. */
  isNitro = true;
  /** Called before and after each call; it may throw. */
  interrupt: (moment: string) => void = () => undefined;
  private ids = 0;

  constructor(
    readonly time: { now: number },
    readonly versions: Record<string, Version>,
    machines: readonly string[] = ['1', '1', '1'],
  ) {
    this.machines = machines.map((version) => this.machine(version, time.now - 3_600_000));
  }

  private machine(version: string, startedAt: number): FakeMachine {
    return { id: `i-${++this.ids}`, version, startedAt };
  }

  get active(): FakeRefresh | undefined {
    return this.refreshes.find(({ status }) => /Pending|InProgress|Baking|Cancelling/.test(status));
  }

  startRefresh(desired: string, startedAt = this.time.now, preferences: RefreshPreferences = {}): void {
    this.refreshes.unshift({
      id: `refresh-${this.refreshes.length + 1}`,
      status: 'InProgress',
      desired,
      startedAt,
      next: startedAt + STEP_MS,
      preferences,
    });
  }

  isHealthy(machine: FakeMachine): boolean {
    return !this.versions[machine.version]?.sick && this.time.now - machine.startedAt >= READY_MS;
  }

  /** Lets the group go on until now. */
  private catchUp(): void {
    for (let refresh = this.active; refresh && refresh.next <= this.time.now; refresh = this.active) {
      const at = refresh.next;
      refresh.next += STEP_MS;
      const back = refresh.status === 'RollbackInProgress';
      if (refresh.status === 'Cancelling') {
        this.end(refresh, 'Cancelled', at);
        continue;
      }
      const version = back ? this.saved : refresh.desired;
      const blocked = !back && this.machines.some((machine) => this.versions[machine.version]?.sick);
      const index = this.machines.findIndex((machine) => machine.version !== version);
      if (index < 0) {
        if (!blocked) this.arrive(refresh, at);
      } else if (!blocked) this.machines[index] = this.machine(version, at);
    }
  }

  /** No machine is left to be replaced. */
  private arrive(refresh: FakeRefresh, at: number): void {
    const { BakeTime = 0 } = refresh.preferences;
    if (refresh.status === 'RollbackInProgress') this.end(refresh, 'RollbackSuccessful', at);
    else if (refresh.status === 'Baking' || BakeTime === 0) this.end(refresh, 'Successful', at);
    else {
      refresh.status = 'Baking';
      refresh.next = at + BakeTime * 1000;
    }
  }

  private end(refresh: FakeRefresh, status: string, at: number): void {
    refresh.status = status;
    refresh.endedAt = at;
    if (status === 'Successful') this.saved = refresh.desired;
  }

  private call<T extends object>(name: string, act: () => T): Promise<T & typeof metadata> {
    return (async () => {
      this.catchUp();
      this.interrupt(`before ${name}`);
      this.calls.push(name);
      const answer = act();
      this.interrupt(`after ${name}`);
      return { ...metadata, ...answer };
    })();
  }

  readonly autoScaling: RolloutClients['autoScaling'] = knowing(
    {
      describeAutoScalingGroups: () =>
        this.call('describeAutoScalingGroups', () => ({
          AutoScalingGroups: this.exists
            ? [
                {
                  AutoScalingGroupName: 'guestbook',
                  MinSize: 1,
                  MaxSize: 9,
                  DefaultCooldown: 0,
                  AvailabilityZones: [],
                  HealthCheckType: 'ELB',
                  CreatedTime: new Date(0),
                  DesiredCapacity: this.machines.length,
                  LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: this.saved },
                  Instances: this.machines.map(({ id, version }) => ({
                    InstanceId: id,
                    AvailabilityZone: 'a',
                    HealthStatus: 'Healthy',
                    ProtectedFromScaleIn: false,
                    LifecycleState: 'InService' as const,
                    LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: version },
                  })),
                },
              ]
            : [],
        })),
      describeInstanceRefreshes: () =>
        this.call('describeInstanceRefreshes', () => {
          if (!this.exists) throw awsError('ValidationError', 'AutoScalingGroup name not found - guestbook');
          return {
            InstanceRefreshes: this.refreshes.map((refresh) => ({
              InstanceRefreshId: refresh.id,
              Status: refresh.status as 'InProgress',
              StartTime: new Date(refresh.startedAt),
              EndTime: refresh.endedAt === undefined ? undefined : new Date(refresh.endedAt),
              InstancesToUpdate: this.machines.filter(({ version }) => version !== refresh.desired).length,
              Preferences: {
                ...refresh.preferences,
                InstanceWarmup: refresh.preferences.InstanceWarmup ?? 60,
              },
              DesiredConfiguration: {
                LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: refresh.desired },
              },
            })),
          };
        }),
      describeScalingActivities: () =>
        this.call('describeScalingActivities', () => ({
          Activities: this.machines.map(({ id, startedAt }) => ({
            ActivityId: id,
            AutoScalingGroupName: 'guestbook',
            Description: `Launching a new EC2 instance: ${id}`,
            Cause: 'A refresh.',
            StatusCode: 'Successful' as const,
            StartTime: new Date(startedAt),
            EndTime: new Date(startedAt + 10_000),
          })),
        })),
      startInstanceRefresh: (input) =>
        this.call('startInstanceRefresh', () => {
          if (this.active)
            throw awsError('InstanceRefreshInProgressFault', 'Another refresh is in progress.');
          this.startRefresh(
            input.DesiredConfiguration?.LaunchTemplate?.Version ?? '',
            this.time.now,
            input.Preferences,
          );
          return { InstanceRefreshId: this.refreshes[0]?.id };
        }),
      rollbackInstanceRefresh: () =>
        this.call('rollbackInstanceRefresh', () => {
          const { active } = this;
          if (!active) throw awsError('ActiveInstanceRefreshNotFoundFault', 'No active refresh.');
          if (!this.isReversible) throw awsError('IrreversibleInstanceRefreshFault', 'It has no way back.');
          active.status = 'RollbackInProgress';
          active.next = this.time.now + STEP_MS;
          return { InstanceRefreshId: active.id };
        }),
      cancelInstanceRefresh: () =>
        this.call('cancelInstanceRefresh', () => {
          const { active } = this;
          if (!active) throw awsError('ActiveInstanceRefreshNotFoundFault', 'No active refresh.');
          active.status = 'Cancelling';
          return { InstanceRefreshId: active.id };
        }),
    },
    KNOWN,
  );

  readonly ec2: RolloutClients['ec2'] = knowing(
    {
      describeLaunchTemplateVersions: ({ Versions = [] }) =>
        this.call('describeLaunchTemplateVersions', () => ({
          LaunchTemplateVersions: Versions.map((number) => ({
            LaunchTemplateId: 'lt-1',
            VersionNumber: Number(number),
            LaunchTemplateData: { ImageId: `ami-${this.versions[number]?.content}` },
          })),
        })),
      describeImages: () =>
        this.call('describeImages', () => ({
          Images: Object.values(this.versions).map(({ content }) => ({
            ...{ ImageId: `ami-${content}`, State: 'available' as const, OwnerId: '000000000000' },
            Architecture: 'x86_64' as const,
          })),
        })),
      describeInstanceTypes: () => this.call('describeInstanceTypes', () => ({ InstanceTypes: [] })),
      describeSubnets: () => this.call('describeSubnets', () => ({ Subnets: [] })),
      getConsoleOutput: ({ Latest }) =>
        this.call('getConsoleOutput', () => {
          if (Latest && !this.isNitro)
            throw Object.assign(new Error('This instance type does not support it.'), {
              name: 'UnsupportedOperation',
            });
          const text = Latest ? 'guestbook: cannot open database' : 'Linux version 6.1';
          return { Output: Buffer.from(text).toString('base64') };
        }),
    },
    KNOWN,
  );

  readonly loadBalancing: RolloutClients['loadBalancing'] = knowing(
    {
      describeTargetGroups: () => this.call('describeTargetGroups', () => ({ TargetGroups: [] })),
      describeTargetHealth: () =>
        this.call('describeTargetHealth', () => ({
          TargetHealthDescriptions: this.machines.map((machine) => ({
            Target: { Id: machine.id },
            TargetHealth: this.isHealthy(machine)
              ? { State: 'healthy' as const }
              : {
                  State: 'unhealthy' as const,
                  Reason: 'Target.ResponseCodeMismatch' as const,
                  Description: 'Health checks failed with these codes: [500]',
                },
          })),
        })),
    },
    KNOWN,
  );

  /** What the ledger holds, for tests to look at. */
  readonly ledgerItems = new MemoryLedger();

  readonly ledger = (): Ledger =>
    interrupted(this.ledgerItems, async (name, act) => {
      this.catchUp();
      this.interrupt(`before ${name}`);
      this.calls.push(name);
      const answer = await act();
      this.interrupt(`after ${name}`);
      return answer;
    });

  /** What a gate's function answers. */
  gateAnswer: unknown = { pass: true };

  readonly functions: RolloutClients['functions'] = knowing(
    {
      invoke: () =>
        this.call('invoke', () => ({
          Payload: Buffer.from(JSON.stringify(this.gateAnswer)),
        })),
    },
    KNOWN,
  );

  readonly cloudWatch: RolloutClients['cloudWatch'] = knowing(
    {
      describeAlarms: ({ AlarmNames = [] }) =>
        this.call('describeAlarms', () => ({
          MetricAlarms: AlarmNames.map((AlarmName) => ({
            AlarmName,
            StateValue: this.alarmState as 'OK',
            StateReason: 'Threshold crossed',
          })),
        })),
    },
    KNOWN,
  );

  readonly cloudFormation: RolloutClients['cloudFormation'] = knowing(
    {
      describeStacks: () =>
        this.call('describeStacks', () => ({
          Stacks: [
            {
              StackName: 'Fleet',
              CreationTime: new Date(0),
              StackStatus: this.stackStatus as 'UPDATE_IN_PROGRESS',
              LastUpdatedTime: new Date(this.stackUpdatedAt),
            },
          ],
        })),
    },
    KNOWN,
  );
}

/** The ledger as a caller has it: killed before or after any call. */
function interrupted(
  ledger: Ledger,
  call: (name: string, act: () => Promise<unknown>) => Promise<unknown>,
): Ledger {
  return new Proxy(ledger, {
    get:
      (target, name: keyof Ledger) =>
      (...inputs: unknown[]) =>
        call(name, () => (target[name] as (...inputs: unknown[]) => Promise<unknown>).apply(target, inputs)),
  });
}

export function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Kills the caller at the n-th moment: before or after a call. */
export function killAt(moment: number): () => void {
  let passed = 0;
  return () => {
    if (passed++ === moment) throw new Killed();
  };
}
