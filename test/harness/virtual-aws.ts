import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  CreateChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type Parameter,
  type StackEvent,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parseConfiguration } from '../../lib/config';
import { DynamoDbLedger } from '../../lib/ledger/dynamodb-ledger';
import type { Ledger } from '../../lib/ledger/ledger';
import type { CloudFormationOptions } from '../../local-aws/cloudformation/service';
import { VirtualClock } from '../../local-aws/core/clock';
import { Constraints } from '../../local-aws/core/constraints';
import type { CallRecord, Core } from '../../local-aws/core/core';
import { Fault } from '../../local-aws/core/fault';
import type { Faults } from '../../local-aws/core/fault-injection';
import type { VariationOptions } from '../../local-aws/core/variations';
import type { Ec2Options } from '../../local-aws/ec2/service';
import type { ImageBuilderOptions } from '../../local-aws/imagebuilder/service';
import { assemble } from '../../local-aws/local-aws';
import { MemoryDriver, type MemoryDriverOptions } from '../../local-aws/machines/memory-driver';
import type { Route } from '../../local-aws/wire/http';
import { clientConfig } from '../../local-aws/wire/in-process';
import { ServiceModels } from '../../local-aws/wire/model';
import { callRecorder } from './call-recorder';
import { directClients } from './direct-clients';
import { type BeforeInvocation, inProcessHandlers, wireClients } from './handlers';
import { createLedgerTable } from './ledger-table';
import { Synthesis, type Template, type Variant } from './synthesis';

export type { Template, Variant };

/** What does not change from one test of a file to the next. */
const SYNTHESIS = new Synthesis();
const MODELS = new ServiceModels();
const CONSTRAINTS = new Constraints();

/** Of what AWS does not promise: `SEED=2 npx jest test/end-to-end` tries another one. */
const SEED = Number(process.env.SEED ?? 1);

export interface VirtualAwsOptions extends MemoryDriverOptions {
  /** Modelled time between two looks of whoever waits or watches. @default 2 seconds */
  readonly lookEveryMs?: number;
  /** What an image build goes through. @default 22 modelled minutes */
  readonly stages?: ImageBuilderOptions['stages'];
  /** @default handlers run undisturbed */
  readonly before?: BeforeInvocation;
  /** What goes wrong with calls, events and invocations. @default nothing */
  readonly faults?: Faults;
  /** What AWS does not promise; `{}` is calm, and a test that asks for it says why. @default seed 1, or that of the environment */
  readonly variations?: VariationOptions;
  /** Visitors a minute to each load balancer, who ask for `/`. @default none */
  readonly visitorsPerMinute?: number;
  /** How CloudFormation gives properties back on a rollback. @default 're-resolved' */
  readonly rollbackValues?: CloudFormationOptions['rollbackValues'];
  readonly ec2?: Ec2Options;
  /** Whether the functions' clients speak AWS's protocols, which takes as long as all the rest. @default false */
  readonly wire?: boolean;
}

/** How a deployment ended. */
export interface Deployment {
  /** Status of the stack, or the reason why its change set could not be made. */
  readonly status: string;
  /** Oldest first, of this deployment alone. */
  readonly events: readonly StackEvent[];
  /** Reasons of the events that say that something failed. */
  readonly failures: readonly string[];
}

/** A whole local AWS in virtual time: the real stacks, the real handlers under their roles, machines in memory. */
export class VirtualAws {
  /** Keys of the tags that stacks get from now on, as `cdk deploy --tags` has it. */
  stackTagKeys: readonly string[] = [];

  private readonly watchers = new Set<() => Promise<void>>();

  private constructor(
    readonly calls: readonly CallRecord[],
    readonly clock: VirtualClock,
    readonly machines: MemoryDriver,
    readonly core: Core,
    private readonly lookEveryMs: number,
  ) {}

