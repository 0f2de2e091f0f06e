import type { Operation } from '../core/service';
import { MOST_PERMISSIONS_DELAY_SECONDS } from '../core/variations';
import type { IamState, PoliciesOfRole, RoleRecord } from './state';

/** A change of what a role may do, and what it might do before. */
interface Change {
  readonly at: number;
  readonly before: PoliciesOfRole;
  /** From when on a service goes by it; drawn when the service asks for the first time. */
  readonly inForceFrom: Map<string, number>;
}

type Changing = (input: { RoleName?: string; PolicyArn?: string }) => readonly RoleRecord[];

/**
 * How changes of roles' permissions spread: each service comes to know of each change some seconds after it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export class Spreading {
  private readonly changes = new Map<string, Change[]>();

  constructor(private readonly state: IamState) {}

  /** Operations that note what they change. */
  noting<Operations extends object>(operations: Operations): Operations {
    const { state } = this;
    const ofRole: Changing = ({ RoleName = '' }) => [state.roles.get(RoleName) ?? []].flat();
    const ofPolicy: Changing = ({ PolicyArn = '' }) => state.rolesWithPolicy(PolicyArn);
    const changing: Readonly<Record<string, Changing>> = {
      CreateRole: ofRole,
      PutRolePolicy: ofRole,
      DeleteRolePolicy: ofRole,
      AttachRolePolicy: ofRole,
      DetachRolePolicy: ofRole,
      PutRolePermissionsBoundary: ofRole,
      DeleteRolePermissionsBoundary: ofRole,
      CreatePolicyVersion: ofPolicy,
      SetDefaultPolicyVersion: ofPolicy,
    };
    const noted = Object.entries(operations as Readonly<Record<string, Operation>>).map(
      ([name, operation]) => [name, changing[name] ? this.notingOne(operation, changing[name]) : operation],
    );
    return Object.fromEntries(noted) as Operations;
  }

  /** The policies that a service goes by for a role at present. */
  inForce(role: RoleRecord, service: string): PoliciesOfRole {
    const { state } = this;
    const now = state.core.clock.now();
    const recent = (this.changes.get(role.id) ?? []).filter(
      ({ at }) => now - at <= MOST_PERMISSIONS_DELAY_SECONDS * 1000,
    );
    if (recent.length === 0) this.changes.delete(role.id);
    else this.changes.set(role.id, recent);
    const unknown = recent.find((change) => this.knownFrom(change, service) > now);
    return unknown?.before ?? state.policiesOfRole(role);
  }

  private knownFrom({ at, inForceFrom }: Change, service: string): number {
    const known = inForceFrom.get(service) ?? at + this.state.core.variations.permissionsDelayMs();
    inForceFrom.set(service, known);
    return known;
  }

  private notingOne(operation: Operation, rolesOf: Changing): Operation {
    const { run } = operation as unknown as Operation<object>;
    return {
      ...operation,
      run: async (input: object, call: Parameters<typeof run>[1]) => {
        const before = new Map(rolesOf(input).map((role) => [role.id, this.state.policiesOfRole(role)]));
        const output = await run(input, call);
        const at = this.state.core.clock.now();
        for (const { id } of rolesOf(input)) {
          const change = { at, before: before.get(id) ?? { identity: [] }, inForceFrom: new Map() };
          this.changes.set(id, [...(this.changes.get(id) ?? []), change]);
        }
        return output;
      },
    } as unknown as Operation;
  }
}
