import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import type { Forwarding } from './forwarding';
import { conditionProblem } from './routing';
import { type ElbState, invalid, type ListenerRecord, page, type RuleRecord, targetGroupsOf } from './state';

/** Listeners and their rules. */
export function listenerOperations(state: ElbState, forwarding: Forwarding): Record<string, Operation> {
  const { listeners } = state;
  const listenerArns = ({ ListenerArn }: { ListenerArn?: string }) => [ListenerArn ?? '*'];
  const ruleArns = ({ RuleArn }: { RuleArn?: string }) => [RuleArn ?? '*'];
  const describe = (listener: ListenerRecord): sdk.Listener => ({
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    DefaultActions: listener.rules.at(-1)!.actions,
  });
  const describeRule = (rule: RuleRecord): sdk.Rule => ({
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: rule.conditions,
    Actions: rule.actions,
    IsDefault: rule.priority === 'default',
  });

  /** As they are kept: a forward action names its target groups in both ways that AWS has. */
  const actionsFrom = (listener: { loadBalancerArn: string }, actions: readonly sdk.Action[] | undefined) => {
    if (!actions?.length) throw invalid('At least one action must be specified');
    return actions.map((action): sdk.Action => {
      if (action.Type === 'fixed-response' || action.Type === 'redirect') return structuredClone(action);
      if (action.Type !== 'forward') {
        throw invalid(
          `The local AWS does not serve actions of type '${action.Type}'; it serves forward, fixed-response and redirect.`,
        );
      }
      const groups = targetGroupsOf([action]);
      if (!groups.size) throw invalid('A target group must be specified for a forward action');
      for (const arn of groups.keys()) {
        const other = state.loadBalancersOf(arn).find(({ arn: user }) => user !== listener.loadBalancerArn);
        state.targetGroup(arn);
        if (other) {
          throw new Fault(
            'TargetGroupAssociationLimit',
            `The following target groups cannot be associated with more than one load balancer: ${arn}`,
          );
        }
      }
      for (const weight of groups.values()) {
        if (!(weight >= 0 && weight <= 999))
          throw invalid(`The weight of a target group is '${weight}'; it must be from 0 to 999`);
      }
      if (action.ForwardConfig?.TargetGroupStickinessConfig?.Enabled)
        throw invalid('The local AWS does not serve stickiness of target groups.');
      return {
        Type: 'forward',
        Order: action.Order,
        TargetGroupArn: groups.size === 1 ? [...groups.keys()][0] : undefined,
        ForwardConfig: {
          TargetGroups: [...groups].map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
          TargetGroupStickinessConfig: { Enabled: false },
        },
      };
    });
  };
  const conditionsFrom = (conditions: readonly sdk.RuleCondition[] | undefined) => {
    if (!conditions?.length) throw invalid('A condition must be specified');
    for (const condition of conditions) {
      const problem = conditionProblem(condition);
      if (problem) throw invalid(problem);
    }
    return structuredClone([...conditions]);
  };
  const sort = ({ rules }: ListenerRecord) => {
    const rank = ({ priority }: RuleRecord) => (priority === 'default' ? Number.POSITIVE_INFINITY : priority);
    rules.sort((one, other) => rank(one) - rank(other));
  };
  const checkPriority = (listener: ListenerRecord, priority: number, except?: RuleRecord) => {
    if (!(priority >= 1 && priority <= 50_000))
      throw invalid(`Rule priority '${priority}' must be from 1 to 50000`);
    if (listener.rules.some((rule) => rule !== except && rule.priority === priority))
      throw new Fault('PriorityInUse', `Priority '${priority}' is currently in use`);
  };

  return {
    CreateListener: operation<sdk.CreateListenerInput, sdk.CreateListenerOutput>({
      resources: ({ LoadBalancerArn }) => [LoadBalancerArn ?? '*'],
      run: async (input) => {
        const loadBalancer = state.loadBalancer(input.LoadBalancerArn);
        if (input.Protocol !== 'HTTP')
          throw invalid(`The local AWS has no listeners of protocol '${input.Protocol}'; it has 'HTTP'.`);
        if (!input.Port) throw invalid('A port must be specified');
        checkPort(loadBalancer.arn, input.Port);
        const suffix = loadBalancer.arn.split(':loadbalancer/')[1]!;
        const arn = state.arn(`listener/${suffix}/${state.id()}`);
        const listener: ListenerRecord = {
          arn,
          loadBalancerArn: loadBalancer.arn,
          port: input.Port,
          protocol: input.Protocol,
          attributes: new Map(),
          rules: [
            {
              arn: arn.replace(':listener/', ':listener-rule/') + `/${state.id()}`,
              priority: 'default',
              conditions: [],
              actions: actionsFrom({ loadBalancerArn: loadBalancer.arn }, input.DefaultActions),
            },
          ],
        };
        await forwarding.listen(listener);
        listeners.set(arn, listener);
        state.addTags(arn, input.Tags);
        return { Listeners: [describe(listener)] };
      },
    }),

    DescribeListeners: operation<sdk.DescribeListenersInput, sdk.DescribeListenersOutput>({
      run: (input) => {
        const found = input.ListenerArns?.length
          ? input.ListenerArns.map((arn) => state.listener(arn))
          : [...listeners.values()].filter(
              ({ loadBalancerArn }) => loadBalancerArn === state.loadBalancer(input.LoadBalancerArn).arn,
            );
        const { items, NextMarker } = page(found.map(describe), input);
        return { Listeners: items, NextMarker };
      },
    }),

    ModifyListener: operation<sdk.ModifyListenerInput, sdk.ModifyListenerOutput>({
      resources: listenerArns,
      run: async (input) => {
        const listener = state.listener(input.ListenerArn);
        if (input.Protocol && input.Protocol !== listener.protocol)
          throw invalid(`The local AWS has no listeners of protocol '${input.Protocol}'; it has 'HTTP'.`);
        if (input.DefaultActions)
          listener.rules.at(-1)!.actions = actionsFrom(listener, input.DefaultActions);
        if (input.Port && input.Port !== listener.port) {
          checkPort(listener.loadBalancerArn, input.Port);
          await forwarding.unlisten(listener);
          listener.port = input.Port;
          await forwarding.listen(listener);
        }
        return { Listeners: [describe(listener)] };
      },
    }),

    DeleteListener: operation<sdk.DeleteListenerInput, sdk.DeleteListenerOutput>({
      resources: listenerArns,
      run: async ({ ListenerArn }) => {
        const listener = state.listener(ListenerArn);
        listeners.delete(listener.arn);
        state.tags.delete(listener.arn);
        await forwarding.unlisten(listener);
        return {};
      },
    }),

    DescribeListenerAttributes: operation<
      sdk.DescribeListenerAttributesInput,
      sdk.DescribeListenerAttributesOutput
    >({
      run: ({ ListenerArn }) => ({
        Attributes: [...state.listener(ListenerArn).attributes].map(([Key, Value]) => ({ Key, Value })),
      }),
    }),

    CreateRule: operation<sdk.CreateRuleInput, sdk.CreateRuleOutput>({
      resources: listenerArns,
      run: (input) => {
        const listener = state.listener(input.ListenerArn);
        checkPriority(listener, input.Priority ?? 0);
        const rule: RuleRecord = {
          arn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${state.id()}`,
          priority: input.Priority!,
          conditions: conditionsFrom(input.Conditions),
          actions: actionsFrom(listener, input.Actions),
        };
        listener.rules.push(rule);
        sort(listener);
        state.addTags(rule.arn, input.Tags);
        return { Rules: [describeRule(rule)] };
      },
    }),

    DescribeRules: operation<sdk.DescribeRulesInput, sdk.DescribeRulesOutput>({
      run: (input) => {
        const found = input.RuleArns?.length
          ? input.RuleArns.map((arn) => state.rule(arn).rule)
          : state.listener(input.ListenerArn).rules;
        const { items, NextMarker } = page(found.map(describeRule), input);
        return { Rules: items, NextMarker };
      },
    }),

    ModifyRule: operation<sdk.ModifyRuleInput, sdk.ModifyRuleOutput>({
      resources: ruleArns,
      run: (input) => {
        const { listener, rule } = state.rule(input.RuleArn);
        const conditions = input.Conditions && conditionsFrom(input.Conditions);
        if (input.Actions) rule.actions = actionsFrom(listener, input.Actions);
        rule.conditions = conditions ?? rule.conditions;
        return { Rules: [describeRule(rule)] };
      },
    }),

    SetRulePriorities: operation<sdk.SetRulePrioritiesInput, sdk.SetRulePrioritiesOutput>({
      resources: ({ RulePriorities }) => (RulePriorities ?? []).map(({ RuleArn }) => RuleArn!),
      run: ({ RulePriorities = [] }) => ({
        Rules: RulePriorities.map(({ RuleArn, Priority }) => {
          const { listener, rule } = state.rule(RuleArn);
          checkPriority(listener, Priority ?? 0, rule);
          rule.priority = Priority!;
          sort(listener);
          return describeRule(rule);
        }),
      }),
    }),

    DeleteRule: operation<sdk.DeleteRuleInput, sdk.DeleteRuleOutput>({
      resources: ruleArns,
      run: ({ RuleArn }) => {
        const { listener, rule } = state.rule(RuleArn);
        if (rule.priority === 'default')
          throw new Fault('OperationNotPermitted', `Default rule '${RuleArn}' cannot be deleted`);
        listener.rules.splice(listener.rules.indexOf(rule), 1);
        state.tags.delete(rule.arn);
        return {};
      },
    }),
  };

  function checkPort(loadBalancerArn: string, port: number): void {
    for (const other of listeners.values()) {
      if (other.loadBalancerArn === loadBalancerArn && other.port === port)
        throw new Fault('DuplicateListener', 'A listener already exists on this port for this load balancer');
    }
  }
}
