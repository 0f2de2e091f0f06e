import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-eventbridge';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import { type Operation, operation, type ResourceType, type Service } from '../core/service';
import { matchesPattern, type Pattern, parsePattern } from './pattern';
import { eventsResourceTypes } from './resources';
import { checkTarget, deliver } from './target';

interface RuleRecord {
  readonly name: string;
  readonly arn: string;
  text: string;
  pattern: Pattern;
  description?: string;
  isEnabled: boolean;
  readonly targets: Map<string, sdk.Target>;
  readonly tags: Map<string, string>;
}

/** EventBridge: the default event bus, rules by event pattern, and Lambda functions as their targets. */
export class EventsService implements Service {
  readonly signingName = 'events';
  readonly sdk = sdk;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = eventsResourceTypes;
  private readonly rules = new Map<string, RuleRecord>();

  constructor(private readonly core: Core) {
    this.operations = {
      ...this.ruleOperations(),
      ...this.targetOperations(),
      ...this.tagOperations(),
      PutEvents: operation<sdk.PutEventsRequest, sdk.PutEventsResponse>({
        resources: () => [core.arn('events', 'event-bus/default')],
        run: ({ Entries = [] }, { principal }) => {
          const results = Entries.map((entry) => this.put(entry, principal));
          return { Entries: results, FailedEntryCount: results.filter((result) => result.ErrorCode).length };
        },
      }),
    };
  }

