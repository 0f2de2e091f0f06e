import type * as sdk from '@aws-sdk/client-lambda';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import type { Operations } from '../core/service';
import { matchesWildcard } from '../iam/conditions';
import { checkRevision, type FunctionRecord, type Functions, type Permission } from './functions';

/** Services that invoke a function on a customer's behalf only when the function's own policy lets them. */
const invokingServices = new Set(['events.amazonaws.com', 's3.amazonaws.com', 'sns.amazonaws.com']);

/**
 * Checks a service's invocation against the function's policy; a role's was checked by IAM.
 * @throws Fault AccessDeniedException
 */
export function checkInvoker(record: FunctionRecord, principal: Principal, account: string): void {
  if (principal.kind !== 'service' || !invokingServices.has(principal.service)) return;
  const allowed = [...record.permissions.values()].some(
    (permission) =>
      ['lambda:InvokeFunction', 'lambda:*'].includes(permission.action) &&
      permission.principal === principal.service &&
      (permission.sourceArn === undefined || matchesWildcard(permission.sourceArn, principal.arn)) &&
      (permission.sourceAccount === undefined || permission.sourceAccount === account),
  );
  if (!allowed)
    throw new Fault(
      'AccessDeniedException',
      `${principal.service} (${principal.arn}) is not authorized to perform: lambda:InvokeFunction on resource: ` +
        `${record.arn} because no resource-based policy allows the lambda:InvokeFunction action`,
      403,
    );
}

/** Operations on functions' own policies. */
export function permissionOperations(core: Core, functions: Functions): Operations<typeof sdk> {
  const onFunction = ({ FunctionName }: { FunctionName?: string }) => [functions.arn(FunctionName)];
  return {
    AddPermission: {
      accepts: {
        FunctionName: true,
        StatementId: true,
        Action: true,
        Principal: true,
        SourceArn: true,
        SourceAccount: true,
        RevisionId: true,
        Qualifier: only('$LATEST'),
      },
      resources: onFunction,
      run: (input) => {
        const record = functions.find(input.FunctionName);
        checkRevision(record, input.RevisionId);
        const id = input.StatementId ?? '';
        if (record.permissions.has(id))
          throw new Fault(
            'ResourceConflictException',
            `The statement id (${id}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
            409,
          );
        const permission: Permission = {
          id,
          action: input.Action ?? '',
          principal: input.Principal ?? '',
          sourceArn: input.SourceArn,
          sourceAccount: input.SourceAccount,
        };
        record.permissions.set(id, permission);
        return { Statement: JSON.stringify(statement(core, record, permission)) };
      },
    },
    RemovePermission: {
      accepts: { FunctionName: true, StatementId: true, RevisionId: true, Qualifier: only('$LATEST') },
      resources: onFunction,
      run: ({ FunctionName, StatementId = '', RevisionId }) => {
        const record = functions.find(FunctionName);
        checkRevision(record, RevisionId);
        if (!record.permissions.delete(StatementId))
          throw new Fault(
            'ResourceNotFoundException',
            `Statement ${StatementId} is not found in resource policy.`,
            404,
          );
        return {};
      },
    },
    GetPolicy: {
      accepts: { FunctionName: true, Qualifier: only('$LATEST') },
      resources: onFunction,
      run: ({ FunctionName }) => {
        const record = functions.find(FunctionName);
        if (record.permissions.size === 0)
          throw new Fault('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
        const statements = [...record.permissions.values()].map((one) => statement(core, record, one));
        return {
          RevisionId: record.revisionId,
          Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }),
        };
      },
    },
  };
}

function statement(core: Core, record: FunctionRecord, permission: Permission): object {
  const { principal, sourceArn, sourceAccount } = permission;
  const isService = principal.includes('.');
  const condition = {
    ...(sourceArn ? { ArnLike: { 'AWS:SourceArn': sourceArn } } : {}),
    ...(sourceAccount ? { StringEquals: { 'AWS:SourceAccount': sourceAccount } } : {}),
  };
  return {
    Sid: permission.id,
    Effect: 'Allow',
    Principal: isService
      ? { Service: principal }
      : { AWS: /^\d+$/.test(principal) ? `arn:aws:iam::${principal || core.account}:root` : principal },
    Action: permission.action,
    Resource: record.arn,
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  };
}
