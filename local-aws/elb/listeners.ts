import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { certificateArn, securityPolicy } from './certificates';
import type { Forwarding } from './forwarding';
import { conditionProblem } from './routing';
import { type ElbState, invalid, type ListenerRecord, page, type RuleRecord, targetGroupsOf } from './state';

type Serving = Pick<sdk.ModifyListenerInput, 'Protocol' | 'Certificates' | 'SslPolicy'>;

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
    ...(listener.tls
      ? { Certificates: [{ CertificateArn: listener.tls.certificateArn }], SslPolicy: listener.tls.policy }
      : {}),
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
        const serving = servingOf(input);
        if (!input.Port) throw invalid('A port must be specified');
        checkPort(loadBalancer.arn, input.Port);
        const suffix = loadBalancer.arn.split(':loadbalancer/')[1]!;
        const arn = state.arn(`listener/${suffix}/${state.id()}`);
        const listener: ListenerRecord = {
          arn,
          loadBalancerArn: loadBalancer.arn,
          port: input.Port,
          ...serving,
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
        const serving = servingOf(input, listener);
        const { Port: port = listener.port } = input;
        const isMoved = port !== listener.port;
        if (isMoved) checkPort(listener.loadBalancerArn, port);
        if (input.DefaultActions)
          listener.rules.at(-1)!.actions = actionsFrom(listener, input.DefaultActions);
        const isOther = JSON.stringify(serving) !== JSON.stringify(servingOf({}, listener));
        if (isMoved || isOther) {
          await forwarding.unlisten(listener);
          Object.assign(listener, serving, { port });
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

  /** How a listener serves, from a request and from what it was before. */
  function servingOf(
    { Protocol, Certificates, SslPolicy }: Serving,
    before?: ListenerRecord,
  ): Pick<ListenerRecord, 'protocol' | 'tls'> {
    const protocol = Protocol ?? before?.protocol;
    if (protocol !== 'HTTP' && protocol !== 'HTTPS')
      throw invalid(`The local AWS has no listeners of protocol '${protocol}'; it has 'HTTP' and 'HTTPS'.`);
    if (protocol === 'HTTP') {
      if (Certificates?.length) throw invalid('Certificates cannot be specified for HTTP listeners');
      if (SslPolicy) throw invalid('A security policy cannot be specified for HTTP listeners');
      return { protocol, tls: undefined };
    }
    const given = Certificates?.map(({ CertificateArn = '' }) => CertificateArn) ?? [];
    if (given.length > 1)
      throw invalid(
        'You can specify only one certificate with this API; AddListenerCertificates adds others',
      );
    const arn = given[0] ?? before?.tls?.certificateArn;
    if (!arn) throw invalid('A certificate must be specified for HTTPS listeners');
    if (arn !== certificateArn(state.core)) {
      throw new Fault(
        'CertificateNotFound',
        `Certificate '${arn}' not found. (The local AWS has one: ${certificateArn(state.core)}.)`,
      );
    }
    return {
      protocol,
      tls: { certificateArn: arn, policy: securityPolicy(SslPolicy ?? before?.tls?.policy) },
    };
  }

  function checkPort(loadBalancerArn: string, port: number): void {
    for (const other of listeners.values()) {
      if (other.loadBalancerArn === loadBalancerArn && other.port === port)
        throw new Fault('DuplicateListener', 'A listener already exists on this port for this load balancer');
    }
  }
}
