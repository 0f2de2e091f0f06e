import { type Architecture, architectureOfType } from './architecture';
import { ConfigurationError, didYouMean } from './configuration-error';
import { ContextValues } from './context-values';
import { ACCEPTABLE_CODES, FINDING_CODES, type FindingCode } from './preflight/finding';

/** What a user can configure. Each entry is the context value of the same name, but for the nested ones. */
export interface Configuration {
  /** Path of the release manifest. @default release.json */
  readonly release: string;
  /** Prepended to the stacks' names, so that several fleets fit into one account. @default none */
  readonly stackPrefix?: string;
  /** An existing VPC with private subnets that reach the internet. @default a VPC is created */
  readonly vpcId?: string;
  /** Whether machines reach Auto Scaling by an endpoint in the VPC instead of the NAT gateway. @default false */
  readonly autoScalingEndpoint: boolean;
  /** AMI that releases are baked upon. @default the newest Amazon Linux 2023 */
  readonly baseImageId?: string;
  /**
   * Ansible playbooks of `image-recipes/playbooks/` that are played while an image is baked, in this order; as
   * context one text, with commas. @default none
   */
  readonly playbooks?: readonly string[];
  /** Release of Amazon Linux 2023 to which the base image is patched, such as 2023.9.20251117. @default base, its own */
  readonly patchTo: string;
  /** How long an image build may take, after which it is cancelled; for each further hour, a resource waits. @default 55 */
  readonly imageBuildTimeoutMinutes: number;
  /** AMI that instance-based machines boot from. @default the newest Amazon Linux 2023 */
  readonly masterImageId?: string;
  /** @default x86_64 */
  readonly architecture: Architecture;
  /** @default t3.small, for arm64 t4g.small */
  readonly instanceType: string;
  /** At least the size of the AMI's own root volume: 8 for Amazon Linux 2023. @default 8 */
  readonly rootVolumeGiB: number;
  /** Key in KMS that root volumes and images are encrypted with. @default the account's default key for volumes */
  readonly kmsKeyArn?: string;
  readonly capacity: Capacity;
  readonly replacement: Replacement;
  readonly rollout: RolloutSettings;
  /** Name of the DynamoDB table that remembers releases. @default image-rollouts-ledger, `stackPrefix` in front */
  readonly ledgerTable: string;
  /** What a preflight may find without refusing the rollout. @default nothing */
  readonly acceptFindings: readonly FindingCode[];
  /** Certificate in ACM: the load balancer then serves HTTPS and redirects to it. @default HTTP alone */
  readonly certificateArn?: string;
}

/** Machines in the Auto Scaling group: context `minCapacity`, `desiredCapacity`, `maxCapacity`. */
export interface Capacity {
  /** @default 2 */
  readonly min: number;
  /** @default the group begins at `min`, and keeps what it was scaled to */
  readonly desired?: number;
  /** @default 4, or `min` where that is more */
  readonly max: number;
}

/** How machines are replaced: a few at a time, or all old ones before the first new one. */
export type StrategyName = 'rolling' | 'recreate';

/** How machines are replaced. */
export interface Replacement {
  /** @default rolling */
  readonly strategy: StrategyName;
  /** Least healthy capacity while machines are replaced, in percent of the desired. @default 100, with `recreate` 0 */
  readonly minHealthyPercentage: number;
  /** Most capacity while machines are replaced, in percent of the desired. @default 150, with `recreate` 100 */
  readonly maxHealthyPercentage: number;
  /** Seconds from when a machine answers until it counts as in full service. @default 60 */
  readonly warmupSeconds: number;
  /** Minutes without a newly healthy machine after which a rollout is given up. @default 15 */
  readonly progressDeadlineMinutes: number;
  /** Whether a rollout starts, and goes on, while alarms fire: for a release that cures what they fire for. @default false */
  readonly ignoreAlarms: boolean;
}

