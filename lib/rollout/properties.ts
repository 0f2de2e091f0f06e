import { PropertyReader } from '../custom-resource/properties';

/** A launch template version, by number. */
export interface TemplateVersion {
  readonly launchTemplateId: string;
  readonly version: string;
}

/** What a rollout is to reach, and how. */
export interface RolloutSpec {
  readonly groupName: string;
  readonly target: TemplateVersion;
  readonly targetGroupArn: string;
  readonly alarmNames: readonly string[];
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  /** Absent: the group's own default. */
  readonly instanceWarmupSeconds?: number;
  readonly skipMatching: boolean;
  readonly progressDeadlineSeconds: number;
  /** Application and version, for messages: `guestbook 1.1.0`. */
  readonly release: string;
}

/** What a verification is to find. */
export interface VerificationSpec {
  readonly groupName: string;
  readonly target: TemplateVersion;
  readonly targetGroupArn: string;
  readonly progressDeadlineSeconds: number;
  readonly release: string;
}

/** Reads the properties of a Custom::Rollout. @throws PropertyError */
export function rolloutSpec(properties: Readonly<Record<string, unknown>>): RolloutSpec {
  const read = new PropertyReader(properties, 'Custom::Rollout');
  return {
    ...common(read),
    target: { launchTemplateId: read.text('LaunchTemplateId'), version: read.text('TargetVersion') },
    alarmNames: read.texts('AlarmNames'),
    minHealthyPercentage: read.integer('MinHealthyPercentage', 0, 100),
    maxHealthyPercentage: read.integer('MaxHealthyPercentage', 100, 200),
    instanceWarmupSeconds:
      properties.InstanceWarmupSeconds === undefined
        ? undefined
        : read.integer('InstanceWarmupSeconds', 0, 172_800),
    skipMatching: read.boolean('SkipMatching'),
  };
}

/** Reads the properties of a Custom::Verification. @throws PropertyError */
export function verificationSpec(properties: Readonly<Record<string, unknown>>): VerificationSpec {
  const read = new PropertyReader(properties, 'Custom::Verification');
  return {
    ...common(read),
    target: { launchTemplateId: read.text('LaunchTemplateId'), version: read.text('LaunchTemplateVersion') },
  };
}

function common(read: PropertyReader) {
  return {
    groupName: read.text('GroupName'),
    targetGroupArn: read.text('TargetGroupArn'),
    progressDeadlineSeconds: read.integer('ProgressDeadlineSeconds', 60, 3600),
    release: `${read.text('Application')} ${read.text('Version')}`,
  };
}
