import type { Instance as GroupInstance, InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { Stack, StackEvent, UpdateStackCommandInput } from '@aws-sdk/client-cloudformation';
import type { Event, LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Instance } from '@aws-sdk/client-ec2';
import type { OperatorClients } from '../../lib/cli/clients';
import type { Scene, Session, Surroundings } from '../../lib/cli/command';
import { runCommand } from '../../lib/cli/commands';
import { explained } from '../../lib/cli/service-error';
import { ConfigurationError } from '../../lib/configuration-error';
import type { OpenRollout, Outcome, Revision } from '../../lib/ledger/types';
import { digestOf } from '../../lib/rollout/read-fleet';
import { knowing } from '../harness/knowing';
import { MemoryLedger } from '../ledger/memory-ledger';

export const START = Date.UTC(2026, 10, 21, 3, 0, 0);
export const FLEET = 'ImageBased-fleet';
export const STACK_ID = 'arn:aws:cloudformation:eu-central-1:000000000000:stack/ImageBased/1';
export const ANNA = 'arn:aws:sts::000000000000:assumed-role/Operator/anna';
const TEMPLATE = 'lt-1';
/** What there is, by the name under which it is asked for. */
const KNOWN = {
  AutoScalingGroupName: [FLEET],
  AutoScalingGroupNames: [FLEET],
  TargetGroupArn: ['arn:target-group'],
};
const A_WEEK_MS = 7 * 24 * 3600_000;

/** An error as the SDK throws it. */
export function serviceError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: {}, $fault: 'client' });
}

/** A machine as a test has it. */
export interface FakeMachine {
  readonly id: string;
  /** Number of its launch template version; none for a machine that was started without one. */
  readonly version?: number;
  readonly lifecycleState?: string;
  readonly health?: string;
  readonly imageId?: string;
  readonly keyName?: string;
  /** @default it belongs to the group */
  readonly isInGroup?: boolean;
  /** @default it is a target when it belongs to the group */
  readonly isTarget?: boolean;
  /** What it answers on /version; none when it can't be reached. */
  readonly answer?: object | number;
  /** What is on its console. @default that nothing was changed on it */
  readonly console?: string;
  /** Whether its console is handed out as it is now, or only as it was once. @default true */
  readonly isNitro?: boolean;
}

/** An account with one fleet, and a command line around it. What a test changes, the next call sees. */
export class World {
  now = START;
  readonly ledger = new MemoryLedger();
  readonly stack: Stack = {
    StackName: 'ImageBased',
    StackId: STACK_ID,
    StackStatus: 'UPDATE_COMPLETE',
    CreationTime: new Date(START),
    Outputs: outputs({
      Url: 'http://balancer.example',
      GroupName: FLEET,
      LaunchTemplateId: TEMPLATE,
      ReleaseVersion: 'guestbook 1.0.0',
      LedgerTable: 'ledger',
    }),
    Parameters: [
      { ParameterKey: 'BootstrapVersion', ParameterValue: '/cdk-bootstrap/version' },
      { ParameterKey: 'FleetPin', ParameterValue: '' },
      { ParameterKey: 'FleetRestart', ParameterValue: '' },
    ],
  };
  stacks: Stack[] = [
    this.stack,
    { StackName: 'Ledger', StackId: 'ledger', StackStatus: 'CREATE_COMPLETE', CreationTime: new Date(0) },
  ];
  machines: FakeMachine[] = [];
  desired = 2;
  savedVersion = 1;
  refreshes: InstanceRefresh[] = [];
  alarms: MetricAlarm[] = [];
  events: StackEvent[] = [];
  trail: Event[] | Error = serviceError('NotImplemented', 'CloudTrail is not served here');
  images = ['ami-1', 'ami-2', 'ami-3'];
  /** Launch template versions that are there. */
  versions = [1, 2, 3];
  /** Release whose digest the template has. */
  templateRelease = '1.0.0';
  choosesBaseImage = true;
  readonly updates: UpdateStackCommandInput[] = [];
  readonly continued: string[] = [];
  readonly scenes: Scene[] = [];
  /** Called after each wait. */
  onSleep: () => void | Promise<void> = () => undefined;
  /** What any call of a client throws, by the operation's name. */
  readonly failures: Record<string, Error> = {};
  /** What the load balancer answers, one after the other. */
  balancer: (object | number)[] = [];

