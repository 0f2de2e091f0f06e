import type { DescribeStackEventsOutput, StackEvent } from '@aws-sdk/client-cloudformation';
import { abortCommand } from '../../lib/cli/abort';
import type { Command } from '../../lib/cli/command';
import { pauseCommand } from '../../lib/cli/pause';
import { promoteCommand } from '../../lib/cli/promote';
import { restartCommand } from '../../lib/cli/restart';
import { resumeCommand } from '../../lib/cli/resume';
import { retryCommand } from '../../lib/cli/retry';
import { undoCommand } from '../../lib/cli/undo';
import { parseConfiguration } from '../../lib/config';
import { PIN_PARAMETER, parsePin } from '../../lib/rollout/pin';
import { autoScalingTiming } from '../../local-aws/autoscaling/timing';
import { Random } from '../../local-aws/core/random';
import type { Blueprints } from './blueprints';
import { Invariants } from './invariants';
import { Operator } from './operator';
import { HOPELESS } from './releases';
import { type Disturbance, drawScenario, type Scenario, type Step } from './scenario';
import { CALM } from './weather';
import { type Mutation, World } from './world';

/** What came of a seed. */
export interface Result {
  readonly seed: number;
  /** What was not as it must be; none when all is well. */
  readonly violations: readonly string[];
  readonly trace: () => string;
  /** How the steps ended, by kind and status. */
  readonly endings: readonly string[];
  /** How often what struck. */
  readonly struck: ReadonlyMap<string, number>;
  /** Modelled time that passed, in milliseconds. */
  readonly elapsedMs: number;
}

const ORDERS: Partial<Record<Disturbance['kind'], readonly [Command, string]>> = {
  pause: [pauseCommand, 'pause'],
  resume: [resumeCommand, 'resume'],
  promote: [promoteCommand, 'promote'],
  abort: [abortCommand, 'abort'],
};

export interface SimulationOptions {
  /** Nothing of what AWS does not promise varies. @default it varies by the seed */
  readonly isCalm?: boolean;
  readonly mutation?: Mutation;
}

/** Runs one seed: its scenario, and after each step the invariants. */
export async function simulate(
  seed: number,
  blueprints: Blueprints,
  { isCalm = false, mutation }: SimulationOptions = {},
): Promise<Result> {
  const random = new Random(seed);
  const scenario = drawScenario(random.fork());
  const world = await World.make({
    random: random.fork(),
    rollbackValues: scenario.rollbackValues,
    variations: isCalm ? undefined : { seed },
    mutation,
  });
  const simulation = new Simulation(world, scenario, blueprints);
  try {
    await simulation.run();
  } catch (error) {
    simulation.invariants.violated(`The simulation broke off: ${(error as Error).stack}`);
  }
  await world.core.close();
  return {
    seed,
    violations: simulation.invariants.violations,
    trace: () => world.trace.toString(),
    endings: simulation.endings,
    struck: world.faults.struck,
    elapsedMs: world.elapsedMs(),
  };
}

function isDeploying({ kind }: Step): boolean {
  return kind === 'release' || kind === 'older release' || kind === 'deploy again';
}