/** A rollout as a whole: context `rolloutTimeoutMinutes`, `bakeTimeSeconds`, `gates`, `gateFunctionArn`, `deployedBy`, `commit`. */
export interface RolloutSettings {
  /** How long a rollout may take in all, approvals and bake time included. @default 45 and the bake time */
  readonly timeoutMinutes: number;
  /**
   * How long the alarms are watched after the last machine was replaced, where the rollout can be rolled back and
   * heeds alarms. 0: not at all. @default 360
   */
  readonly bakeTimeSeconds: number;
  /** Where it stops on its way, in rising order. @default nowhere */
  readonly gates: readonly Gate[];
  /** A Lambda function that answers whether a gate's checks hold. @default alarms alone are checked */
  readonly gateFunctionArn?: string;
  /** Who released, for the ledger. @default unknown */
  readonly deployedBy?: string;
  /** Commit that the release was made from, for the ledger. @default unknown */
  readonly commit?: string;
}

/** A share of the fleet at which a rollout stops. */
export interface Gate {
  /** In percent of the machines, 1 to 99. */
  readonly percentage: number;
  /** How long checks have to hold until it passes by itself. @default it waits for `rollout promote` */
  readonly minutes?: number;
}

/** Why so long: docs/decisions.md, "A rollout watches on after its last machine". */
const DEFAULT_BAKE_TIME_SECONDS = 360;
/** From the first bad answer until the alarm fires, at the longest; machines serve for their warmup before the bake time. */
const LONGEST_UNTIL_ALARM_SECONDS = 420;

const KEYS = [
  'release',
  'stackPrefix',
  'vpcId',
  'autoScalingEndpoint',
  'baseImageId',
  'playbooks',
  'imageBuildTimeoutMinutes',
  'patchTo',
  'masterImageId',
  'architecture',
  'instanceType',
  'rootVolumeGiB',
  'kmsKeyArn',
  'minCapacity',
  'desiredCapacity',
  'maxCapacity',
  'minHealthyPercentage',
  'maxHealthyPercentage',
  'strategy',
  'warmupSeconds',
  'progressDeadlineMinutes',
  'ignoreAlarms',
  'rolloutTimeoutMinutes',
  'bakeTimeSeconds',
  'gates',
  'gateFunctionArn',
  'deployedBy',
  'commit',
  'ledgerTable',
  'acceptFindings',
  'certificateArn',
] as const;

type Context = ContextValues<(typeof KEYS)[number]>;

/**
 * Checks context values. Values from `-c key=value` are texts, those from cdk.json may be numbers.
 * @throws ConfigurationError naming the key, what was found and what would be right
 */