  /** Runs a command line. A sentence that refuses is the output. */
  async run(line: string): Promise<{ output: string; exitCode: number }> {
    const args = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quotedWord]) => quotedWord ?? word);
    try {
      return await runCommand(args, this.surroundings());
    } catch (error) {
      const sentence = error instanceof ConfigurationError ? error.message : explained(error);
      if (sentence === undefined) throw error;
      return { output: sentence, exitCode: 1 };
    }
  }

  /** Lines that were shown while a command waited. */
  get lines(): string[] {
    return this.scenes.flatMap(({ line }) => (line === undefined ? [] : [line]));
  }

  /** Puts a revision into the ledger whose rollout has ended. */
  async released(number: number, version: string, more: Partial<Revision> = {}): Promise<void> {
    const open = await this.opened(number, version, more);
    await this.ledger.close(FLEET, open, more.outcome ?? complete(START));
  }

  /** Puts a revision into the ledger whose rollout goes on. */
  async opened(
    number: number,
    version: string,
    more: Partial<Revision> = {},
    rollout: Partial<OpenRollout> = {},
  ): Promise<OpenRollout> {
    const revision = revisionOf(number, version, more);
    const { outcome: _, ...unfinished } = revision;
    const open: OpenRollout = {
      revision: number,
      isRestart: false,
      content: revision.software.content,
      launchTemplateVersion: revision.software.launchTemplateVersion,
      stackId: STACK_ID,
      requestId: `request-${number}`,
      openedAt: revision.openedAt,
      until: this.now + 3600_000,
      part: 0,
      passed: 0,
      ...rollout,
    };
    await this.ledger.open(await this.ledger.head(FLEET), open, unfinished);
    return open;
  }

  /** Begins to replace all machines of a revision that is there. */
  async restarted(number: number, order: string): Promise<void> {
    const { software, requestId } = revisionOf(number, '');
    await this.ledger.open(
      await this.ledger.head(FLEET),
      {
        revision: number,
        isRestart: true,
        order,
        content: software.content,
        launchTemplateVersion: software.launchTemplateVersion,
        stackId: STACK_ID,
        requestId,
        openedAt: this.now,
        until: this.now + 3600_000,
        part: 0,
        passed: 0,
      },
      undefined,
    );
  }

  private surroundings(): Surroundings {
    return {
      terminal: { columns: 80, colours: false },
      readJsonObject: () => ({}),
      exists: () => false,
      connect: async () => this.session(),
      clock: {
        now: () => this.now,
        sleep: async (seconds) => {
          this.now += seconds * 1000;
          if (this.now > START + A_WEEK_MS) throw new Error('It was waited for a week.');
          await this.onSleep();
        },
      },
      show: (scene) => this.scenes.push(scene),
    };
  }

  private session(): Session {
    if (this.failures.connect) throw this.failures.connect;
    return {
      region: 'eu-central-1',
      clients: failing(this.clients(), this.failures),
      ledger: () => failing({ ledger: this.ledger }, this.failures).ledger,
      now: () => this.now,
    };
  }

  private clients(): OperatorClients {
    const $metadata = {};
    const grouped = () => this.machines.filter(({ isInGroup = true }) => isInGroup);
    const instance = ({ id, version, imageId, keyName }: FakeMachine): Instance => ({
      InstanceId: id,
      ImageId: imageId ?? `ami-${version}`,
      KeyName: keyName,
      LaunchTime: new Date(START),
      PrivateIpAddress: `10.0.0.${this.machines.findIndex((machine) => machine.id === id) + 1}`,
      State: { Name: 'running' },
      Tags: version ? [{ Key: 'aws:ec2launchtemplate:version', Value: String(version) }] : [],
    });
    return {
      identity: { getCallerIdentity: async () => ({ $metadata, Arn: ANNA }) },
      cloudFormation: knowing(
        {
          describeStacks: async ({ StackName }) => {
            const Stacks = this.stacks.filter(
              (stack) => !StackName || stack.StackName === StackName || stack.StackId === StackName,
            );
            if (StackName && Stacks.length === 0)
              throw serviceError('ValidationError', `Stack with id ${StackName} does not exist`);
            return { $metadata, Stacks };
          },
          describeStackEvents: async () => ({ $metadata, StackEvents: this.events }),
          listStackResources: async () => ({
            $metadata,
            StackResourceSummaries: [
              resource('AWS::ElasticLoadBalancingV2::TargetGroup', 'arn:target-group'),
              ...this.alarms.map(({ AlarmName }) => resource('AWS::CloudWatch::Alarm', AlarmName!)),
            ],
          }),
          getTemplate: async () => ({
            $metadata,
            TemplateBody: JSON.stringify({
              Resources: {
                Rollout: { Type: 'Custom::Rollout', Properties: { ReleaseDigest: this.templateRelease } },
                ...(this.choosesBaseImage ? { BaseImage: { Type: 'Custom::BaseImage' } } : {}),
              },
            }),
          }),
          updateStack: async (input) => {
            this.updates.push(input);
            this.stack.StackStatus = 'UPDATE_IN_PROGRESS';
            return { $metadata };
          },
          continueUpdateRollback: async ({ StackName }) => {
            this.continued.push(StackName!);
            this.stack.StackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
            return { $metadata };
          },
        },
        KNOWN,
      ),
      cloudWatch: { describeAlarms: async () => ({ $metadata, MetricAlarms: this.alarms }) },
      cloudTrail: {
        lookupEvents: async ({ LookupAttributes }: LookupEventsCommandInput) => {
          if (this.trail instanceof Error) throw this.trail;
          const [wanted] = LookupAttributes!;
          return {
            $metadata,
            Events: this.trail.filter(({ EventName }) => EventName === wanted!.AttributeValue),
          };
        },
      },
      autoScaling: knowing(
        {
          describeAutoScalingGroups: async () => ({
            $metadata,
            AutoScalingGroups: [
              {
                AutoScalingGroupName: FLEET,
                MinSize: 1,
                MaxSize: 9,
                DesiredCapacity: this.desired,
                DefaultCooldown: 0,
                AvailabilityZones: [],
                HealthCheckType: 'ELB',
                CreatedTime: new Date(START),
                LaunchTemplate: { LaunchTemplateId: TEMPLATE, Version: String(this.savedVersion) },
                Instances: grouped().map(
                  ({ id, version, lifecycleState = 'InService' }): GroupInstance => ({
                    InstanceId: id,
                    LifecycleState: lifecycleState as GroupInstance['LifecycleState'],
                    AvailabilityZone: 'eu-central-1a',
                    HealthStatus: 'Healthy',
                    ProtectedFromScaleIn: false,
                    LaunchTemplate: version
                      ? { LaunchTemplateId: TEMPLATE, Version: String(version) }
                      : undefined,
                  }),
                ),
              },
            ],
          }),
          describeInstanceRefreshes: async () => ({ $metadata, InstanceRefreshes: this.refreshes }),
          describeScalingActivities: async () => ({ $metadata, Activities: [] }),
        },
        KNOWN,
      ),
      loadBalancing: knowing(
        {
          describeTargetHealth: async () => ({
            $metadata,
            TargetHealthDescriptions: this.machines
              .filter(({ isInGroup = true, isTarget = isInGroup }) => isTarget)
              .map(({ id, health = 'healthy' }) => ({
                Target: { Id: id, Port: 8080 },
                TargetHealth: {
                  State: health as 'healthy',
                  ...(health === 'unhealthy'
                    ? { Description: 'Health checks failed with these codes: [500]' }
                    : {}),
                },
              })),
          }),
        },
        KNOWN,
      ),
      ec2: {
        describeLaunchTemplateVersions: async ({ Versions }) => ({
          $metadata,
          LaunchTemplateVersions: this.versions
            .filter((number) => !Versions || Versions.includes(String(number)))
            .map((number) => ({ VersionNumber: number, LaunchTemplateData: templateData(number) })),
        }),
        describeInstances: async ({ InstanceIds }) => ({
          $metadata,
          Reservations: [
            {
              Instances: this.machines
                .filter(({ id, version }) => (InstanceIds ? InstanceIds.includes(id) : version))
                .map(instance),
            },
          ],
        }),
        describeImages: async () => ({
          $metadata,
          Images: this.images.map((ImageId) => ({ ImageId, Name: ImageId, State: 'available' as const })),
        }),
        getConsoleOutput: async ({ InstanceId, Latest }) => {
          const machine = this.machines.find(({ id }) => id === InstanceId);
          if (!machine)
            throw serviceError(
              'InvalidInstanceID.NotFound',
              `The instance ID '${InstanceId}' does not exist`,
            );
          const { console = 'drift[7]: drift: none', isNitro = true } = machine;
          if (Latest && !isNitro)
            throw serviceError(
              'UnsupportedOperation',
              'This instance type does not support retrieving the latest console logs.',
            );
          return { $metadata, InstanceId, Output: Buffer.from(`${console}\n`).toString('base64') };
        },
      },
      http: async (url) => {
        const { hostname } = new URL(url);
        const found =
          hostname === 'balancer.example'
            ? this.balancer.shift()
            : this.machines[Number(hostname.split('.').at(-1)) - 1]?.answer;
        if (found === undefined) throw new Error('No answer.');
        return typeof found === 'number'
          ? { status: found, body: '' }
          : { status: 200, body: JSON.stringify(found) };
      },
    };
  }
}

