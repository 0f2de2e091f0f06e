import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { invalid } from './state';

/** An attribute of a load balancer or a target group. */
interface Attribute {
  /** AWS's. */
  readonly usual: string;
  /** Which values have an effect: those of a range, or all; any other than the default is refused where none have. */
  readonly served?: 'any' | { readonly from: number; readonly to: number };
  /** Values that are kept without effect, and why. */
  readonly kept?: string;
}

type Attributes = Readonly<Record<string, Attribute>>;

const SWITCH_KEPT = (kept: string): Attribute => ({ usual: 'false', kept });

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html */
export const LOAD_BALANCER_ATTRIBUTES: Attributes = {
  'deletion_protection.enabled': { usual: 'false', served: 'any' },
  'idle_timeout.timeout_seconds': { usual: '60', served: { from: 1, to: 4000 } },
  'client_keep_alive.seconds': { usual: '3600' },
  'access_logs.s3.enabled': { usual: 'false' },
  'access_logs.s3.bucket': { usual: '' },
  'access_logs.s3.prefix': { usual: '' },
  'connection_logs.s3.enabled': { usual: 'false' },
  'connection_logs.s3.bucket': { usual: '' },
  'connection_logs.s3.prefix': { usual: '' },
  'routing.http.desync_mitigation_mode': { usual: 'defensive' },
  'routing.http.drop_invalid_header_fields.enabled': SWITCH_KEPT('Node refuses such headers itself'),
  'routing.http.preserve_host_header.enabled': { usual: 'false' },
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': { usual: 'false' },
  'routing.http.xff_client_port.enabled': { usual: 'false' },
  'routing.http.xff_header_processing.mode': { usual: 'append' },
  'routing.http2.enabled': { usual: 'true', kept: 'listeners speak HTTP/1.1' },
  'load_balancing.cross_zone.enabled': { usual: 'true' },
  'waf.fail_open.enabled': { usual: 'false' },
  'zonal_shift.config.enabled': { usual: 'false' },
};

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html */
export const TARGET_GROUP_ATTRIBUTES: Attributes = {
  'deregistration_delay.timeout_seconds': { usual: '300', served: { from: 0, to: 3600 } },
  'stickiness.enabled': { usual: 'false' },
  'stickiness.type': { usual: 'lb_cookie', kept: 'no target group is sticky' },
  'stickiness.lb_cookie.duration_seconds': { usual: '86400', kept: 'no target group is sticky' },
  'slow_start.duration_seconds': { usual: '0' },
  'load_balancing.algorithm.type': { usual: 'round_robin' },
  'load_balancing.cross_zone.enabled': { usual: 'use_load_balancer_configuration' },
};

/** Attributes as a new resource has them. */
export function defaultsOf(attributes: Attributes): Map<string, string> {
  return new Map(Object.entries(attributes).map(([key, { usual }]) => [key, usual]));
}

/** @throws Fault for an attribute, or a value of one, that would be silently missing */
export function checkAttribute(
  attributes: Attributes,
  { Key = '', Value = '' }: sdk.LoadBalancerAttribute,
): void {
  const attribute = Object.hasOwn(attributes, Key) ? attributes[Key]! : undefined;
  if (!attribute) throw invalid(`The attribute ${Key} is not served by the local AWS.`);
  const { usual, served, kept } = attribute;
  if (Value === usual || kept !== undefined) return;
  if (served === undefined)
    throw invalid(
      `The attribute ${Key} = ${Value} is not served by the local AWS; only ${usual || 'none'} is.`,
    );
  const isServed =
    served === 'any'
      ? ['true', 'false'].includes(Value)
      : /^\d+$/.test(Value) && Number(Value) >= served.from && Number(Value) <= served.to;
  if (!isServed)
    throw invalid(
      `The attribute ${Key} is '${Value}'; it must be ${served === 'any' ? 'true or false' : `from ${served.from} to ${served.to}`}`,
    );
}