  private ruleOperations(): Record<string, Operation> {
    const { rules } = this;
    const onRule = ({ Name }: { Name?: string }) => [this.arnOf(Name)];
    const enable = (isEnabled: boolean) =>
      operation<sdk.EnableRuleRequest, object>({
        resources: onRule,
        run: (input) => {
          this.find(input.Name).isEnabled = isEnabled;
          return {};
        },
      });
    return {
      EnableRule: enable(true),
      DisableRule: enable(false),
      PutRule: operation<sdk.PutRuleRequest, sdk.PutRuleResponse>({
        resources: onRule,
        run: (input) => {
          checkBus(input.EventBusName);
          const { Name: name = '', EventPattern: text, State } = input;
          if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name))
            throw invalid(`The rule name '${name}' is not valid: 1 to 64 letters, digits and .-_ are.`);
          if (input.ScheduleExpression !== undefined || text === undefined)
            throw invalid('The local AWS serves rules with an event pattern, and none with a schedule.');
          const rule: RuleRecord = {
            ...(rules.get(name) ?? { targets: new Map(), tags: new Map() }),
            name,
            arn: this.arnOf(name),
            text,
            pattern: patternOf(text),
            description: input.Description,
            isEnabled: State !== 'DISABLED',
          };
          for (const { Key = '', Value = '' } of input.Tags ?? []) rule.tags.set(Key, Value);
          rules.set(name, rule);
          return { RuleArn: rule.arn };
        },
      }),
      DescribeRule: operation<sdk.DescribeRuleRequest, sdk.DescribeRuleResponse>({
        resources: onRule,
        run: ({ Name }) => describe(this.find(Name)),
      }),
      ListRules: operation<sdk.ListRulesRequest, sdk.ListRulesResponse>({
        resources: () => [this.arnOf('*')],
        run: ({ NamePrefix = '' }) => ({
          Rules: [...rules.values()].filter(({ name }) => name.startsWith(NamePrefix)).map(describe),
        }),
      }),
      DeleteRule: operation<sdk.DeleteRuleRequest, object>({
        resources: onRule,
        run: ({ Name = '' }) => {
          if ((rules.get(Name)?.targets.size ?? 0) > 0)
            throw invalid("Rule can't be deleted since it has targets.");
          rules.delete(Name);
          return {};
        },
      }),
    };
  }

  private targetOperations(): Record<string, Operation> {
    const onRule = ({ Rule }: { Rule?: string }) => [this.arnOf(Rule)];
    return {
      PutTargets: operation<sdk.PutTargetsRequest, sdk.PutTargetsResponse>({
        resources: onRule,
        run: ({ Rule, EventBusName, Targets = [] }) => {
          checkBus(EventBusName);
          const { targets } = this.find(Rule);
          for (const target of Targets) checkTarget(target);
          for (const target of Targets) targets.set(target.Id ?? '', target);
          return { FailedEntryCount: 0, FailedEntries: [] };
        },
      }),
      RemoveTargets: operation<sdk.RemoveTargetsRequest, sdk.RemoveTargetsResponse>({
        resources: onRule,
        run: ({ Rule, Ids = [] }) => {
          const { targets } = this.find(Rule);
          for (const id of Ids) targets.delete(id);
          return { FailedEntryCount: 0, FailedEntries: [] };
        },
      }),
      ListTargetsByRule: operation<sdk.ListTargetsByRuleRequest, sdk.ListTargetsByRuleResponse>({
        resources: onRule,
        run: ({ Rule }) => ({ Targets: [...this.find(Rule).targets.values()] }),
      }),
    };
  }

  private tagOperations(): Record<string, Operation> {
    const resources = ({ ResourceARN }: { ResourceARN?: string }) => [ResourceARN ?? '*'];
    const find = (arn = '') => this.find(arn.replace(/^.*:rule\//, ''));
    return {
      TagResource: operation<sdk.TagResourceRequest, object>({
        resources,
        run: ({ ResourceARN, Tags }) => {
          for (const { Key = '', Value = '' } of Tags ?? []) find(ResourceARN).tags.set(Key, Value);
          return {};
        },
      }),
      UntagResource: operation<sdk.UntagResourceRequest, object>({
        resources,
        run: ({ ResourceARN, TagKeys }) => {
          for (const key of TagKeys ?? []) find(ResourceARN).tags.delete(key);
          return {};
        },
      }),
      ListTagsForResource: operation<sdk.ListTagsForResourceRequest, sdk.ListTagsForResourceResponse>({
        resources,
        run: ({ ResourceARN }) => ({
          Tags: [...find(ResourceARN).tags].map(([Key, Value]) => ({ Key, Value })),
        }),
      }),
    };
  }

  private put(entry: sdk.PutEventsRequestEntry, principal: Principal): sdk.PutEventsResultEntry {
    const { Source: source, DetailType: detailType, Detail = '{}' } = entry;
    checkBus(entry.EventBusName);
    if (!source || !detailType)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameters Source and DetailType are needed.' };
    if (source.startsWith('aws.') && principal.kind !== 'service')
      return {
        ErrorCode: 'NotAuthorizedForSource',
        ErrorMessage: 'Not authorized to put events with a source of AWS.',
      };
    let detail: unknown;
    try {
      detail = JSON.parse(Detail);
    } catch {
      return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    }
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: this.core.account,
      // EventBridge's times have no fraction of a second.
      time: (entry.Time ?? new Date(this.core.clock.now())).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.core.region,
      resources: entry.Resources ?? [],
      detail,
    };
    for (const rule of this.rules.values()) {
      if (!rule.isEnabled || !matchesPattern(rule.pattern, event)) continue;
      for (const target of rule.targets.values()) {
        // Whoever put the event learns nothing of a delivery that failed; the call's log has it.
        const send = () => void deliver(this.core, rule, target, event).catch(() => undefined);
        for (const ms of this.core.faults.delivery?.({ event, rule: rule.name }) ?? [0]) {
          if (ms === 0) send();
          else this.core.clock.after(ms, send);
        }
      }
    }
    return { EventId: event.id };
  }

  private find(name = ''): RuleRecord {
    const rule = this.rules.get(name);
    if (!rule)
      throw new Fault('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  }

  private arnOf(name = ''): string {
    return this.core.arn('events', `rule/${name}`);
  }
}

function describe(rule: RuleRecord) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.text,
    State: rule.isEnabled ? ('ENABLED' as const) : ('DISABLED' as const),
    Description: rule.description,
    EventBusName: 'default',
  };
}

function patternOf(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    throw new Fault(
      'InvalidEventPatternException',
      `Event pattern is not valid. Reason: ${(error as Error).message}`,
    );
  }
}

function checkBus(name: string | undefined): void {
  if (name !== undefined && name !== 'default' && !name.endsWith(':event-bus/default'))
    throw new Fault(
      'ResourceNotFoundException',
      `Event bus ${name} does not exist: the local AWS has default.`,
    );
}

function invalid(message: string): Fault {
  return new Fault('ValidationException', message, 400);
}
