import { ConfigurationError, didYouMean, quoted } from './configuration-error';

/** AWS's names of processor architectures. */
export type Architecture = 'x86_64' | 'arm64';

/** What a user can configure. Each entry is the context value of the same name, but for the nested ones. */
export interface Configuration {
  /** Path of the release manifest. @default release.json */
  readonly release: string;
  /** Prepended to the stacks' names, so that several fleets fit into one account. @default none */
  readonly stackPrefix?: string;
  /** An existing VPC with private subnets that reach the internet. @default a VPC is created */
  readonly vpcId?: string;
  /** AMI that releases are baked upon. @default the newest Amazon Linux 2023 */
  readonly baseImageId?: string;
  /** AMI that instance-based machines boot from. @default the newest Amazon Linux 2023 */
  readonly masterImageId?: string;
  /** @default x86_64 */
  readonly architecture: Architecture;
  /** @default t3.small, for arm64 t4g.small */
  readonly instanceType: string;
  /** At least the size of the AMI's own root volume. @default 8 */
  readonly rootVolumeGiB: number;
  readonly capacity: Capacity;
  readonly replacement: Replacement;
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

/** How machines are replaced. */
export interface Replacement {
  /** Least healthy capacity while machines are replaced, in percent of the desired. @default 100 */
  readonly minHealthyPercentage: number;
  /** Most capacity while machines are replaced, in percent of the desired. @default 150 */
  readonly maxHealthyPercentage: number;
  /** Seconds from when a machine answers until it counts as in full service. @default 60 */
  readonly warmupSeconds: number;
  /** Minutes without a newly healthy machine after which a rollout is given up. @default 15 */
  readonly progressDeadlineMinutes: number;
  /** Whether a rollout starts, and goes on, while alarms fire: for a release that cures what they fire for. @default false */
  readonly ignoreAlarms: boolean;
}

const KEYS = [
  'release',
  'stackPrefix',
  'vpcId',
  'baseImageId',
  'masterImageId',
  'architecture',
  'instanceType',
  'rootVolumeGiB',
  'minCapacity',
  'desiredCapacity',
  'maxCapacity',
  'minHealthyPercentage',
  'maxHealthyPercentage',
  'warmupSeconds',
  'progressDeadlineMinutes',
  'ignoreAlarms',
  'certificateArn',
] as const;

type Key = (typeof KEYS)[number];

/**
 * Checks context values. Values from `-c key=value` are texts, those from cdk.json may be numbers.
 * @throws ConfigurationError naming the key, what was found and what would be right
 */
export function parseConfiguration(context: Readonly<Record<string, unknown>>): Configuration {
  refuseUnknown(context);
  const architecture = oneOf(context, 'architecture', ['x86_64', 'arm64'], 'x86_64');
  return {
    release: text(context, 'release', /^[^\p{Cc}]+$/u, 'the path of a release manifest') ?? 'release.json',
    stackPrefix: text(
      context,
      'stackPrefix',
      /^[A-Za-z][A-Za-z0-9-]{0,31}$/,
      'at most 32 letters, digits and hyphens that begin with a letter',
    ),
    vpcId: text(context, 'vpcId', /^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC, such as vpc-0123456789abcdef0'),
    baseImageId: imageId(context, 'baseImageId'),
    masterImageId: imageId(context, 'masterImageId'),
    architecture,
    instanceType: instanceType(context, architecture),
    rootVolumeGiB: whole(context, 'rootVolumeGiB', 1, 16_384) ?? 8,
    capacity: capacity(context),
    replacement: replacement(context),
    certificateArn: text(
      context,
      'certificateArn',
      /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
      'the ARN of a certificate in ACM',
    ),
  };
}

/** The tools' own context keys have a colon, a slash, or a package name in front; ours are plain words. */
function refuseUnknown(context: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(context)) {
    if (!/^\w+$/.test(key) || KEYS.includes(key as Key)) continue;
    throw new ConfigurationError(
      `Unknown context value "${key}"${didYouMean(key, KEYS)}; known are ${KEYS.join(', ')}.`,
    );
  }
}

function capacity(context: Readonly<Record<string, unknown>>): Capacity {
  const min = whole(context, 'minCapacity', 0, 10_000) ?? 2;
  const max = whole(context, 'maxCapacity', 1, 10_000) ?? Math.max(4, min);
  const desired = whole(context, 'desiredCapacity', 0, 10_000);
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
function replacement(context: Readonly<Record<string, unknown>>): Replacement {
  const minHealthyPercentage = whole(context, 'minHealthyPercentage', 0, 100) ?? 100;
  const maxHealthyPercentage =
    whole(context, 'maxHealthyPercentage', 100, 200) ?? Math.min(150, minHealthyPercentage + 100);
  if (maxHealthyPercentage - minHealthyPercentage > 100) {
    throw new ConfigurationError(
      `minHealthyPercentage is ${minHealthyPercentage} and maxHealthyPercentage ${maxHealthyPercentage}; they can be at most 100 apart.`,
    );
  }
  return {
    minHealthyPercentage,
    maxHealthyPercentage,
    warmupSeconds: whole(context, 'warmupSeconds', 0, 3600) ?? 60,
    progressDeadlineMinutes: whole(context, 'progressDeadlineMinutes', 1, 50) ?? 15,
    ignoreAlarms: flag(context, 'ignoreAlarms'),
  };
}

function instanceType(context: Readonly<Record<string, unknown>>, architecture: Architecture): string {
  const type =
    text(
      context,
      'instanceType',
      /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
      'an EC2 instance type, such as t3.small',
    ) ?? (architecture === 'arm64' ? 't4g.small' : 't3.small');
  // Graviton's families have a "g" right behind the generation: t4g, m7gd, c6gn; a1 was the first.
  const actual = /^(a1|[a-z]+\d+g)/.test(type) ? 'arm64' : 'x86_64';
  if (actual === architecture) return type;
  throw new ConfigurationError(
    `instanceType is ${type}, whose processors are ${actual}, but architecture is ${architecture}; set the one that fits the other.`,
  );
}

function imageId(context: Readonly<Record<string, unknown>>, key: Key): string | undefined {
  return text(context, key, /^ami-[0-9a-f]{8,17}$/, 'the id of an AMI, such as ami-0123456789abcdef0');
}

function text(
  context: Readonly<Record<string, unknown>>,
  key: Key,
  form: RegExp,
  expected: string,
): string | undefined {
  const value = context[key];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  throw wrong(key, value, expected);
}

function whole(
  context: Readonly<Record<string, unknown>>,
  key: Key,
  from: number,
  to: number,
): number | undefined {
  const value = context[key];
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (Number.isInteger(number) && Number(number) >= from && Number(number) <= to) return Number(number);
  throw wrong(key, value, `a whole number from ${from} to ${to}`);
}

function flag(context: Readonly<Record<string, unknown>>, key: Key): boolean {
  const value = context[key] ?? false;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw wrong(key, value, 'true or false');
}

function oneOf<T extends string>(
  context: Readonly<Record<string, unknown>>,
  key: Key,
  choices: readonly T[],
  otherwise: T,
): T {
  const value = context[key];
  if (value === undefined) return otherwise;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw wrong(key, value, `one of ${choices.join(', ')}${didYouMean(String(value), choices)}`);
}

function wrong(key: Key, value: unknown, expected: string): ConfigurationError {
  return new ConfigurationError(`${key} is ${quoted(value)}; expected is ${expected}.`);
}