/** A launch template version's data: 11 is 1 over again, as the rollback of a stack writes it. */
function templateData(number: number) {
  return { ImageId: `ami-${number % 10}` };
}

export function revisionOf(number: number, version: string, more: Partial<Revision> = {}): Revision {
  const template = Number(more.software?.launchTemplateVersion ?? number);
  return {
    fleet: FLEET,
    number,
    origin: { kind: 'release' },
    release: {
      application: 'guestbook',
      version,
      digest: version,
      changeCause: `Release ${version}`,
      livesBeside: '*',
      healthPath: '/health',
    },
    by: ANNA,
    strategy: 'rolling, 100 to 150% healthy',
    gates: [],
    stackId: STACK_ID,
    requestId: `request-${number}`,
    openedAt: START + number * 60_000,
    ...more,
    software: softwareOf(template),
  };
}

/** What this.machines of a launch template version start from. */
export function softwareOf(template: number): Revision['software'] {
  return {
    launchTemplateId: TEMPLATE,
    launchTemplateVersion: String(template),
    content: digestOf(templateData(template)),
    imageId: `ami-${template % 10}`,
  };
}

export function complete(at: number): Outcome {
  return { kind: 'Complete', reason: 'Every machine runs it.', at };
}

export function rolledBack(at: number): Outcome {
  return { kind: 'RolledBack', reason: 'Health checks failed with these codes: [500].', at };
}

function outputs(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
}

function resource(ResourceType: string, PhysicalResourceId: string) {
  return {
    ResourceType,
    PhysicalResourceId,
    LogicalResourceId: PhysicalResourceId,
    LastUpdatedTimestamp: new Date(START),
    ResourceStatus: 'CREATE_COMPLETE' as const,
  };
}

/** The same clients, of which some operations fail. */
function failing<T extends object>(clients: T, failures: Readonly<Record<string, Error>>): T {
  return new Proxy(clients, {
    get(target, name) {
      const client = Reflect.get(target, name);
      if (typeof client !== 'object' || client === null) return client;
      return new Proxy(client, {
        get(service, operation) {
          const failure = failures[String(operation)];
          if (failure)
            return async () => {
              throw failure;
            };
          const method = Reflect.get(service, operation);
          return typeof method === 'function' ? method.bind(service) : method;
        },
      });
    },
  });
}
