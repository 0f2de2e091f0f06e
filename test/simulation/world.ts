import type { AutoScalingGroup, InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { Stack } from '@aws-sdk/client-cloudformation';
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
} from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parseConfiguration } from '../../lib/config';
import type { AnswerEvent } from '../../lib/custom-resource/answer';
import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import type { StepResult } from '../../lib/custom-resource/step';
import { VirtualClock } from '../../local-aws/core/clock';
import type { Core } from '../../local-aws/core/core';
import { Fault } from '../../local-aws/core/fault';
import type { Random } from '../../local-aws/core/random';
import type { Operation } from '../../local-aws/core/service';
import type { VariationOptions } from '../../local-aws/core/variations';
import type { Pause } from '../../local-aws/lambda/runner';
import { assemble } from '../../local-aws/local-aws';
import {
  type MachineBehaviour,
  MemoryDriver,
  type MemoryMachine,
} from '../../local-aws/machines/memory-driver';
import { sessionPrincipal } from '../../local-aws/sts/session';
import type { Route } from '../../local-aws/wire/http';
import { callRecorder } from '../harness/call-recorder';
import { type Around, directClients } from '../harness/direct-clients';
import { deliverTo, type HandlerClients, runHandler, STEPS } from '../harness/handlers';
import { createLedgerTable } from '../harness/ledger-table';
import { type Blueprint, PLACEHOLDERS } from './blueprints';
import { BuildEndings } from './builds';
import { behaviourOf, type ReleaseKind } from './releases';
import { Trace } from './trace';
import { Faults } from './weather';

export interface WorldOptions {
  readonly random: Random;
  readonly rollbackValues: 're-resolved' | 'replayed';
  /** What AWS does not promise; with a seed, how builds end too. @default calm: every build ends well */
  readonly variations?: VariationOptions;
  readonly mutation?: Mutation;
  /** To each listener. @default none */
  readonly visitorsPerMinute?: number;
}

/** A fault that was put into the code on purpose, to see whether the simulation finds it. */
export interface Mutation {
  /** The steps' wiring in the place of the real one. */
  readonly steps?: Partial<typeof STEPS>;
  /** What stands between the functions and their clients. */
  readonly around?: (
    name: string,
    operation: string,
    input: object,
    call: () => Promise<object>,
  ) => Promise<object>;
}

/** An answer that CloudFormation was sent. */
export interface Answer {
  readonly at: number;
  readonly status: string;
  /** Who gave it: the entry, the execution by the answer function, or the last net behind it. */
  readonly by: 'entry' | 'execution' | 'net';
}

/** A request that CloudFormation made. */
export interface Request {
  readonly at: number;
  readonly logicalId: string;
  readonly type: string;
  readonly answers: Answer[];
  /** Runs of the entry function that failed; Lambda makes three attempts. */
  failedEntries: number;
}

const never = () => new Promise<never>(() => undefined);
const BEGINNING = Date.UTC(2026, 0, 1);

/** A local AWS in virtual time in which things go wrong, with the real functions in this process. */
export class World {
  readonly faults: Faults;
  readonly trace: Trace;
  /** Requests to custom resources, by id. */
  readonly requests = new Map<string, Request>();
  /** What releases' machines do, by version. */
  readonly releases = new Map<string, ReleaseKind>();
  /** Machines that are sick for a while, by id. */
  readonly sick = new Map<string, { readonly until: number }>();
  /** When a launch was refused last. */
  launchRefusedAt = Number.NEGATIVE_INFINITY;
  core!: Core;
  machines!: MemoryDriver;
  network: readonly (readonly [placeholder: string, id: string])[] = [];
  private routes: readonly Route[] = [];
  private readonly uploaded = new Set<string>();
  readonly builds: BuildEndings;
  private readonly machineChance: Random;

  private constructor(
    private readonly options: WorldOptions,
    readonly clock: VirtualClock,
  ) {
    this.trace = new Trace(() => clock.now(), BEGINNING);
    this.faults = new Faults(options.random.fork(), this.trace);
    this.machineChance = options.random.fork();
    this.builds = new BuildEndings(
      this,
      options.variations?.seed === undefined ? undefined : options.random.fork(),
    );
  }

  static async make(options: WorldOptions): Promise<World> {
    const world = new World(options, new VirtualClock(BEGINNING, 1));
    const { core, cloudFormation } = await assemble({
      clock: world.clock,
      machines: (core) => {
        world.machines = new MemoryDriver(core, {
          behaviour: (machine) => world.behaviour(machine),
          bakeFailure: () => world.builds.bakeFailure(),
          testFailure: () => world.builds.testFailure(),
        });
        return world.machines;
      },
      lambda: { inProcess: (name, event, pause) => world.invoke(name, event, pause) },
      forward: false,
      cloudFormation: { rollbackValues: options.rollbackValues },
      faults: world.faults,
      variations: options.variations,
      onCall: callRecorder(() => (name) => world.core?.service(name)),
      visitorsPerMinute: options.visitorsPerMinute,
    });
    world.core = core;
    world.routes = cloudFormation.routes;
    await world.furnish();
    world.builds.watch();
    return world;
  }

