import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation, type Stack, type StackEvent } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAM } from '@aws-sdk/client-iam';
import { Imagebuilder } from '@aws-sdk/client-imagebuilder';
import { SSM } from '@aws-sdk/client-ssm';
import { STS } from '@aws-sdk/client-sts';
import type { clientConfig } from '../local-aws/wire/in-process';

/** Resources of a template by logical id, as CloudFormation has them. */
export type Resources = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The services that probes ask. */
export interface Clients {
  readonly autoScaling: AutoScaling;
  readonly cloudFormation: CloudFormation;
  readonly cloudWatch: CloudWatch;
  readonly ec2: EC2;
  readonly elb: ElasticLoadBalancingV2;
  readonly iam: IAM;
  readonly imageBuilder: Imagebuilder;
  readonly logs: CloudWatchLogs;
  readonly ssm: SSM;
  readonly sts: STS;
}

/** Configuration that all clients share: the local AWS's, or a real region's. */
export type ClientConfiguration =
  | ReturnType<typeof clientConfig>
  | { readonly region: string; readonly maxAttempts: number; readonly credentials?: Credentials };

export function clientsOf(configuration: ClientConfiguration): Clients {
  return {
    autoScaling: new AutoScaling(configuration),
    cloudFormation: new CloudFormation(configuration),
    cloudWatch: new CloudWatch(configuration),
    ec2: new EC2(configuration),
    elb: new ElasticLoadBalancingV2(configuration),
    iam: new IAM(configuration),
    imageBuilder: new Imagebuilder(configuration),
    logs: new CloudWatchLogs(configuration),
    ssm: new SSM(configuration),
    sts: new STS(configuration),
  };
}

/** Of a role's session. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Time, as a probe sees it: AWS's own, or the local AWS's modelled one. */
export interface Time {
  /** Milliseconds since the epoch. */
  now(): number;
  wait(seconds: number): Promise<void>;
}

/** How a stack's operation ended. */
export interface Ended {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Of this operation alone, oldest first. */
  readonly events: readonly StackEvent[];
}

const POLL_SECONDS = 5;
/** Longer than any probe waits for a stack; a group that never becomes whole is ended by its probe. */
const STACK_LIMIT_SECONDS = 6 * 3_600;

/** What a probe works with: clients, time, and a stack of its own. */
export class Lab {
  private lastEventId: string | undefined;

  /**
   * @param name the stack's name, and a prefix of whatever has a name
   * @param say tells a person what is being done
   * @param configurationFor configuration of clients for another caller
   */
  constructor(
    readonly clients: Clients,
    readonly time: Time,
    readonly name: string,
    readonly say: (message: string) => void,
    private readonly configurationFor: (credentials: Credentials) => ClientConfiguration,
  ) {}

  /** Creates the probe's stack, and waits until it stands. @throws Error with the first reason when it fails */
  async create(resources: Resources, outputs: Readonly<Record<string, unknown>> = {}): Promise<Ended> {
    const ended = await this.tryToCreate(resources, outputs);
    if (ended.status !== 'CREATE_COMPLETE') throw failed('create', ended);
    return ended;
  }

  /** Creates the probe's stack, and waits for the end, whatever it is. */
  async tryToCreate(resources: Resources, outputs: Readonly<Record<string, unknown>> = {}): Promise<Ended> {
    await this.begin(resources, outputs);
    return this.ended();
  }

  /** Starts to create the probe's stack. */
  async begin(resources: Resources, outputs: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.clients.cloudFormation.createStack({
      StackName: this.name,
      TemplateBody: templateOf(resources, outputs),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
      Tags: [{ Key: 'image-rollouts-probe', Value: this.name }],
    });
  }

  /** Updates the probe's stack, and waits for the end, whatever it is. */
  async update(resources: Resources, outputs: Readonly<Record<string, unknown>> = {}): Promise<Ended> {
    await this.clients.cloudFormation.updateStack({
      StackName: this.name,
      TemplateBody: templateOf(resources, outputs),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    });
    return this.ended();
  }

  /** The stack as it is; undefined when there is none. */
  async stack(): Promise<Stack | undefined> {
    try {
      return (await this.clients.cloudFormation.describeStacks({ StackName: this.name })).Stacks?.[0];
    } catch (error) {
      if (error instanceof Error && error.message.includes('does not exist')) return undefined;
      throw error;
    }
  }

  /** Deletes the stack, and waits until it is gone. Does nothing when there is none. */
  async remove(): Promise<void> {
    const stack = await this.stack();
    if (!stack) return;
    await this.clients.cloudFormation.deleteStack({ StackName: stack.StackId });
    const status = await this.until(
      async () =>
        (await this.clients.cloudFormation.describeStacks({ StackName: stack.StackId })).Stacks?.[0]
          ?.StackStatus,
      (found) => found !== 'DELETE_IN_PROGRESS',
      STACK_LIMIT_SECONDS,
    );
    if (status !== 'DELETE_COMPLETE')
      throw new Error(`The stack ${this.name} could not be deleted, it is ${status}: delete it by hand.`);
  }

  /** Waits until the stack is in no transition. */
  async ended(): Promise<Ended> {
    const stack = await this.until(
      async () => (await this.stack())!,
      ({ StackStatus }) => !StackStatus!.endsWith('_IN_PROGRESS'),
      STACK_LIMIT_SECONDS,
    );
    return {
      status: stack.StackStatus!,
      outputs: Object.fromEntries(
        (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]),
      ),
      events: await this.newEvents(),
    };
  }

  /**
   * Looks again and again until a value is as it should be.
   * @throws Error when it is not after `limitSeconds`
   */
  async until<T>(
    look: () => Promise<T>,
    isDone: (value: T) => boolean,
    limitSeconds: number,
    everySeconds = POLL_SECONDS,
  ): Promise<T> {
    const end = this.time.now() + limitSeconds * 1_000;
    for (;;) {
      const value = await look();
      if (isDone(value)) return value;
      if (this.time.now() >= end)
        throw new Error(`What was waited for did not happen in ${limitSeconds} seconds.`);
      await this.time.wait(everySeconds);
    }
  }

  /** How a call that may be refused ends: `accepted`, or the error's code. */
  async outcome(call: () => Promise<unknown>): Promise<string> {
    try {
      await call();
      return 'accepted';
    } catch (error) {
      if (error instanceof Error && '$metadata' in error) return error.name;
      throw error;
    }
  }

  /** A client for another caller than the person who runs the probe. */
  as<Client>(make: (configuration: ClientConfiguration) => Client, credentials: Credentials): Client {
    return make(this.configurationFor(credentials));
  }

  /** Seconds from `since` until now. */
  secondsSince(since: number): number {
    return (this.time.now() - since) / 1_000;
  }

  private async newEvents(): Promise<readonly StackEvent[]> {
    const events: StackEvent[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.clients.cloudFormation.describeStackEvents({
        StackName: this.name,
        NextToken,
      });
      events.push(...(page.StackEvents ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    const known = events.findIndex(({ EventId }) => EventId === this.lastEventId);
    this.lastEventId = events[0]?.EventId;
    return (known < 0 ? events : events.slice(0, known)).reverse();
  }
}

function templateOf(resources: Resources, outputs: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    Resources: resources,
    ...(Object.keys(outputs).length > 0 && {
      Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
    }),
  });
}

function failed(verb: string, { status, events }: Ended): Error {
  const first = events.find(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'));
  return new Error(
    `The probe's stack could not be ${verb}d, it is ${status}: ${first?.LogicalResourceId}: ${first?.ResourceStatusReason}`,
  );
}
