import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-eventbridge';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import type { Operations, ResourceType, Service } from '../core/service';
import { matchesPattern } from './pattern';
import { eventsResourceTypes } from './resources';
import { checkBus, describe, invalid, pageOfList, patternOf, type RuleRecord, Rules } from './state';
import { checkTarget, deliver } from './target';

const NO_RETRIES = 'a delivery that fails is not repeated';
/** AWS's quota of a rule. */
const MAX_TARGETS = 5;

/** EventBridge: the default event bus, rules by event pattern, and Lambda functions as their targets. */
export class EventsService implements Service {
  readonly signingName = 'events';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = eventsResourceTypes;
  private readonly rules: Rules;

  constructor(private readonly core: Core) {
    this.rules = new Rules(core);
    this.operations = {
      ...this.ruleOperations(),
      ...this.targetOperations(),
      ...this.tagOperations(),
      PutEvents: {
        accepts: {
          Entries: {
            Time: true,
            Source: true,
            Resources: true,
            DetailType: true,
            Detail: true,
            EventBusName: true,
          },
        },
        resources: () => [core.arn('events', 'event-bus/default')],
        run: ({ Entries = [] }, { principal }) => {
          const results = Entries.map((entry) => this.put(entry, principal));
          return { Entries: results, FailedEntryCount: results.filter((result) => result.ErrorCode).length };
        },
      },
    };
  }

  private ruleOperations(): Operations<typeof sdk> {
    const rules = this.rules.byName;
    const onRule = ({ Name }: { Name?: string }) => [this.rules.arnOf(Name)];
    const enable = (isEnabled: boolean) => ({
      accepts: { Name: true, EventBusName: true } as const,
      resources: onRule,
      run: (input: sdk.EnableRuleRequest) => {
        this.rules.find(input.Name, input.EventBusName).isEnabled = isEnabled;
        return {};
      },
    });
    return {
      EnableRule: enable(true),
      DisableRule: enable(false),
      PutRule: {
        accepts: {
          Name: true,
          EventPattern: true,
          State: only('ENABLED', 'DISABLED'),
          Description: true,
          Tags: { Key: true, Value: true },
          EventBusName: true,
        },
        resources: onRule,
        run: (input) => {
          checkBus(input.EventBusName);
          const { Name: name = '', EventPattern: text, State } = input;
          if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name))
            throw invalid(`The rule name '${name}' is not valid: 1 to 64 letters, digits and .-_ are.`);
          if (text === undefined)
            throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.');
          const present = rules.get(name);
          const rule: RuleRecord = {
            ...(present ?? { targets: new Map(), tags: new Map() }),
            name,
            arn: this.rules.arnOf(name),
            text,
            pattern: patternOf(text),
            description: input.Description,
            isEnabled: State !== 'DISABLED',
          };
          // AWS ignores the tags of a request that changes a rule.
          if (!present) for (const { Key = '', Value = '' } of input.Tags ?? []) rule.tags.set(Key, Value);
          rules.set(name, rule);
          return { RuleArn: rule.arn };
        },
      },
      DescribeRule: {
        accepts: { Name: true, EventBusName: true },
        resources: onRule,
        run: ({ Name, EventBusName }) => describe(this.rules.find(Name, EventBusName)),
      },
      ListRules: {
        accepts: { NamePrefix: true, EventBusName: true, NextToken: true, Limit: true },
        resources: () => [this.rules.arnOf('*')],
        run: ({ NamePrefix = '', EventBusName, ...page }) => {
          checkBus(EventBusName);
          const found = [...rules.values()].filter(({ name }) => name.startsWith(NamePrefix));
          const { items, next } = pageOfList(found, page);
          return { Rules: items.map(describe), NextToken: next };
        },
      },
      DeleteRule: {
        accepts: { Name: true, EventBusName: true, Force: 'no rule is managed by a service' },
        resources: onRule,
        run: ({ Name = '', EventBusName }) => {
          checkBus(EventBusName);
          if ((rules.get(Name)?.targets.size ?? 0) > 0)
            throw invalid("Rule can't be deleted since it has targets.");
          rules.delete(Name);
          return {};
        },
      },
    };
  }

  private targetOperations(): Operations<typeof sdk> {
    const onRule = ({ Rule }: { Rule?: string }) => [this.rules.arnOf(Rule)];
    return {
      PutTargets: {
        accepts: {
          Rule: true,
          EventBusName: true,
          Targets: {
            Id: true,
            Arn: true,
            Input: true,
            InputPath: true,
            InputTransformer: { InputTemplate: true, InputPathsMap: true },
            RetryPolicy: { MaximumRetryAttempts: NO_RETRIES, MaximumEventAgeInSeconds: NO_RETRIES },
          },
        },
        resources: onRule,
        run: ({ Rule, EventBusName, Targets = [] }) => {
          const { targets } = this.rules.find(Rule, EventBusName);
          if (Targets.length === 0) throw invalid('PutTargets needs at least one target.');
          for (const target of Targets) checkTarget(target);
          const ids = new Set([...targets.keys(), ...Targets.map(({ Id = '' }) => Id)]);
          if (ids.size > MAX_TARGETS)
            throw new Fault(
              'LimitExceededException',
              `The requested resource exceeds the maximum number allowed: ${MAX_TARGETS} targets a rule.`,
            );
          for (const target of Targets) targets.set(target.Id ?? '', target);
          return { FailedEntryCount: 0, FailedEntries: [] };
        },
      },
      RemoveTargets: {
        accepts: { Rule: true, Ids: true, EventBusName: true, Force: 'no rule is managed by a service' },
        resources: onRule,
        run: ({ Rule, EventBusName, Ids = [] }) => {
          const { targets } = this.rules.find(Rule, EventBusName);
          for (const id of Ids) targets.delete(id);
          return { FailedEntryCount: 0, FailedEntries: [] };
        },
      },
      ListTargetsByRule: {
        accepts: { Rule: true, EventBusName: true, NextToken: true, Limit: true },
        resources: onRule,
        run: ({ Rule, EventBusName, ...page }) => {
          const { targets } = this.rules.find(Rule, EventBusName);
          const { items, next } = pageOfList([...targets.values()], page);
          return { Targets: items, NextToken: next };
        },
      },
    };
  }

  private tagOperations(): Operations<typeof sdk> {
    const resources = ({ ResourceARN }: { ResourceARN?: string }) => [ResourceARN ?? '*'];
    const find = (arn = '') => this.rules.find(arn.replace(/^.*:rule\//, ''));
    return {
      TagResource: {
        accepts: { ResourceARN: true, Tags: { Key: true, Value: true } },
        resources,
        run: ({ ResourceARN, Tags }) => {
          for (const { Key = '', Value = '' } of Tags ?? []) find(ResourceARN).tags.set(Key, Value);
          return {};
        },
      },
      UntagResource: {
        accepts: { ResourceARN: true, TagKeys: true },
        resources,
        run: ({ ResourceARN, TagKeys }) => {
          for (const key of TagKeys ?? []) find(ResourceARN).tags.delete(key);
          return {};
        },
      },
      ListTagsForResource: {
        accepts: { ResourceARN: true },
        resources,
        run: ({ ResourceARN }) => ({
          Tags: [...find(ResourceARN).tags].map(([Key, Value]) => ({ Key, Value })),
        }),
      },
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
      // In EventBridge's words, which do not say where.
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
    for (const rule of this.rules.byName.values()) {
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
}
