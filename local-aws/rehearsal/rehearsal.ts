import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { LocalAws } from '../local-aws';
import { Cdk } from './cdk';
import { canGoOn } from './checks';
import { serving } from './figures';
import { leftWhenSettled, type Place } from './leftovers';
import {
  both,
  type Finding,
  type FleetSample,
  finding,
  type Moment,
  type Outcome,
  type PerVariant,
  perVariant,
  type Recording,
  type TrafficSample,
  VARIANTS,
  type Variant,
} from './model';
import { Observer } from './observer';
import type { Screen } from './screen';
import { type Act, REQUESTS_PER_SECOND, type Step } from './story';
import { Traffic } from './traffic';

/** Real time between two looks at the fleets. */
const SAMPLE_MS = 150;
const TRAFFIC_INTERVAL_MS = 250;
/** Traffic that nobody stops ends after half an hour; no story takes that long. */
const TRAFFIC_LIMIT_MS = 30 * 60_000;

export interface RehearsalOptions {
  readonly aws: LocalAws;
  readonly story: readonly Step[];
  /** Context of the stacks, the fleets' size among it. */
  readonly context: Readonly<Record<'minCapacity' | 'maxCapacity', string>>;
  readonly screen: Screen;
  /** The project's folder. */
  readonly root: string;
  /** Where the CLI's logs and the synthesized releases go. */
  readonly out: string;
  readonly speed: number;
}

/** Carries out a story on a local AWS, and records what happens. */
export class Rehearsal {
  private readonly startedAt = new Date();
  private readonly observer: Observer;
  private readonly cdk: Cdk;
  private readonly fleets: Record<Variant, FleetSample[]> = { ImageBased: [], InstanceBased: [] };
  private readonly requests: TrafficSample[] = [];
  private readonly places = new Map<string, Place>();
  private traffic: Traffic | undefined;
  private trafficFault = '';
  private current = '';
  private isClosed = false;
  private watchFault: unknown;
  private watching: Promise<void> = Promise.resolve();

  constructor(private readonly options: RehearsalOptions) {
    this.observer = new Observer(options.aws.core);
    rmSync(join(options.out, 'releases'), { recursive: true, force: true });
    rmSync(join(options.out, 'logs'), { recursive: true, force: true });
    const { root, out, context, aws } = options;
    this.cdk = new Cdk({ root, out, context, environment: aws.environment });
  }

  /**
   * Runs the steps. After one that ends otherwise than wanted, everything is destroyed, and the steps
   * between are left out.
   * @throws Error when a release can't be synthesized
   */
  async run(): Promise<Recording> {
    const { story, screen } = this.options;
    this.watching = this.watch().catch((error: unknown) => {
      this.watchFault = error;
    });
    const steps: { id: string; outcomes: PerVariant<Outcome> }[] = [];
    let isBroken = false;
    await this.deployLedger(story);
    for (const [index, step] of story.entries()) {
      if (isBroken && step.does !== 'destroy') continue;
      this.current = `${index + 1} of ${story.length}: ${step.title}`;
      screen.say(screen.paint.bold(`Step ${this.current}`));
      await this.prepare(step, story[index + 1]);
      if (step.traffic) await this.startTraffic();
      else await this.stopTraffic();
      const outcomes = await this.carryOut(step);
      steps.push({ id: step.id, outcomes });
      if (this.isClosed) throw new Error('The rehearsal was ended.');
      if (this.watchFault !== undefined) throw this.watchFault;
      isBroken ||= VARIANTS.some((variant) => !canGoOn(step, outcomes[variant]));
      for (const variant of VARIANTS) screen.say(this.closing(step, variant, outcomes[variant]));
    }
    await this.stopTraffic();
    const leftovers = await leftWhenSettled(this.options.aws.core, [...this.places.values()]);
    const end = this.observer.now();
    await this.close();
    return {
      speed: this.options.speed,
      startedAt: this.startedAt,
      end,
      requestsPerSecond: REQUESTS_PER_SECOND,
      trafficIntervalMs: TRAFFIC_INTERVAL_MS,
      steps,
      fleets: this.fleets,
      traffic: this.requests,
      trafficFault: this.trafficFault,
      leftovers,
    };
  }

  /** @throws Error when the CLI fails */
  private async deployLedger([first]: readonly Step[]): Promise<void> {
    if (!first) return;
    const exitCode = await this.cdk.deployLedger(await this.cdk.synthesize(first.release));
    if (exitCode !== 0)
      throw new Error(`cdk deploy Ledger ended with ${exitCode}; see ${this.cdk.logPath('ledger')}.`);
  }

  /** Ends all processes that were started here. Does nothing the second time. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.traffic?.kill();
    await this.cdk.close();
    await this.watching;
  }

  /** The release that a step needs; the next one's is synthesized while the step goes on. */
  private async prepare(step: Step, next: Step | undefined): Promise<void> {
    await this.cdk.synthesize(step.release);
    if (next) this.cdk.synthesize(next.release);
  }

  private async carryOut(step: Step): Promise<PerVariant<Outcome>> {
    const { does } = step;
    if (typeof does === 'function') return this.act(does);
    const folder = await this.cdk.synthesize(step.release);
    return both(async (variant) => {
      const start = this.observer.now();
      const exitCode = await this.cdk[does](step.id, variant, folder);
      return { ...(await this.outcome(variant, start)), exitCode };
    });
  }

