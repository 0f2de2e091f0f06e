import * as sdk from '@aws-sdk/client-iam';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Operations, ResourceType, Service } from '../core/service';
import { authorizeRole, decide, requestContext } from './authorize';
import { instanceProfileOperations } from './instance-profiles';
import { policyOperations } from './policies';
import { iamResourceTypes } from './resources';
import { roleOperations, useServiceLinkedRole } from './roles';
import { Spreading } from './spreading';
import { IamState, page } from './state';

/**
 * Identity and access management. It enforces the policies of roles on every call; the account's
 * administrator and AWS's own services may do everything.
 */
export class IamService implements Service {
  readonly signingName = 'iam';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = iamResourceTypes;

  private readonly state: IamState;

  constructor(core: Core) {
    const state = new IamState(core);
    this.state = state;
    const spreading = new Spreading(state);
    this.operations = spreading.noting({
      ...roleOperations(state),
      ...policyOperations(state),
      ...instanceProfileOperations(state),
      SimulatePrincipalPolicy: simulatePrincipalPolicy(state),
    });
    core.useServiceLinkedRole = (service, call) => useServiceLinkedRole(state, service, call);
    core.authorizer = (principal, action, resource, keys = () => ({})) => {
      if (principal.kind === 'role') authorizeRole(state, spreading, principal, action, resource, keys);
    };
  }

  tagsOf(arn: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.state.roleByArn(arn)?.tags ?? []);
  }
}

function simulatePrincipalPolicy(
  state: IamState,
): NonNullable<Operations<typeof sdk>['SimulatePrincipalPolicy']> {
  return {
    accepts: {
      PolicySourceArn: true,
      ActionNames: true,
      ResourceArns: true,
      ContextEntries: {
        ContextKeyName: true,
        ContextKeyValues: true,
        ContextKeyType: 'the condition operator says how values are compared',
      },
      MaxItems: true,
      Marker: true,
    },
    resources: ({ PolicySourceArn }) => [PolicySourceArn ?? '*'],
    run: ({
      PolicySourceArn = '',
      ActionNames = [],
      ResourceArns = ['*'],
      ContextEntries = [],
      ...request
    }) => {
      const role = state.roleByArn(PolicySourceArn);
      if (!role) throw new Fault('NoSuchEntity', `The role ${PolicySourceArn} cannot be found.`, 404);
      const session = {
        kind: 'role',
        arn: `${role.arn}/simulation`,
        roleArn: role.arn,
        accessKeyId: '',
      } as const;
      const given = Object.fromEntries(
        ContextEntries.map((entry) => [entry.ContextKeyName ?? '', entry.ContextKeyValues ?? []]),
      );
      const { items, ...rest } = page(
        ActionNames.flatMap((action) =>
          ResourceArns.map((resource) => ({
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: decide(state, state.policiesOfRole(role), action, resource, () => ({
              ...requestContext(state, session, role),
              ...given,
            })).decision,
          })),
        ),
        request,
      );
      return { EvaluationResults: items, ...rest };
    },
  };
}
