import type * as sdk from '@aws-sdk/client-eventbridge';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import { type Pattern, parsePattern } from './pattern';

/** A rule as it is kept. */
export interface RuleRecord {
  readonly name: string;
  readonly arn: string;
  text: string;
  pattern: Pattern;
  description?: string;
  isEnabled: boolean;
  readonly targets: Map<string, sdk.Target>;
  readonly tags: Map<string, string>;
}

/** The rules of the default bus. */
export class Rules {
  readonly byName = new Map<string, RuleRecord>();

  constructor(private readonly core: Core) {}

  /** @throws Fault when there is no such rule, or no such bus */
  find(name = '', bus?: string): RuleRecord {
    checkBus(bus);
    const rule = this.byName.get(name);
    if (!rule)
      throw new Fault('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  }

  arnOf(name = ''): string {
    return this.core.arn('events', `rule/${name}`);
  }
}

/** One page of a list, as EventBridge cuts them. */
export function pageOfList<T>(entries: readonly T[], page: { Limit?: number; NextToken?: string }) {
  return pageOf(entries, {
    size: page.Limit,
    token: page.NextToken,
    invalid: () => invalid('Invalid pagination token'),
    bounds: { usual: 100, most: 100, refuse: invalid },
  });
}

/** A rule as it is told. */
export function describe(rule: RuleRecord) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.text,
    State: rule.isEnabled ? ('ENABLED' as const) : ('DISABLED' as const),
    Description: rule.description,
    EventBusName: 'default',
  };
}

/** @throws Fault InvalidEventPatternException */
export function patternOf(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    throw new Fault(
      'InvalidEventPatternException',
      `Event pattern is not valid. Reason: ${(error as Error).message}`,
    );
  }
}

/** @throws Fault for another bus than the default one */
export function checkBus(name: string | undefined): void {
  if (name !== undefined && name !== 'default' && !name.endsWith(':event-bus/default'))
    throw new Fault(
      'ResourceNotFoundException',
      `Event bus ${name} does not exist: the local AWS has default.`,
    );
}

/** The fault for a parameter of a wrong value. */
export function invalid(message: string): Fault {
  return new Fault('ValidationException', message, 400);
}
