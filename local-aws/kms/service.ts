import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-kms';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import type { Call, Operations, Service } from '../core/service';
import { parsePolicy } from '../iam/document';
import { accessOf, type Key, Keys } from './keys';

const POLICY_NAME = 'default';

/** Key Management Service: keys with their policies and grants, for volumes that are encrypted. It encrypts nothing. */
export class KmsService implements Service {
  readonly signingName = 'kms';
  readonly sdk = sdk;
  readonly keys: Keys;
  readonly operations: Operations<typeof sdk>;

  constructor(core: Core) {
    this.keys = new Keys(core);
    const { keys } = this;
    /** A key that the caller may do something with. */
    const allowed = (name: string | undefined, action: string, call: Call): Key => {
      const key = keys.get(name);
      authorize(key, `kms:${action}`, call);
      return key;
    };
    // Who may do what with a key is decided by its policy first, and by the caller's policies where that says so.
    const resources = () => [];
    this.operations = {
      CreateKey: {
        accepts: {
          Policy: true,
          Description: true,
          KeySpec: only('SYMMETRIC_DEFAULT'),
          KeyUsage: only('ENCRYPT_DECRYPT'),
          Origin: only('AWS_KMS'),
          MultiRegion: only(false),
          BypassPolicyLockoutSafetyCheck: 'no policy locks the administrator out here',
        },
        run: ({ Policy, Description = '' }) => ({ KeyMetadata: keys.create(Policy, Description).metadata }),
      },
      DescribeKey: {
        accepts: { KeyId: true, GrantTokens: 'grants are in force at once' },
        resources,
        run: ({ KeyId }, call) => ({ KeyMetadata: allowed(KeyId, 'DescribeKey', call).metadata }),
      },
      EnableKey: {
        accepts: { KeyId: true },
        resources,
        run: ({ KeyId }, call) => setEnabled(allowed(KeyId, 'EnableKey', call), true),
      },
      DisableKey: {
        accepts: { KeyId: true },
        resources,
        run: ({ KeyId }, call) => setEnabled(allowed(KeyId, 'DisableKey', call), false),
      },
      GetKeyPolicy: {
        accepts: { KeyId: true, PolicyName: only(POLICY_NAME) },
        resources,
        run: ({ KeyId }, call) => ({
          Policy: allowed(KeyId, 'GetKeyPolicy', call).policy,
          PolicyName: POLICY_NAME,
        }),
      },
      PutKeyPolicy: {
        accepts: {
          KeyId: true,
          PolicyName: only(POLICY_NAME),
          Policy: true,
          BypassPolicyLockoutSafetyCheck: 'no policy locks the administrator out here',
        },
        resources,
        run: ({ KeyId, Policy = '' }, call) => {
          const key = allowed(KeyId, 'PutKeyPolicy', call);
          key.document = parsePolicy(Policy);
          key.policy = Policy;
          return {};
        },
      },
      CreateGrant: {
        accepts: { KeyId: true, GranteePrincipal: true, Operations: true, Name: true },
        resources,
        run: ({ KeyId, GranteePrincipal, Operations, Name }, call) => {
          const key = allowed(KeyId, 'CreateGrant', call);
          const GrantId = randomUUID().replaceAll('-', '').repeat(2);
          key.grants.push({
            KeyId: key.metadata.Arn,
            GrantId,
            Name,
            GranteePrincipal,
            Operations,
            CreationDate: new Date(core.clock.now()),
            IssuingAccount: core.root.arn,
          });
          return { GrantId, GrantToken: GrantId };
        },
      },
      ListGrants: {
        accepts: { KeyId: true, GranteePrincipal: true, GrantId: true, Limit: true, Marker: true },
        resources,
        run: ({ KeyId, GranteePrincipal, GrantId, Limit, Marker }, call) => {
          const found = allowed(KeyId, 'ListGrants', call).grants.filter(
            (grant) =>
              (GranteePrincipal === undefined || grant.GranteePrincipal === GranteePrincipal) &&
              (GrantId === undefined || grant.GrantId === GrantId),
          );
          const invalid = () => new Fault('InvalidMarkerException', 'The marker is not valid.');
          const { items, next } = pageOf(found, { size: Limit, token: Marker, invalid });
          return { Grants: items, NextMarker: next, Truncated: next !== undefined };
        },
      },
    };
  }
}

function setEnabled({ metadata }: Key, isEnabled: boolean): object {
  metadata.Enabled = isEnabled;
  metadata.KeyState = isEnabled ? 'Enabled' : 'Disabled';
  return {};
}

/** @throws Fault AccessDeniedException */
function authorize(key: Key, action: string, call: Call): void {
  const { principal, core } = call;
  if (principal.kind !== 'role') return;
  const { direct, isDelegated } = accessOf(core, key, principal.roleArn, action);
  if (direct === 'allowed') return;
  if (direct !== 'explicitDeny' && isDelegated) {
    call.authorize(action, key.metadata.Arn!);
    return;
  }
  throw new Fault(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${key.metadata.Arn} because no resource-based policy allows the ${action} action`,
  );
}
