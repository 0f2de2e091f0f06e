import { PropertyError, PropertyReader } from '../custom-resource/properties';
import type { Origin, ReleaseFacts } from '../ledger/types';
import type { Gate } from './gates';
import { type Pin, parsePin, parseRestart } from './pin';

/** A launch template version, by number. */
export interface TemplateVersion {
  readonly launchTemplateId: string;
  readonly version: string;
}

/** What a rollout is to reach, and how. */
export interface RolloutSpec {
  readonly groupName: string;
  /** What the fleet is to run: the template's version, or the one that it is pinned to. */
  readonly target: TemplateVersion;
  readonly targetGroupArn: string;
  readonly alarmNames: readonly string[];
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  /** Absent: the group's own default. */
  readonly instanceWarmupSeconds?: number;
  readonly skipMatching: boolean;
  /** How long a refresh that can be rolled back watches its alarms after the last machine. */
  readonly bakeTimeSeconds: number;
  readonly progressDeadlineSeconds: number;
  /** Application and version that the fleet is to run, for messages: `guestbook 1.1.0`. */
  readonly release: string;
  /** AMI that the template's machines, or their image, are made from; a stack of before may not say. */
  readonly baseImageId?: string;
  /** The release that the template names; a pinned fleet runs another one. */
  readonly releaseFacts: ReleaseFacts;
  readonly origin: Origin;
  /** Pin that overrides the template's release, if it is still in force: `pinned` applies it. */
  readonly pin?: Pin;
  /** Who asked for what the stack's parameters say: who restarted it last, or pinned it. Else who deploys. */
  readonly by: string;
  /** Who deploys the template. */
  readonly deployedBy: string;
  readonly ledgerTable: string;
  /** Text of the stack's parameter: another one than before asks for all machines to be replaced. */
  readonly restart: string;
  readonly gates: readonly Gate[];
  /** Function that says whether the checks at a gate hold; absent: alarms alone do. */
  readonly gateFunctionArn?: string;
  /** Findings of the preflight that do not refuse it. */
  readonly acceptedFindings: readonly string[];
  /** How long the rollout may take in all. */
  readonly timeoutSeconds: number;
  readonly forecastSeconds?: number;
  /** Which of the deployment's waiting resources this is, from 0. */
  readonly part: number;
  /** How many there are. */
  readonly parts: number;
}

/** What a verification is to find. */
export interface VerificationSpec {
  readonly groupName: string;
  readonly target: TemplateVersion;
  readonly targetGroupArn: string;
  readonly progressDeadlineSeconds: number;
  readonly release: string;
  readonly ledgerTable: string;
}

/** Reads the properties of a Custom::Rollout. @throws PropertyError */
export function rolloutSpec(properties: Readonly<Record<string, unknown>>): RolloutSpec {
  const read = new PropertyReader(properties, 'Custom::Rollout');
  const releaseFacts = releaseOf(read);
  const restart = parseRestart(read.optionalText('Restart'));
  const deployedBy = read.optionalText('DeployedBy') || 'not said';
  const given = parsePin(read.optionalText('Pin'));
  // A pin holds back no other release than the one that it overrides.
  const pin = given?.instead === releaseFacts.digest ? given : undefined;
  return {
    ...common(read),
    target: { launchTemplateId: read.text('LaunchTemplateId'), version: read.text('TargetVersion') },
    baseImageId: read.optionalText('BaseImageId') || undefined,
    alarmNames: read.texts('AlarmNames'),
    minHealthyPercentage: read.integer('MinHealthyPercentage', 0, 100),
    maxHealthyPercentage: read.integer('MaxHealthyPercentage', 100, 200),
    instanceWarmupSeconds: read.optionalInteger('InstanceWarmupSeconds', 0, 172_800),
    skipMatching: read.boolean('SkipMatching'),
    // Absent in templates from before there was a bake time.
    bakeTimeSeconds: read.optionalInteger('BakeTimeSeconds', 0, 172_800) ?? 0,
    release: `${releaseFacts.application} ${releaseFacts.version}`,
    releaseFacts,
    origin: { kind: 'release' },
    pin,
    by: restart?.by ?? deployedBy,
    deployedBy,
    restart: read.optionalText('Restart'),
    gates: read.texts('Gates').map((gate) => gateOf(gate)),
    gateFunctionArn: read.optionalText('GateFunctionArn') || undefined,
    acceptedFindings: read.texts('AcceptFindings'),
    timeoutSeconds: read.integer('TimeoutSeconds', 600, 36 * 3600),
    forecastSeconds: read.optionalInteger('ForecastSeconds', 0, 14 * 86_400),
    part: read.integer('Part', 0, 99),
    parts: read.integer('Parts', 1, 100),
  };
}

/** What a pinned fleet is to run. */
export function pinned(spec: RolloutSpec, pin: Pin): RolloutSpec {
  return {
    ...spec,
    target: { ...spec.target, version: pin.launchTemplateVersion },
    // An alarm that fires for what is to be left behind must not hold back whoever goes back.
    alarmNames: [],
    release: pin.release,
    origin: { kind: 'undo', of: pin.revision },
    by: pin.by,
  };
}

/** Reads the properties of a Custom::Verification. @throws PropertyError */
export function verificationSpec(properties: Readonly<Record<string, unknown>>): VerificationSpec {
  const read = new PropertyReader(properties, 'Custom::Verification');
  return {
    ...common(read),
    target: { launchTemplateId: read.text('LaunchTemplateId'), version: read.text('LaunchTemplateVersion') },
    release: read.text('Release'),
  };
}

function common(read: PropertyReader) {
  return {
    groupName: read.text('GroupName'),
    targetGroupArn: read.text('TargetGroupArn'),
    progressDeadlineSeconds: read.integer('ProgressDeadlineSeconds', 60, 3600),
    ledgerTable: read.text('LedgerTable'),
  };
}

function releaseOf(read: PropertyReader): ReleaseFacts {
  return {
    application: read.text('Application'),
    version: read.text('Version'),
    digest: read.text('ReleaseDigest'),
    changeCause: read.text('ChangeCause'),
    livesBeside: read.text('LivesBeside'),
    healthPath: read.text('HealthPath'),
    commit: read.optionalText('Commit') || undefined,
  };
}

/** A gate as a property: `25`, or `25:10m` for one that is passed when its checks have held for ten minutes. */
export function gateOf(text: string): Gate {
  const [, percentage, minutes] = /^(\d{1,2})(?::(\d{1,5})m)?$/.exec(text) ?? [];
  if (percentage === undefined || Number(percentage) < 1) {
    throw new PropertyError(
      `Property Gates of Custom::Rollout is to be a list of gates, such as "25" or "50:10m"; found ${JSON.stringify(text)}.`,
    );
  }
  return {
    percentage: Number(percentage),
    ...(minutes === undefined ? {} : { minutes: Number(minutes) }),
  };
}
