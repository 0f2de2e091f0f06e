import { only } from '../core/accepts';

/** Actions of a listener or a rule in a request. */
export const ACTIONS = {
  Type: only('forward', 'redirect', 'fixed-response'),
  Order: 'there is one action: each ends the request',
  TargetGroupArn: true,
  ForwardConfig: {
    TargetGroups: { TargetGroupArn: true, Weight: true },
    TargetGroupStickinessConfig: { Enabled: only(false), DurationSeconds: 'no target group is sticky' },
  },
  RedirectConfig: { StatusCode: true, Protocol: true, Port: true, Host: true, Path: true, Query: true },
  FixedResponseConfig: { StatusCode: true, MessageBody: true, ContentType: true },
} as const;

/** Conditions of a rule in a request. */
export const CONDITIONS = {
  Field: true,
  Values: true,
  PathPatternConfig: { Values: true },
  HostHeaderConfig: { Values: true },
  HttpHeaderConfig: { HttpHeaderName: true, Values: true },
  HttpRequestMethodConfig: { Values: true },
  QueryStringConfig: { Values: { Key: true, Value: true } },
} as const;
