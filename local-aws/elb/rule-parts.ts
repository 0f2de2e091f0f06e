import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { Fault } from '../core/fault';
import { conditionProblem } from './routing';
import { type ElbState, invalid, targetGroupsOf } from './state';

/** As they are kept: a forward action names its target groups in both ways that AWS has. @throws Fault for what AWS refuses */
export function actionsOf(state: ElbState) {
  return (listener: { loadBalancerArn: string }, actions: readonly sdk.Action[] | undefined) => {
    if (actions?.length !== 1)
      throw invalid(
        'You must specify exactly one of the following action types: forward, redirect, fixed-response',
      );
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
}

/** Conditions as they are kept. @throws Fault for what AWS refuses */
export const conditionsFrom = (conditions: readonly sdk.RuleCondition[] | undefined) => {
  if (!conditions?.length) throw invalid('A condition must be specified');
  for (const condition of conditions) {
    const problem = conditionProblem(condition);
    if (problem) throw invalid(problem);
  }
  return structuredClone([...conditions]);
};