export function parseConfiguration(values: Readonly<Record<string, unknown>>): Configuration {
  const context = new ContextValues(values, KEYS);
  const architecture = context.oneOf('architecture', ['x86_64', 'arm64'], 'x86_64');
  const stackPrefix = context.text(
    'stackPrefix',
    /^[A-Za-z][A-Za-z0-9-]{0,31}$/,
    'at most 32 letters, digits and hyphens that begin with a letter',
  );
  const machines = replacement(context);
  return {
    release: context.text('release', /^[^\p{Cc}]+$/u, 'the path of a release manifest') ?? 'release.json',
    stackPrefix,
    vpcId: context.text('vpcId', /^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC, such as vpc-0123456789abcdef0'),
    autoScalingEndpoint: context.flag('autoScalingEndpoint'),
    baseImageId: imageId(context, 'baseImageId'),
    playbooks: context
      .text(
        'playbooks',
        /^[a-z0-9-]+(,[a-z0-9-]+)*$/,
        'names of playbooks, such as harden-kernel, with commas between them',
      )
      ?.split(','),
    patchTo: patchTo(context),
    imageBuildTimeoutMinutes: context.whole('imageBuildTimeoutMinutes', 10, 720) ?? 55,
    masterImageId: imageId(context, 'masterImageId'),
    architecture,
    instanceType: instanceType(context, architecture),
    rootVolumeGiB: rootVolumeGiB(context),
    kmsKeyArn: context.text(
      'kmsKeyArn',
      /^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
      'the ARN of a key in KMS, such as arn:aws:kms:eu-central-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef',
    ),
    capacity: capacity(context),
    replacement: machines,
    rollout: rollout(context, machines),
    ledgerTable:
      context.text(
        'ledgerTable',
        /^[\w.-]{3,255}$/,
        'the name of a DynamoDB table: 3 to 255 letters, digits and . _ -',
      ) ?? [stackPrefix, 'image-rollouts-ledger'].filter(Boolean).join('-'),
    acceptFindings: acceptFindings(context),
    certificateArn: context.text(
      'certificateArn',
      /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
      'the ARN of a certificate in ACM',
    ),
  };
}

function capacity(context: Context): Capacity {
  const min = context.whole('minCapacity', 0, 10_000) ?? 2;
  const max = context.whole('maxCapacity', 1, 10_000) ?? Math.max(4, min);
  const desired = context.whole('desiredCapacity', 0, 10_000);
  if (min > max) {
    throw new ConfigurationError(
      `minCapacity is ${min} and maxCapacity ${max}; the minimum can't be more than the maximum.`,
    );
  }
  if (desired !== undefined && (desired < min || desired > max)) {
    throw new ConfigurationError(
      `desiredCapacity is ${desired}; it has to be from minCapacity, ${min}, to maxCapacity, ${max}.`,
    );
  }
  return { min, desired, max };
}

/** The bounds of an instance refresh: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html */
function replacement(context: Context): Replacement {
  const strategy = context.oneOf<StrategyName>('strategy', ['rolling', 'recreate'], 'rolling');
  const isRecreated = strategy === 'recreate';
  const minHealthyPercentage = context.whole('minHealthyPercentage', 0, 100) ?? (isRecreated ? 0 : 100);
  const maxHealthyPercentage =
    context.whole('maxHealthyPercentage', 100, 200) ??
    (isRecreated ? 100 : Math.min(150, minHealthyPercentage + 100));
  if (isRecreated && (minHealthyPercentage !== 0 || maxHealthyPercentage !== 100)) {
    throw new ConfigurationError(
      `minHealthyPercentage is ${minHealthyPercentage} and maxHealthyPercentage ${maxHealthyPercentage}; with strategy recreate all machines go before others come, which is 0 and 100: leave both out.`,
    );
  }
  if (maxHealthyPercentage - minHealthyPercentage > 100) {
    throw new ConfigurationError(
      `minHealthyPercentage is ${minHealthyPercentage} and maxHealthyPercentage ${maxHealthyPercentage}; they can be at most 100 apart.`,
    );
  }
  return {
    strategy,
    minHealthyPercentage,
    maxHealthyPercentage,
    warmupSeconds: context.whole('warmupSeconds', 0, 3600) ?? 60,
    progressDeadlineMinutes: context.whole('progressDeadlineMinutes', 1, 50) ?? 15,
    ignoreAlarms: context.flag('ignoreAlarms'),
  };
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html */
const LONGEST_TIMEOUT_MINUTES = 2160;
/** AWS takes 172800; a rollout has to end within its own timeout. */
const LONGEST_BAKE_TIME_SECONDS = LONGEST_TIMEOUT_MINUTES * 60 - 60;

/** A rollout's own time: what it may take in all is that and the bake time, unless it is said otherwise. */
const REPLACEMENT_MINUTES = 45;

/** How long a rollout may take in all where nobody says it. */
export function defaultTimeoutMinutes(bakeTimeSeconds: number): number {
  return Math.min(LONGEST_TIMEOUT_MINUTES, REPLACEMENT_MINUTES + Math.ceil(bakeTimeSeconds / 60));
}

function rollout(
  context: Context,
  { strategy, warmupSeconds }: Pick<Replacement, 'strategy' | 'warmupSeconds'>,
): RolloutSettings {
  const bakeTimeSeconds =
    context.whole('bakeTimeSeconds', 0, LONGEST_BAKE_TIME_SECONDS) ??
    Math.max(DEFAULT_BAKE_TIME_SECONDS, LONGEST_UNTIL_ALARM_SECONDS - warmupSeconds);
  const timeoutMinutes =
    context.whole('rolloutTimeoutMinutes', 10, LONGEST_TIMEOUT_MINUTES) ??
    defaultTimeoutMinutes(bakeTimeSeconds);
  const stops = gates(context);
  const heldSeconds = stops.reduce((sum, { minutes = 0 }) => sum + minutes * 60, 0);
  if (heldSeconds + bakeTimeSeconds >= timeoutMinutes * 60) {
    throw new ConfigurationError(
      `bakeTimeSeconds is ${bakeTimeSeconds}, gates hold for ${heldSeconds / 60} minutes in all, and rolloutTimeoutMinutes is ${timeoutMinutes}; the rollout must have more time than both take.`,
    );
  }
  if (stops.length > 0 && strategy === 'recreate') {
    throw new ConfigurationError(
      'gates are given, and strategy is recreate, which replaces all machines at once; expected is strategy rolling, or no gates.',
    );
  }
  return {
    timeoutMinutes,
    bakeTimeSeconds,
    gates: stops,
    gateFunctionArn: context.text(
      'gateFunctionArn',
      /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/,
      'the ARN of a Lambda function',
    ),
    deployedBy: context.text('deployedBy', /^[^\p{Cc}]{1,160}$/u, 'one line of at most 160 characters'),
    commit: context.text('commit', /^[0-9a-f]{7,64}$/, 'the hash of a commit, such as 1f0e5c2'),
  };
}

const GATES_EXPECTED =
  'percentages from 1 to 99 that rise, each with the minutes for which its checks have to hold where no one is to promote it, such as "25,50:10m"';

function gates(context: Context): readonly Gate[] {
  let last = 0;
  return context.list('gates').map((each) => {
    const [, share, minutes] = /^([1-9]\d?)(?::([1-9]\d{0,3})m)?$/.exec(each) ?? [];
    const percentage = Number(share);
    // What is no number is not more than anything either.
    if (!(percentage > last)) throw context.wrong('gates', GATES_EXPECTED);
    last = percentage;
    return minutes === undefined ? { percentage } : { percentage, minutes: Number(minutes) };
  });
}

function acceptFindings(context: Context): readonly FindingCode[] {
  return context.list('acceptFindings').map((each) => {
    const found = FINDING_CODES.find((code) => code === each);
    if (found !== undefined && ACCEPTABLE_CODES.includes(found)) return found;
    throw context.wrong(
      'acceptFindings',
      found
        ? `a list without ${found}, with which no machine starts: put right what the preflight finds`
        : `a list of ${ACCEPTABLE_CODES.join(', ')}${didYouMean(each, ACCEPTABLE_CODES)}`,
    );
  });
}

function instanceType(context: Context, architecture: Architecture): string {
  const type =
    context.text('instanceType', /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'an EC2 instance type, such as t3.small') ??
    (architecture === 'arm64' ? 't4g.small' : 't3.small');
  const actual = architectureOfType(type);
  if (actual === architecture) return type;
  throw new ConfigurationError(
    `instanceType is ${type}, whose processors are ${actual}, but architecture is ${architecture}; set the one that fits the other.`,
  );
}

/** Size of Amazon Linux 2023's root volume, which a machine's can't fall short of. */
const AL2023_GIB = 8;

/** Of another image only the account knows the size; the preflight looks there. */
function rootVolumeGiB(context: Context): number {
  const size = context.whole('rootVolumeGiB', 1, 16_384) ?? AL2023_GIB;
  const hasOwnImage = imageId(context, 'baseImageId') ?? imageId(context, 'masterImageId');
  if (size >= AL2023_GIB || hasOwnImage) return size;
  throw context.wrong(
    'rootVolumeGiB',
    `a whole number from ${AL2023_GIB} to 16384, since Amazon Linux 2023 has a root volume of ${AL2023_GIB} GiB`,
  );
}

/**
 * On Amazon Linux 2023 a release is what patches come with, and the newest has no name of its own that would stay true.
 * https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades.html
 */
function patchTo(context: Context): string {
  const release = context.text(
    'patchTo',
    /^(base|latest|2023\.\d{1,3}\.\d{8})$/,
    'base, or a release of Amazon Linux 2023, such as 2023.9.20251117',
  );
  if (release !== 'latest') return release ?? 'base';
  throw new ConfigurationError(
    'patchTo is latest, which would be baked once and never patched again; for the newest patches take the newest base image, by leaving baseImageId and patchTo out, or name a release, such as 2023.9.20251117.',
  );
}

function imageId(context: Context, key: 'baseImageId' | 'masterImageId'): string | undefined {
  return context.text(key, /^ami-[0-9a-f]{8,17}$/, 'the id of an AMI, such as ami-0123456789abcdef0');
}
