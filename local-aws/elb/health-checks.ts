import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { only } from '../core/accepts';
import { isMatcher } from './matcher';
import { invalid } from './state';

/** What requests may say of health checks. */
export const HEALTH_CHECK = {
  HealthCheckProtocol: only('HTTP'),
  HealthCheckPort: true,
  HealthCheckEnabled: only(true),
  HealthCheckPath: true,
  HealthCheckIntervalSeconds: true,
  HealthCheckTimeoutSeconds: true,
  HealthyThresholdCount: true,
  UnhealthyThresholdCount: true,
  Matcher: { HttpCode: true },
} as const;

export type HealthCheckSettings = Pick<
  sdk.CreateTargetGroupInput,
  | 'HealthCheckEnabled'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckPath'
  | 'HealthCheckPort'
  | 'HealthCheckProtocol'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'UnhealthyThresholdCount'
  | 'Matcher'
>;

/** AWS's. */
export const HEALTH_CHECK_DEFAULTS: HealthCheckSettings = {
  HealthCheckEnabled: true,
  HealthCheckIntervalSeconds: 30,
  HealthCheckPath: '/',
  HealthCheckPort: 'traffic-port',
  HealthCheckProtocol: 'HTTP',
  HealthCheckTimeoutSeconds: 5,
  HealthyThresholdCount: 5,
  UnhealthyThresholdCount: 2,
  Matcher: { HttpCode: '200' },
};

/** A target group's health checks after a request. @throws Fault for what AWS refuses */
export function healthChecks(input: HealthCheckSettings, old: HealthCheckSettings): HealthCheckSettings {
  const settings: HealthCheckSettings = {
    HealthCheckEnabled: input.HealthCheckEnabled ?? old.HealthCheckEnabled,
    HealthCheckIntervalSeconds: input.HealthCheckIntervalSeconds ?? old.HealthCheckIntervalSeconds,
    HealthCheckPath: input.HealthCheckPath ?? old.HealthCheckPath,
    HealthCheckPort: input.HealthCheckPort ?? old.HealthCheckPort,
    HealthCheckProtocol: input.HealthCheckProtocol ?? old.HealthCheckProtocol,
    HealthCheckTimeoutSeconds: input.HealthCheckTimeoutSeconds ?? old.HealthCheckTimeoutSeconds,
    HealthyThresholdCount: input.HealthyThresholdCount ?? old.HealthyThresholdCount,
    UnhealthyThresholdCount: input.UnhealthyThresholdCount ?? old.UnhealthyThresholdCount,
    Matcher: input.Matcher ?? old.Matcher,
  };
  const within = (name: string, value: number | undefined, first: number, last: number) => {
    if (value !== undefined && !(value >= first && value <= last))
      throw invalid(`${name} is '${value}'; it must be from ${first} to ${last}`);
  };
  within('Health check interval', settings.HealthCheckIntervalSeconds, 5, 300);
  within('Health check timeout', settings.HealthCheckTimeoutSeconds, 2, 120);
  within('Healthy threshold count', settings.HealthyThresholdCount, 2, 10);
  within('Unhealthy threshold count', settings.UnhealthyThresholdCount, 2, 10);
  if (settings.HealthCheckTimeoutSeconds! >= settings.HealthCheckIntervalSeconds!)
    throw invalid('Health check timeout must be smaller than the interval');
  if (!settings.HealthCheckPath?.startsWith('/'))
    throw invalid(`Health check path '${settings.HealthCheckPath}' must begin with a '/' character`);
  if (!isMatcher(settings.Matcher?.HttpCode ?? ''))
    throw invalid(`Health check matcher HTTP code '${settings.Matcher?.HttpCode}' must be within 200-499`);
  return settings;
}
