import type {
  Configuration,
  Group,
  Machine,
  Observation,
  Preferences,
  Refresh,
  Strategy,
  TemplateVersion,
} from '../../lib/refresh-model';
import { resolvePreferences, startRefresh } from '../../lib/refresh-model';
import type { RequestedPreferences } from '../../lib/refresh-model/preferences';

export const second = 1000;
export const hour = 3600 * second;
export const day = 24 * hour;

export const v = (version: number): TemplateVersion => ({ id: 'lt-1', version: String(version) });

/** A mixed instances policy of the types `small` and `large`; with `images`, each has one of its own. */
export const mixed = (version: number, images?: number): Configuration => ({
  ...v(version),
  overrides: ['small', 'large'].map((instanceType) => ({
    instanceType,
    ...(images === undefined ? {} : { imageId: `ami-${instanceType}-${images}` }),
  })),
});

export function machine(id: string, version: number, more: Partial<Machine> = {}): Machine {
  return {
    id,
    template: v(version),
    lifecycle: 'InService',
    healthy: true,
    inServiceAt: -day,
    launchedAt: -day,
    protectedFromScaleIn: false,
    ...more,
  };
}

export function machines(count: number, version: number, more: Partial<Machine> = {}): Machine[] {
  return Array.from({ length: count }, (_, index) => machine(`i-${version}-${index}`, version, more));
}

/** A group and a request to refresh it. */
export interface Scenario {
  readonly strategy?: Strategy;
  readonly preferences?: RequestedPreferences;
  /** Version 2 unless given; null: none. */
  readonly desired?: Configuration | null;
  /** Version 1 unless given. */
  readonly saved?: Configuration;
  readonly desiredCapacity: number;
  readonly warmCapacity?: number;
  readonly suspended?: readonly string[];
  readonly machines: readonly Machine[];
  readonly alarms?: Observation['alarms'];
  readonly isLoadBalanced?: boolean;
}

export function groupOf(scenario: Scenario): Group {
  const { desiredCapacity, warmCapacity, saved = v(1), suspended = [] } = scenario;
  return { desiredCapacity, warmCapacity, template: saved, suspended };
}

export function observationOf(scenario: Scenario): Observation {
  return { group: groupOf(scenario), machines: scenario.machines, alarms: scenario.alarms ?? [] };
}

/** The refresh as it is when it was just asked for, at time 0. */
export function started(scenario: Scenario): Refresh {
  const { saved = v(1), desired = v(2), strategy, isLoadBalanced } = scenario;
  return startRefresh({
    groupName: 'fleet',
    group: {
      healthCheckGracePeriodSeconds: 0,
      defaultInstanceWarmupSeconds: 60,
      template: { ...saved, writtenVersion: saved.version },
      isLoadBalanced,
    },
    strategy,
    preferences: scenario.preferences ?? {},
    desired: desired ?? undefined,
    observation: observationOf(scenario),
    now: 0,
  });
}

export const preferencesOf = (requested: RequestedPreferences): Preferences =>
  resolvePreferences(requested, { healthCheckGracePeriodSeconds: 0 });