  now(): number {
    return this.clock.now();
  }

  /** Modelled time that has passed. */
  elapsedMs(): number {
    return this.now() - BEGINNING;
  }

  /** Carries out a reading operation at once, past permissions and faults. */
  peek<Output>(service: string, operation: string, input: object): Output {
    const { core } = this;
    const found = core.service(service)!.operations[operation] as unknown as Operation<object>;
    const principal = core.servicePrincipal('aws.internal');
    const call = { core, principal, requestId: 'peek', authorize: () => undefined };
    return found.run(input, call) as Output;
  }

  stack(name: string): Stack {
    return this.peek<{ Stacks: Stack[] }>('cloudformation', 'DescribeStacks', { StackName: name }).Stacks[0]!;
  }

  group(name: string): AutoScalingGroup | undefined {
    return this.peek<{ AutoScalingGroups: AutoScalingGroup[] }>('autoscaling', 'DescribeAutoScalingGroups', {
      AutoScalingGroupNames: [name],
    }).AutoScalingGroups[0];
  }

  refreshes(name: string): readonly InstanceRefresh[] {
    return this.peek<{ InstanceRefreshes: InstanceRefresh[] }>('autoscaling', 'DescribeInstanceRefreshes', {
      AutoScalingGroupName: name,
    }).InstanceRefreshes;
  }

  /** Lets something be done beforehand whenever an operation is carried out, whoever calls it. */
  tap(service: string, operation: string, before: (input: object) => void): void {
    const operations = this.core.service(service)!.operations as Record<string, Operation>;
    const tapped = operations[operation]! as unknown as Operation<object>;
    operations[operation] = {
      ...tapped,
      run: (input: object, call: Parameters<typeof tapped.run>[1]) => {
        before(input);
        return tapped.run(input, call);
      },
    } as unknown as Operation;
  }

  /** Uploads what a stack needs, and gives its template with the ids and zones of the network that is there. */
  async prepare({ template, assets }: Blueprint): Promise<string> {
    for (const { bucket: Bucket, key: Key, body: Body } of assets) {
      if (this.uploaded.has(Key)) continue;
      this.uploaded.add(Key);
      await this.core.send(new PutObjectCommand({ Bucket, Key, Body }));
    }
    return this.network.reduce(
      (text, [placeholder, id]) => text.replaceAll(`"${placeholder}"`, `"${id}"`),
      template,
    );
  }

  private async furnish(): Promise<void> {
    const { core } = this;
    await createLedgerTable(core, parseConfiguration({}).ledgerTable);
    const { Vpc } = await core.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const VpcId = Vpc!.VpcId!;
    const { InternetGateway } = await core.send(new CreateInternetGatewayCommand({}));
    const { InternetGatewayId } = InternetGateway!;
    await core.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    const network: [string, string][] = [[PLACEHOLDERS.vpc, VpcId]];
    for (const [index, placeholder] of PLACEHOLDERS.subnets.entries()) {
      const { Subnet } = await core.send(
        new CreateSubnetCommand({
          VpcId,
          CidrBlock: `10.0.${index}.0/24`,
          AvailabilityZone: `eu-central-1${index % 2 ? 'b' : 'a'}`,
        }),
      );
      network.push([placeholder, Subnet!.SubnetId!]);
    }
    for (const [index, placeholder] of PLACEHOLDERS.zones.entries())
      network.push([placeholder, `eu-central-1${'ab'[index]}`]);
    this.network = network;
  }

  private behaviour(machine: MemoryMachine): MachineBehaviour {
    const behaviour = this.drawBehaviour(machine);
    if (behaviour.refused) this.launchRefusedAt = this.now();
    return behaviour;
  }

  private drawBehaviour({ software, instanceId }: MemoryMachine): MachineBehaviour {
    if (this.faults.refusesLaunch())
      return {
        refused: new Fault(
          'InsufficientInstanceCapacity',
          'We currently do not have sufficient capacity.',
          500,
        ),
      };
    const kind = this.releases.get(software?.version ?? '') ?? 'good';
    const behaviour = behaviourOf(kind, this.machineChance);
    const { status } = behaviour;
    return {
      ...behaviour,
      status:
        status &&
        ((age: number, path: string) =>
          (this.sick.get(instanceId)?.until ?? 0) > this.now() ? 500 : status(age, path)),
    };
  }

