import { randomBytes } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import type { Targets } from './targets';

/** A load balancer as it is kept. */
export interface LoadBalancerRecord extends sdk.LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly attributes: Map<string, string>;
}

/** A target group as it is kept. */
export interface TargetGroupRecord {
  readonly arn: string;
  readonly name: string;
  /** Settings as DescribeTargetGroups tells them, without what is worked out. */
  settings: sdk.TargetGroup;
  readonly attributes: Map<string, string>;
  readonly targets: Targets;
}

/** A listener's rule as it is kept. */
export interface RuleRecord {
  readonly arn: string;
  priority: number | 'default';
  conditions: sdk.RuleCondition[];
  actions: sdk.Action[];
}

/** A listener as it is kept. */
export interface ListenerRecord {
  readonly arn: string;
  readonly loadBalancerArn: string;
  port: number;
  protocol: 'HTTP' | 'HTTPS';
  /** Of a listener for HTTPS. */
  tls?: { readonly certificateArn: string; readonly policy: string };
  /** In the order in which they are tried; the default rule is the last. */
  readonly rules: RuleRecord[];
  readonly attributes: Map<string, string>;
}

/** Everything that Elastic Load Balancing knows. */
export class ElbState {
  readonly loadBalancers = new Map<string, LoadBalancerRecord>();
  readonly targetGroups = new Map<string, TargetGroupRecord>();
  readonly listeners = new Map<string, ListenerRecord>();
  readonly tags = new Map<string, Map<string, string>>();

  constructor(readonly core: Core) {}

  arn(resource: string): string {
    return this.core.arn('elasticloadbalancing', resource);
  }

  /** An id as it stands at the end of an ARN: 16 hexadecimal digits. */
  id(): string {
    return randomBytes(8).toString('hex');
  }

  loadBalancer(arn: string | undefined): LoadBalancerRecord {
    return found(this.loadBalancers, arn, 'LoadBalancerNotFound', 'Load balancers');
  }

  targetGroup(arn: string | undefined): TargetGroupRecord {
    return found(this.targetGroups, arn, 'TargetGroupNotFound', 'Target groups');
  }

  listener(arn: string | undefined): ListenerRecord {
    return found(this.listeners, arn, 'ListenerNotFound', 'Listeners');
  }

  rule(arn: string | undefined): { readonly listener: ListenerRecord; readonly rule: RuleRecord } {
    for (const listener of this.listeners.values()) {
      const rule = listener.rules.find((candidate) => candidate.arn === arn);
      if (rule) return { listener, rule };
    }
    throw new Fault('RuleNotFound', `Rules '${arn}' not found`);
  }

  /** Load balancers that forward to a target group. */
  loadBalancersOf(targetGroupArn: string): LoadBalancerRecord[] {
    const arns = new Set(
      [...this.listeners.values()]
        .filter(({ rules }) => rules.some(({ actions }) => targetGroupsOf(actions).has(targetGroupArn)))
        .map(({ loadBalancerArn }) => loadBalancerArn),
    );
    return [...arns].map((arn) => this.loadBalancer(arn));
  }

  addTags(arn: string, tags: readonly sdk.Tag[] = []): void {
    const all = this.tags.get(arn) ?? new Map<string, string>();
    for (const { Key, Value } of tags) all.set(Key!, Value ?? '');
    this.tags.set(arn, all);
  }
}

/** The target groups that actions forward to, with their weights. */
export function targetGroupsOf(actions: readonly sdk.Action[]): Map<string, number> {
  const groups = new Map<string, number>();
  for (const { TargetGroupArn, ForwardConfig } of actions) {
    for (const { TargetGroupArn: arn, Weight } of ForwardConfig?.TargetGroups ?? [])
      groups.set(arn!, Weight ?? 1);
    if (TargetGroupArn && !groups.has(TargetGroupArn)) groups.set(TargetGroupArn, 1);
  }
  return groups;
}

/** The part of an ARN that metrics have as a dimension: `app/name/id`, `targetgroup/name/id`. */
export function fullNameOf(arn: string): string {
  return arn.split(':')[5]!.replace(/^loadbalancer\//, '');
}

function found<T>(records: ReadonlyMap<string, T>, arn: string | undefined, code: string, noun: string): T {
  const record = records.get(arn ?? '');
  if (!record) throw new Fault(code, `${noun} '[${arn}]' not found`);
  return record;
}

/** What Elastic Load Balancing answers to most wrong requests. */
export function invalid(message: string): Fault {
  return new Fault('ValidationError', message);
}

/** One page of a Describe call's answer. */
export function page<T>(
  items: readonly T[],
  { PageSize, Marker }: { readonly PageSize?: number; readonly Marker?: string },
): { readonly items: T[]; readonly NextMarker?: string } {
  const { items: some, next } = pageOf(items, {
    size: PageSize,
    token: Marker,
    invalid: (marker) => invalid(`The marker '${marker}' is invalid`),
    bounds: { usual: 400, most: 400, refuse: invalid },
  });
  return { items: some, NextMarker: next };
}