  /** An act that can't go on is a finding, so that the story goes on to its end. */
  private async act(act: Act): Promise<PerVariant<Outcome>> {
    const start = this.observer.now();
    const findings = await act({
      core: this.options.aws.core,
      fleet: (variant) => this.observer.sample(variant),
      rollout: async (log, args) => {
        const exitCode = await this.cdk.rollout(log, args);
        return { exitCode, output: readFileSync(this.cdk.logPath(log), 'utf8') };
      },
      say: (line) => this.options.screen.say(`  ${line}`),
    }).catch((error: Error): PerVariant<readonly Finding[]> => {
      const problem = finding('what is done', error.message, 'done');
      return perVariant(() => [problem]);
    });
    return both(async (variant) => ({
      ...(await this.outcome(variant, start)),
      findings: findings[variant],
    }));
  }

  /** How a variant is at a step's end, and what has begun in it. */
  private async outcome(variant: Variant, start: Moment): Promise<Outcome> {
    const last = await this.observer.sample(variant);
    this.fleets[variant].push(last);
    const counts: Record<string, number> = {};
    for (const version of serving(last)) counts[version] = (counts[version] ?? 0) + 1;
    return {
      ...{ start, end: last.at, stackStatus: last.stackStatus, fleet: counts },
      answers: await this.answers(variant),
      builds: await this.observer.builds(variant, start),
      refreshes: await this.observer.refreshes(variant, start),
      firstInServiceMs: await this.observer.firstInService(variant, start),
    };
  }

  /** What the load balancer's `/version` answers, as often as there are machines. */
  private async answers(variant: Variant): Promise<readonly string[]> {
    const url = await this.observer.url(variant);
    if (url === undefined) return [];
    this.remember(new URL(url));
    const one = async () => {
      try {
        const response = await fetch(new URL('/version', url), { signal: AbortSignal.timeout(10_000) });
        if (!response.ok) return `HTTP ${response.status}`;
        return ((await response.json()) as { version: string }).version;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    return Promise.all(Array.from({ length: Number(this.options.context.minCapacity) }, one));
  }

  private async startTraffic(): Promise<void> {
    if (this.traffic) return;
    const [imageBased, instanceBased] = await Promise.all(
      VARIANTS.map((variant) => this.observer.url(variant)),
    );
    if (!imageBased || !instanceBased) {
      this.trafficFault = 'not started: a stack has no load balancer';
      return;
    }
    const offset = Date.now() - this.observer.now().realMs;
    this.traffic = new Traffic({
      targets: { ImageBased: imageBased, InstanceBased: instanceBased },
      requestsPerSecond: REQUESTS_PER_SECOND,
      intervalMs: TRAFFIC_INTERVAL_MS,
      limitMs: TRAFFIC_LIMIT_MS,
      realMs: (epochMs) => epochMs - offset,
      onSample: (sample) => this.requests.push(sample),
    });
  }

  private async stopTraffic(): Promise<void> {
    if (!this.traffic) return;
    this.trafficFault ||= await this.traffic.stop();
    this.traffic = undefined;
  }

  private async watch(): Promise<void> {
    while (!this.isClosed) {
      const pause = new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      await Promise.all(
        VARIANTS.map(async (variant) => this.fleets[variant].push(await this.observer.sample(variant))),
      );
      await this.rememberMachines();
      if (this.isClosed) return;
      this.options.screen.show({
        step: this.current,
        ...this.observer.now(),
        fleets: perVariant((variant) => this.fleets[variant].at(-1)),
        traffic: perVariant((variant) => this.trafficOf(variant)),
      });
      await pause;
    }
  }

  private trafficOf(variant: Variant): { perSecond: number; failed: number } | undefined {
    if (!this.traffic) return undefined;
    const own = this.requests.filter((sample) => sample.variant === variant);
    const total = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((a, b) => a + b, 0);
    const recent = own.slice(-1000 / TRAFFIC_INTERVAL_MS);
    return {
      perSecond: recent.reduce((sum, { served }) => sum + total(served), 0),
      failed: own.reduce((sum, { failed }) => sum + total(failed), 0),
    };
  }

  /** Machines may go before anyone asks them for their place again. */
  private async rememberMachines(): Promise<void> {
    const { core, machines } = this.options.aws;
    const { Reservations = [] } = await core.send(new DescribeInstancesCommand({}));
    for (const { InstanceId } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      const place = machines.endpoint(InstanceId!, 8080);
      if (place) this.places.set(InstanceId!, place);
    }
  }

  private remember({ hostname, port }: URL): void {
    this.places.set(`${hostname}:${port}`, { host: hostname, port: Number(port || 80) });
  }

  private closing(step: Step, variant: Variant, { start, end, exitCode, stackStatus }: Outcome): string {
    const seconds = ((end.realMs - start.realMs) / 1000).toFixed(1);
    const how = exitCode === undefined ? 'ended' : `cdk ${step.does} exited with ${exitCode}`;
    return `  ${variant}: ${how} after ${seconds} s real, ${stackStatus ?? 'no stack'}`;
  }
}