  static async start(options: VirtualAwsOptions = {}): Promise<VirtualAws> {
    const clock = new VirtualClock();
    const calls: CallRecord[] = [];
    const record = callRecorder(() => (name) => known.core?.service(name));
    const known: { core?: Core; driver?: MemoryDriver; routes: readonly Route[] } = { routes: [] };
    const { core, cloudFormation } = await assemble({
      clock,
      models: MODELS,
      constraints: CONSTRAINTS,
      machines: (core) => {
        known.driver = new MemoryDriver(core, options);
        return known.driver;
      },
      lambda: {
        inProcess: inProcessHandlers(
          () => known.core!,
          () => known.routes,
          options.wire
            ? wireClients
            : (core, { accessKeyId }) => directClients(core, core.sessions.get(accessKeyId)!),
          options.before,
        ),
      },
      forward: false,
      cloudFormation: { rollbackValues: options.rollbackValues },
      ec2: options.ec2,
      imageBuilder: { stages: options.stages },
      onCall: (call, exchange) => {
        calls.push(call);
        record?.(call, exchange);
      },
      faults: options.faults,
      variations: options.variations ?? { seed: SEED },
      visitorsPerMinute: options.visitorsPerMinute,
    });
    known.core = core;
    known.routes = cloudFormation.routes;
    await createLedgerTable(core, parseConfiguration({}).ledgerTable);
    return new VirtualAws(calls, clock, known.driver!, core, options.lookEveryMs ?? 2_000);
  }

  /** Synthesizes a release, uploads its assets and deploys it, by a change set as the CDK CLI does. */
  async deploy(
    variant: Variant,
    version: string,
    context: Readonly<Record<string, unknown>> = {},
    change: (template: Template) => void = () => undefined,
  ): Promise<Deployment> {
    const template = await this.synthesize(variant, version, context);
    change(template);
    return this.deployTemplate(variant, JSON.stringify(template));
  }

