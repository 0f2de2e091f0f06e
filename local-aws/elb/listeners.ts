import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { ACTIONS, CONDITIONS } from './accepted';
import { certificateArn, securityPolicy } from './certificates';
import type { Forwarding } from './forwarding';
import { actionsOf, conditionsFrom } from './rule-parts';
import { type ElbState, invalid, type ListenerRecord, page, type RuleRecord } from './state';

type Serving = Pick<sdk.ModifyListenerInput, 'Protocol' | 'Certificates' | 'SslPolicy'>;

/** Listeners and their rules. */
export function listenerOperations(state: ElbState, forwarding: Forwarding): Operations<typeof sdk> {
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

  const actionsFrom = actionsOf(state);
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
    CreateListener: {
      accepts: {
        LoadBalancerArn: true,
        Port: true,
        Protocol: true,
        DefaultActions: ACTIONS,
        Certificates: { CertificateArn: true },
        SslPolicy: true,
        Tags: { Key: true, Value: true },
      },
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
    },

    DescribeListeners: {
      accepts: { LoadBalancerArn: true, ListenerArns: true, Marker: true, PageSize: true },
      run: (input) => {
        const found = input.ListenerArns?.length
          ? input.ListenerArns.map((arn) => state.listener(arn))
          : [...listeners.values()].filter(
              ({ loadBalancerArn }) => loadBalancerArn === state.loadBalancer(input.LoadBalancerArn).arn,
            );
        const { items, NextMarker } = page(found.map(describe), input);
        return { Listeners: items, NextMarker };
      },
    },

    ModifyListener: {
      accepts: {
        ListenerArn: true,
        Port: true,
        Protocol: true,
        DefaultActions: ACTIONS,
        Certificates: { CertificateArn: true },
        SslPolicy: true,
      },
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
    },

    DeleteListener: {
      accepts: { ListenerArn: true },
      resources: listenerArns,
      run: async ({ ListenerArn }) => {
        const listener = state.listener(ListenerArn);
        listeners.delete(listener.arn);
        state.tags.delete(listener.arn);
        await forwarding.unlisten(listener);
        return {};
      },
    },

    DescribeListenerAttributes: {
      accepts: { ListenerArn: true },
      run: ({ ListenerArn }) => ({
        Attributes: [...state.listener(ListenerArn).attributes].map(([Key, Value]) => ({ Key, Value })),
      }),
    },

    CreateRule: {
      accepts: {
        ListenerArn: true,
        Priority: true,
        Conditions: CONDITIONS,
        Actions: ACTIONS,
        Tags: { Key: true, Value: true },
      },
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
    },

    DescribeRules: {
      accepts: { ListenerArn: true, RuleArns: true, Marker: true, PageSize: true },
      run: (input) => {
        const found = input.RuleArns?.length
          ? input.RuleArns.map((arn) => state.rule(arn).rule)
          : state.listener(input.ListenerArn).rules;
        const { items, NextMarker } = page(found.map(describeRule), input);
        return { Rules: items, NextMarker };
      },
    },

    ModifyRule: {
      accepts: { RuleArn: true, Conditions: CONDITIONS, Actions: ACTIONS },
      resources: ruleArns,
      run: (input) => {
        const { listener, rule } = state.rule(input.RuleArn);
        const conditions = input.Conditions && conditionsFrom(input.Conditions);
        if (input.Actions) rule.actions = actionsFrom(listener, input.Actions);
        rule.conditions = conditions ?? rule.conditions;
        return { Rules: [describeRule(rule)] };
      },
    },

    SetRulePriorities: {
      accepts: { RulePriorities: { RuleArn: true, Priority: true } },
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
    },

    DeleteRule: {
      accepts: { RuleArn: true },
      resources: ruleArns,
      run: ({ RuleArn }) => {
        const { listener, rule } = state.rule(RuleArn);
        if (rule.priority === 'default')
          throw new Fault('OperationNotPermitted', `Default rule '${RuleArn}' cannot be deleted`);
        listener.rules.splice(listener.rules.indexOf(rule), 1);
        state.tags.delete(rule.arn);
        return {};
      },
    },
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
