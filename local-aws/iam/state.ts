import { randomBytes } from 'node:crypto';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import { awsManagedPolicy } from './aws-managed';
import { type PolicyDocument, parsePolicy } from './document';

export type Tags = Map<string, string>;

/** A role as it is kept. */
export interface RoleRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: Date;
  /** Trust policy, as JSON text. */
  trust: string;
  description?: string;
  maxSessionSeconds: number;
  boundaryArn?: string;
  readonly tags: Tags;
  /** Inline policies: JSON text by name. */
  readonly inline: Map<string, string>;
  /** ARNs of the managed policies that are attached. */
  readonly attached: Set<string>;
}

/** One version of a managed policy. */
export interface PolicyVersionRecord {
  readonly id: string;
  readonly document: string;
  readonly createdAt: Date;
}

/** A customer managed policy as it is kept. */
export interface PolicyRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly description?: string;
  readonly createdAt: Date;
  readonly tags: Tags;
  readonly versions: PolicyVersionRecord[];
  defaultVersionId: string;
  /** Number of the next version; numbers are never used twice. */
  nextVersion: number;
}

/** An instance profile as it is kept. */
export interface InstanceProfileRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly tags: Tags;
  roleName?: string;
}

/** What decides what a role may do. */
export interface PoliciesOfRole {
  readonly identity: readonly PolicyDocument[];
  readonly boundary?: PolicyDocument;
}

/** All of an account's identities and policies. */
export class IamState {
  readonly roles = new Map<string, RoleRecord>();
  /** Customer managed policies by ARN. */
  readonly policies = new Map<string, PolicyRecord>();
  readonly instanceProfiles = new Map<string, InstanceProfileRecord>();
  private readonly parsed = new Map<string, PolicyDocument>();

  constructor(readonly core: Core) {}

  now(): Date {
    return new Date(this.core.clock.now());
  }

  arn(kind: 'role' | 'policy' | 'instance-profile', path: string, name: string): string {
    return this.core.arn('iam', `${kind}${path}${name}`);
  }

  /** ARN of a role that exists; the one it would have when it does not. */
  roleArn(name: string): string {
    return this.roles.get(name)?.arn ?? this.arn('role', '/', name);
  }

  profileArn(name: string): string {
    return this.instanceProfiles.get(name)?.arn ?? this.arn('instance-profile', '/', name);
  }

  role(name: string): RoleRecord {
    const role = this.roles.get(name);
    if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
    return role;
  }

  roleByArn(arn: string): RoleRecord | undefined {
    const role = this.roles.get(arn.slice(arn.lastIndexOf('/') + 1));
    return role?.arn === arn ? role : undefined;
  }

  policy(arn: string): PolicyRecord {
    const policy = this.policies.get(arn);
    if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
    return policy;
  }

  instanceProfile(name: string): InstanceProfileRecord {
    const profile = this.instanceProfiles.get(name);
    if (!profile) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
    return profile;
  }

  /** A managed policy's document in force, AWS's own included; undefined when there is none of that ARN. */
  managedDocument(arn: string): string | undefined {
    const policy = this.policies.get(arn);
    if (!policy) return awsManagedPolicy(arn);
    return policy.versions.find(({ id }) => id === policy.defaultVersionId)?.document;
  }

  rolesWithPolicy(arn: string): RoleRecord[] {
    return [...this.roles.values()].filter((role) => role.attached.has(arn));
  }

  profilesOfRole(name: string): InstanceProfileRecord[] {
    return [...this.instanceProfiles.values()].filter((profile) => profile.roleName === name);
  }

  /** The policies that give a role its permissions. */
  identityPolicies(role: RoleRecord): PolicyDocument[] {
    const managed = [...role.attached].flatMap((arn) => this.managedDocument(arn) ?? []);
    return [...role.inline.values(), ...managed].map((text) => this.parse(text));
  }

  /** A role's permissions boundary, when it has one. */
  boundary(role: RoleRecord): PolicyDocument | undefined {
    const text = role.boundaryArn === undefined ? undefined : this.managedDocument(role.boundaryArn);
    return text === undefined ? undefined : this.parse(text);
  }

  /** All that decides what a role may do. */
  policiesOfRole(role: RoleRecord): PoliciesOfRole {
    return { identity: this.identityPolicies(role), boundary: this.boundary(role) };
  }

  /** Every call is checked against its role's policies: each text is parsed once. */
  private parse(text: string): PolicyDocument {
    let document = this.parsed.get(text);
    if (!document) {
      document = parsePolicy(text);
      this.parsed.set(text, document);
    }
    return document;
  }
}

/** A new unique id as IAM makes them: a prefix of four letters and 17 more characters. */
export function uniqueId(prefix: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return prefix + [...randomBytes(17)].map((byte) => alphabet[byte % 32]).join('');
}

/** The fault for what is not there. */
export function noSuchEntity(message: string): Fault {
  return new Fault('NoSuchEntity', message, 404);
}

/** The fault for a name that is taken. */
export function alreadyExists(message: string): Fault {
  return new Fault('EntityAlreadyExists', message, 409);
}

/** The fault for a deletion of what something else still needs. */
export function deleteConflict(message: string): Fault {
  return new Fault('DeleteConflict', message, 409);
}

interface Tag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

/** Adds a call's tags to those of a resource. */
export function setTags(tags: Tags, list: readonly Tag[] | undefined): void {
  for (const { Key, Value } of list ?? []) tags.set(Key ?? '', Value ?? '');
}

/** A resource's tags, as calls answer them. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

/** One page of a list as IAM gives it, a hundred at a time if nobody says otherwise. */
export function page<T>(
  entries: readonly T[],
  { Marker, MaxItems = 100 }: { readonly Marker?: string; readonly MaxItems?: number },
): { readonly items: T[]; readonly IsTruncated: boolean; readonly Marker?: string } {
  const invalid = (token: string) => new Fault('ValidationError', `Invalid Marker: ${token}`);
  const { items, next } = pageOf(entries, { size: MaxItems, token: Marker, invalid });
  return { items, IsTruncated: next !== undefined, Marker: next };
}

/** The path in a policy's ARN: `/` or `/service-role/`. */
export function pathOf(policyArn: string): string {
  return policyArn.replace(/^.*?:policy/, '').replace(/[^/]*$/, '');
}