  private async invoke(functionName: string, event: unknown, pause: Pause): Promise<unknown> {
    const { Handler, Role, Environment } = this.peek<{
      Handler: string;
      Role: string;
      Environment?: { Variables?: Record<string, string> };
    }>('lambda', 'GetFunctionConfiguration', { FunctionName: functionName });
    const name = Handler.replace(/\.handler$/, '');
    if (name === 'entry') this.noteRequest(event as ResourceRequest);
    const run = () => this.run(name, Role, Environment?.Variables ?? {}, event, pause);
    const doubling = name === 'entry' || name === 'answer' ? undefined : this.faults.doubling(name);
    if (!doubling) return run();
    if (doubling === 'at once') {
      // Its failure is the fault that was asked for; the other run's result counts.
      const other = run().catch(() => undefined);
      const result = await run();
      await other;
      return result;
    }
    // As Step Functions repeats what has failed: the second run's result counts.
    await run().catch(() => undefined);
    return run();
  }

  /** One run of a function, which may die in any of its calls. */
  private async run(
    name: string,
    role: string,
    environment: Readonly<Record<string, string>>,
    event: unknown,
    sleep: Pause,
  ): Promise<unknown> {
    const { core, faults, trace } = this;
    const { mutation } = this.options;
    const key = `${name} ${requestIdOf(event)}`;
    let isDead = false;
    let die: (error: Error) => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      die = (error) => {
        isDead = true;
        reject(error);
      };
    });
    const around: Around = async (operation, input, call) => {
      if (isDead) return never();
      const fate = faults.fateOf(name, key, operation);
      if (fate === 'before') {
        die(killed());
        return never();
      }
      const carriedOut = mutation?.around ? mutation.around(name, operation, input, call) : call();
      const output = await carriedOut.catch((error: Error) => {
        if (!isDead && fate !== 'after')
          trace.add(name, `${operation} fails: ${error.name}: ${error.message}`);
        if (fate === 'after' || isDead) return undefined;
        throw error;
      });
      if (isDead) return never();
      if (fate === 'after') {
        die(killed());
        return never();
      }
      if (!/^(Describe|Get|Query|List)/.test(operation)) trace.add(name, operation);
      return output!;
    };
    const clients: HandlerClients = directClients(core, sessionPrincipal(core, role, name), around);
    const work = runHandler(name, event, {
      clients,
      environment,
      steps: { ...STEPS, ...mutation?.steps } as typeof STEPS,
      sleep,
      deliver: async (url, body) => {
        await around('answer', {}, async () => {
          this.noteAnswer(body, giverOf(name, event));
          await deliverTo(this.routes, url, body);
          return {};
        });
      },
    });
    const result = await Promise.race([work, death]).catch((error: Error) => {
      trace.add(name, `fails: ${error.name}: ${error.message}`);
      const request = name === 'entry' && this.requests.get(requestIdOf(event));
      if (request) request.failedEntries++;
      throw error;
    });
    faults.survived(key);
    const { outcome } = (result ?? {}) as Partial<StepResult>;
    if (outcome)
      trace.add(name, `${outcome.kind}: ${outcome.kind === 'fail' ? outcome.reason : outcome.message}`);
    return result;
  }

  private noteRequest(request: ResourceRequest): void {
    const { RequestId, RequestType, LogicalResourceId } = request;
    if (this.requests.has(RequestId)) return;
    this.requests.set(RequestId, {
      at: this.now(),
      logicalId: LogicalResourceId,
      type: RequestType,
      answers: [],
      failedEntries: 0,
    });
    this.trace.add('CloudFormation', `asks: ${RequestType} ${LogicalResourceId}`);
  }

  private noteAnswer(body: string, by: Answer['by']): void {
    const { RequestId, Status, Reason } = JSON.parse(body) as Record<
      'RequestId' | 'Status' | 'Reason',
      string
    >;
    const request = this.requests.get(RequestId);
    request?.answers.push({ at: this.now(), status: Status, by });
    this.trace.add('answer', `${request?.type} ${request?.logicalId}: ${Status}: ${Reason}`);
  }
}

function giverOf(name: string, event: unknown): Answer['by'] {
  if (name === 'entry') return 'entry';
  return typeof event === 'object' && event !== null && 'detail' in event ? 'net' : 'execution';
}

function killed(): Error {
  const name = 'Runtime.ExitError';
  const message = 'Error: Runtime exited with error: signal: killed';
  // A process that is killed leaves no stack, and one of this place would differ from computer to computer.
  return Object.assign(new Error(message), { name, stack: `${name}: ${message}` });
}

function requestIdOf(event: unknown): string {
  const { RequestId, request } = event as { RequestId?: string; request?: { RequestId: string } };
  return (
    RequestId ?? request?.RequestId ?? JSON.stringify((event as AnswerEvent & { detail: object }).detail)
  );
}