class Simulation {
  readonly invariants: Invariants;
  readonly endings: string[] = [];
  private readonly operator: Operator;
  /** Releases that were deployed, or were to be; the last one last. */
  private readonly deployed: string[] = [];
  /** Release that the stack's template names. */
  private templateVersion = '';
  /** Release that the fleet has to run. */
  private fleetVersion = '';
  private settings;

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
    private readonly blueprints: Blueprints,
  ) {
    this.operator = new Operator(world, scenario.variant, parseConfiguration({}).ledgerTable);
    this.invariants = new Invariants(world, this.operator);
    this.settings = scenario.first.settings;
  }

  async run(): Promise<void> {
    this.invariants.watch();
    const isThere = await this.begin();
    if (!isThere) return;
    for (const step of this.scenario.steps) {
      if (!(await this.step(step))) return;
    }
    // What still happens by itself must change nothing any more.
    await this.world.clock.advance(30 * 60_000);
    await this.invariants.checkAnswers();
    if (!this.invariants.isRefreshing()) await this.invariants.checkAgreement(this.fleetVersion);
  }

  /** The first deployment. @returns whether there is a stack to go on with */
  private async begin(): Promise<boolean> {
    const { first } = this.scenario;
    const { world, operator, invariants } = this;
    this.releaseOf(first);
    this.deployed.push(first.version);
    world.trace.add('operator', `deploys ${first.version} (${first.release}) on ${this.describe(first)}`);
    world.faults.weather = first.weather;
    await operator.deploy(this.blueprint(first), first.settings, true);
    const images = world.builds.images();
    const status = await operator.untilRest();
    this.ended('create', status);
    await this.calmDown();
    await invariants.checkAnswers();
    if (status === 'CREATE_COMPLETE') {
      this.templateVersion = first.version;
      this.fleetVersion = first.version;
      await invariants.checkAgreement(first.version);
      return true;
    }
    if (first.release === 'good' && first.weather === CALM) {
      if (world.builds.broken.length === 0)
        invariants.violated(`A calm first deployment ended in ${status}.`);
      else this.checkBroken(0, { status, images, began: 0 });
    }
    await operator.delete();
    const deleted = await operator.untilRest();
    this.ended('delete', deleted);
    await invariants.checkAnswers();
    if (deleted !== 'DELETE_COMPLETE') invariants.violated(`Deleting the stack ended in ${deleted}.`);
    await invariants.checkUnlocked();
    return false;
  }

  /** What a step is as things stand. */
  private async asThingsStand(drawn: Step): Promise<Step> {
    const { operator, deployed } = this;
    const anew = { ...drawn, kind: 'release' } as const;
    switch (drawn.kind) {
      case 'release':
      case 'restart':
        return drawn;
      case 'older release':
        return { ...drawn, version: deployed[drawn.which % deployed.length]!, release: 'good' };
      case 'deploy again': {
        const version = deployed.at(-1)!;
        return version === this.fleetVersion ? anew : { ...drawn, version, release: 'good' };
      }
      case 'undo':
      case 'retry': {
        const revisions = await operator.ledger.revisions(operator.groupName);
        const complete = new Set(
          revisions
            .filter(({ outcome }) => outcome?.kind === 'Complete')
            .map(({ software }) => software.content),
        );
        const isDone = revisions.at(-1)?.outcome?.kind === 'Complete';
        return (drawn.kind === 'undo' ? isDone && complete.size > 1 : !isDone) ? drawn : anew;
      }
    }
  }

  /** @returns whether the stack can be gone on with */
  private async step(drawn: Step): Promise<boolean> {
    const { world, operator, invariants } = this;
    await this.settle();
    const step = await this.asThingsStand(drawn);
    const isDeployment = isDeploying(step);
    if (isDeployment) this.deployed.push(step.version);
    // After refused launches Auto Scaling makes a pause, which may outlast a progress deadline.
    const isLaunching = world.now() - world.launchRefusedAt > autoScalingTiming.longestBackOffMs;
    const isWell = this.isWell() && isLaunching;
    this.releaseOf(step);
    const promised = Math.min(this.settings.minHealthyPercentage, step.settings.minHealthyPercentage);
    invariants.promisedPercentage = isDeployment ? promised : this.settings.minHealthyPercentage;
    invariants.mayReplaceTheSame = step.kind === 'restart';
    world.trace.add('operator', `${step.kind}: ${step.version} (${step.release}) on ${this.describe(step)}`);
    world.faults.weather = step.weather;
    const before = {
      fleet: this.fleetVersion,
      began: world.now(),
      machines: this.machines(),
      images: world.builds.images(),
    };
    const builtBefore = world.builds.broken.length;
    if (!(await this.begun(step))) {
      this.endings.push(`${step.kind}: nothing to do`);
      return true;
    }
    let isOver = false;
    for (const disturbance of step.disturbances)
      operator.later(
        disturbance.after,
        () => isOver,
        () => this.disturb(disturbance, () => isOver),
      );
    this.watch(() => isOver);
    let status = await operator.untilRest();
    isOver = true;
    this.ended(step.kind, status);
    await this.calmDown();
    await invariants.checkAnswers();
    for (let attempt = 1; status === 'UPDATE_ROLLBACK_FAILED' && attempt <= 3; attempt++) {
      await this.settle();
      await operator.command(retryCommand, 'retry', '--no-wait');
      status = await operator.untilRest();
      this.ended('continue', status);
    }
    if (!/^UPDATE(_ROLLBACK)?_COMPLETE$/.test(status)) {
      invariants.violated(`The stack has come to ${status}, and does not get out of it.`);
      return false;
    }
    if (status === 'UPDATE_COMPLETE') {
      if (isDeployment) {
        this.templateVersion = step.version;
        this.settings = step.settings;
      }
      this.fleetVersion = this.wanted(step);
      const isNew = this.fleetVersion !== before.fleet;
      if (isNew && HOPELESS.includes(world.releases.get(this.fleetVersion)!))
        invariants.violated(`${this.fleetVersion}, which never serves, was rolled out.`);
    }
    if (isWell && this.isCalm(step)) {
      if (world.builds.broken.length > builtBefore) this.checkBroken(builtBefore, { status, ...before });
      else if (status !== 'UPDATE_COMPLETE') invariants.violated(`A calm ${step.kind} ended in ${status}.`);
    }
    await this.untilRefreshed();
    await invariants.checkAgreement(this.fleetVersion);
    return true;
  }

  /** What must be true of a calm step in which builds did not end well. */
  private checkBroken(
    from: number,
    {
      status,
      began,
      images,
      machines = [],
    }: { status: string; began: number; images: number; machines?: readonly string[] },
  ): void {
    const { invariants, world } = this;
    for (const { how, reason } of world.builds.broken.slice(from)) {
      // Its AMI may have been there when it was cancelled.
      if (status === 'UPDATE_COMPLETE' || status === 'CREATE_COMPLETE') {
        if (how !== 'is cancelled by somebody else')
          invariants.violated(`A build ${how}, and the deployment ended in ${status}.`);
        continue;
      }
      const reasons = this.events()
        .filter(({ Timestamp }) => Timestamp!.getTime() >= began)
        .flatMap(({ ResourceStatusReason }) => ResourceStatusReason ?? []);
      if (!reasons.some((text) => text.includes('The bake of') && text.includes(reason)))
        invariants.violated(`A build ${how}, and no event of the stack says so.`);
      if (world.builds.images() !== images)
        invariants.violated(
          `A build ${how}, and there were ${images} AMIs before, ${world.builds.images()} after.`,
        );
      if (this.machines().join() !== machines.join())
        invariants.violated(`A build ${how}, and machines changed: ${machines}; ${this.machines()}.`);
    }
  }

  /** Ids of the fleet's machines. */
  private machines(): readonly string[] {
    const { Instances = [] } = this.world.group(this.operator.groupName) ?? {};
    return Instances.map(({ InstanceId }) => InstanceId!).sort();
  }

  /** The stack's, newest first. */
  private events(): readonly StackEvent[] {
    const events: StackEvent[] = [];
    let NextToken: string | undefined;
    do {
      const page = this.world.peek<DescribeStackEventsOutput>('cloudformation', 'DescribeStackEvents', {
        StackName: this.operator.stackName,
        NextToken,
      });
      events.push(...(page.StackEvents ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    return events;
  }

  /** Whether nothing can keep a step from succeeding. */
  private isCalm(step: Step): boolean {
    const { version, weather, disturbances } = step;
    // The commands go by the template that is there.
    const settings = isDeploying(step) ? step.settings : this.settings;
    const isWaitedFor = settings.gates.some((gate) => !gate.includes(':'));
    if (isWaitedFor && this.scenario.watchMinutes > 7) return false;
    const { releases } = this.world;
    // What is in service may fall sick while it is replaced.
    const involved = isDeploying(step)
      ? [releases.get(version), releases.get(this.fleetVersion)]
      : [...releases.values()];
    return weather === CALM && disturbances.length === 0 && involved.every((release) => release === 'good');
  }

  /** Begins a step. @returns whether there is anything to do */
  private async begun(step: Step): Promise<boolean> {
    const { operator, world } = this;
    const command = async (run: Command, name: string) => {
      const result = await operator.command(run, name, '--no-wait');
      if (result === undefined || !/_IN_PROGRESS$/.test(operator.status())) return false;
      await world.clock.advance(1000);
      return true;
    };
    switch (step.kind) {
      case 'release':
      case 'older release':
      case 'deploy again':
        return operator.deploy(this.blueprint(step), step.settings, false);
      case 'undo':
        return command(undoCommand, 'undo');
      case 'restart':
        return command(restartCommand, 'restart');
      case 'retry':
        return command(retryCommand, 'retry');
    }
  }

  private async disturb(disturbance: Disturbance, isOver: () => boolean): Promise<void> {
    const order = ORDERS[disturbance.kind];
    this.world.faults.count(`by hand: ${disturbance.kind}`);
    if (order) await this.operator.command(...order);
    else await this.operator.disturb(disturbance, isOver);
  }

  /** Somebody is there: what waits for an order gets one in the end. */
  private watch(isOver: () => boolean): void {
    const { operator } = this;
    operator.later(this.scenario.watchMinutes * 60, isOver, async () => {
      const { open } = await operator.ledger.head(operator.groupName);
      if (open?.paused) await operator.command(resumeCommand, 'resume');
      if (open?.holding && open.passed < open.holding.at) await operator.command(promoteCommand, 'promote');
      this.watch(isOver);
    });
  }

  /** Nothing goes wrong any more, and what lasted by hand is taken back. */
  private async calmDown(): Promise<void> {
    this.world.faults.weather = CALM;
    await this.operator.repair();
  }

  /** Lets the fleet recover before the next step, for at most an hour. */
  private async settle(): Promise<void> {
    for (let minute = 0; minute < 60 && !this.isWell(); minute++) await this.world.clock.advance(60_000);
  }

  private async untilRefreshed(): Promise<void> {
    for (let minute = 0; minute < 240 && this.invariants.isRefreshing(); minute++)
      await this.world.clock.advance(60_000);
    if (this.invariants.isRefreshing())
      this.invariants.violated('A refresh goes on for hours with nobody who waits for it.');
  }

  /** Whether the fleet has all its machines in service, and no alarm fires. */
  private isWell(): boolean {
    const { world, operator } = this;
    const group = world.group(operator.groupName);
    if (!group || this.invariants.isRefreshing()) return false;
    const serving = (group.Instances ?? []).filter(
      ({ LifecycleState, HealthStatus }) => LifecycleState === 'InService' && HealthStatus === 'Healthy',
    );
    const { MetricAlarms } = world.peek<{ MetricAlarms: { StateValue: string }[] }>(
      'monitoring',
      'DescribeAlarms',
      {},
    );
    return (
      world.now() >= operator.alarmingUntil &&
      serving.length === group.DesiredCapacity &&
      group.Instances?.length === serving.length &&
      MetricAlarms.every(({ StateValue }) => StateValue === 'OK')
    );
  }

  /** The release that the fleet has to run: the template's, unless a pin overrides just that. */
  private wanted(step: Step): string {
    const { Parameters = [] } = this.world.stack(this.operator.stackName);
    const text = Parameters.find(({ ParameterKey }) => ParameterKey === PIN_PARAMETER)?.ParameterValue ?? '';
    const pin = parsePin(text);
    const { digest } = this.blueprint({ ...step, version: this.templateVersion });
    return pin?.instead === digest ? pin.release.split(' ')[1]! : this.templateVersion;
  }

  private releaseOf({ version, release }: Step): void {
    if (!this.world.releases.has(version)) this.world.releases.set(version, release);
  }

  private blueprint({ version, settings }: Step) {
    return this.blueprints.get(this.scenario.variant, version, settings.timeoutMinutes);
  }

  private ended(what: string, status: string): void {
    this.endings.push(`${what}: ${status}`);
    this.world.trace.add('CloudFormation', `${what} has ended: ${status}`);
    if (status.endsWith('_FAILED')) this.tellFailures();
  }

  /** Resources that failed, for the trace, when a stack is stuck. */
  private tellFailures(): void {
    for (const { ResourceStatus, LogicalResourceId, ResourceStatusReason } of this.events()
      .slice(0, 40)
      .reverse())
      if (ResourceStatus?.endsWith('_FAILED'))
        this.world.trace.add(
          'CloudFormation',
          `${LogicalResourceId} is ${ResourceStatus}: ${ResourceStatusReason}`,
        );
  }

  private describe({ settings, weather }: Step): string {
    const wrong = Object.entries(weather).filter(([, chance]) => chance !== 0);
    return `${this.scenario.variant}, ${JSON.stringify(settings)}; goes wrong: ${wrong.map(([kind, chance]) => `${kind} ${typeof chance === 'number' ? chance.toFixed(2) : chance}`).join(', ') || 'nothing'}`;
  }
}