  async deployTemplate(StackName: string, TemplateBody: string): Promise<Deployment> {
    const before = await this.eventsOf(StackName);
    const ChangeSetName = `change-${before.length}`;
    await this.core.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName,
        TemplateBody,
        Tags: this.stackTagKeys.map((Key) => ({ Key, Value: 'x' })),
        ChangeSetType: before.length === 0 ? 'CREATE' : 'UPDATE',
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: before.length === 0 ? undefined : await this.previousParameters(StackName, TemplateBody),
      }),
    );
    const made = await this.until(
      () => this.core.send(new DescribeChangeSetCommand({ StackName, ChangeSetName })),
      ({ Status }) => Status === 'CREATE_COMPLETE' || Status === 'FAILED',
    );
    if (made.Status === 'FAILED') return { status: made.StatusReason ?? '', events: [], failures: [] };
    await this.core.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName }));
    return this.ended(StackName, before.length);
  }

  /** Updates a stack with its present template, as the operator's commands do: only these parameters change. */
  async update(variant: Variant, changed: Readonly<Record<string, string>>): Promise<Deployment> {
    const before = await this.eventsOf(variant);
    const { Stacks } = await this.core.send(new DescribeStacksCommand({ StackName: variant }));
    await this.core.send(
      new UpdateStackCommand({
        StackName: variant,
        UsePreviousTemplate: true,
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: Stacks![0]!.Parameters!.map(({ ParameterKey }) => {
          const ParameterValue = changed[ParameterKey!];
          return ParameterValue === undefined
            ? { ParameterKey, UsePreviousValue: true }
            : { ParameterKey, ParameterValue };
        }),
      }),
    );
    return this.ended(variant, before.length);
  }

  /** The ledger, as whoever has all permissions reads and writes it. */
  get ledger(): Ledger {
    const { ledgerTable } = parseConfiguration({});
    return new DynamoDbLedger(new DynamoDB(clientConfig(this.core)), ledgerTable);
  }

  /** Does something once, as soon as a condition holds. */
  when(condition: () => Promise<boolean>, action: () => Promise<unknown>): void {
    const watcher = async () => {
      if (!(await condition())) return;
      this.watchers.delete(watcher);
      await action();
    };
    this.watchers.add(watcher);
  }

  /** Parameters keep their values, as with the CDK CLI. */
  private async previousParameters(StackName: string, templateBody: string): Promise<Parameter[]> {
    const { Parameters = {} } = JSON.parse(templateBody) as { Parameters?: object };
    const { Stacks } = await this.core.send(new DescribeStacksCommand({ StackName }));
    return (Stacks?.[0]?.Parameters ?? [])
      .filter(({ ParameterKey }) => ParameterKey! in Parameters)
      .map(({ ParameterKey }) => ({ ParameterKey, UsePreviousValue: true }));
  }

  /** Does something once, as soon as a fleet has machines of a version in service beside another one. */
  whenMixed(variant: Variant, version: string, action: () => Promise<unknown>): void {
    this.when(async () => {
      const versions = await this.versionsInService(variant);
      return versions.includes(version) && new Set(versions).size > 1;
    }, action);
  }

  /** Watches a fleet from now on: the least number of healthy targets that was seen. */
  watchHealth(variant: Variant): { least: number } {
    const seen = { least: Number.POSITIVE_INFINITY };
    this.watchers.add(async () => {
      seen.least = Math.min(seen.least, await this.healthyTargets(variant));
    });
    return seen;
  }

  async healthyTargets(variant: Variant): Promise<number> {
    const { AutoScalingGroups } = await this.core.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [`${variant}-fleet`] }),
    );
    const { TargetHealthDescriptions } = await this.core.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: AutoScalingGroups?.[0]?.TargetGroupARNs?.[0] }),
    );
    return TargetHealthDescriptions!.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length;
  }

  /** Waits until a stack is in no transition, and says what happened since `seen` events. */
  async ended(StackName: string, seen = 0): Promise<Deployment> {
    const stack = await this.until(
      async () => (await this.core.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!,
      ({ StackStatus }) => !StackStatus!.endsWith('_IN_PROGRESS'),
    );
    const events = (await this.eventsOf(StackName)).slice(seen);
    return {
      status: stack.StackStatus!,
      events,
      failures: events
        .filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'))
        .map(
          ({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`,
        ),
    };
  }

  /** Versions of the release on a fleet's machines that are in service, sorted. */
  async versionsInService(variant: Variant): Promise<string[]> {
    const { AutoScalingGroups } = await this.core.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [`${variant}-fleet`] }),
    );
    const ids = (AutoScalingGroups?.[0]?.Instances ?? [])
      .filter(({ LifecycleState }) => LifecycleState === 'InService')
      .map(({ InstanceId }) => InstanceId!);
    if (ids.length === 0) return [];
    const { Reservations } = await this.core.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    return Reservations!
      .flatMap(({ Instances }) => Instances!)
      .map(({ Tags }) => Tags!.find(({ Key }) => Key === 'image-rollouts:version')!.Value!)
      .sort();
  }

  /** How many calls of an operation were made so far. */
  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation && !call.fault).length;
  }

  private async synthesize(variant: Variant, version: string, context: Readonly<Record<string, unknown>>) {
    const { account, region } = this.core;
    const { template, uploads } = SYNTHESIS.of(variant, version, context, { account, region });
    for (const upload of uploads) await this.core.send(new PutObjectCommand(upload));
    return JSON.parse(template) as Template;
  }

  /** Oldest first; none when there is no such stack. */
  private async eventsOf(StackName: string): Promise<readonly StackEvent[]> {
    const events: StackEvent[] = [];
    let NextToken: string | undefined;
    try {
      do {
        const page = await this.core.send(new DescribeStackEventsCommand({ StackName, NextToken }));
        events.push(...(page.StackEvents ?? []));
        NextToken = page.NextToken;
      } while (NextToken);
    } catch (error) {
      if (!(error instanceof Fault && error.message.includes('does not exist'))) throw error;
    }
    return events.reverse();
  }

  private async until<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await read();
      if (isDone(value)) return value;
      await this.clock.advance(this.lookEveryMs);
      for (const watch of this.watchers) await watch();
    }
  }
}
