import type * as sdk from '@aws-sdk/client-iam';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { awsManagedArns, awsManagedPolicy } from './aws-managed';
import { parseIdentityPolicy } from './document';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  noSuchEntity,
  type PolicyRecord,
  type PolicyVersionRecord,
  page,
  pathOf,
  setTags,
  tagList,
  uniqueId,
} from './state';

const maximumVersions = 5;

/** Operations on managed policies. */
export function policyOperations(state: IamState): Operations<typeof sdk> {
  const onPolicy = ({ PolicyArn }: { PolicyArn?: string }) => [PolicyArn ?? '*'];
  const find = ({ PolicyArn }: { PolicyArn?: string }) => state.policy(PolicyArn ?? '');

  const describe = (policy: PolicyRecord): sdk.Policy => ({
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: state.rolesWithPolicy(policy.arn).length,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: policy.createdAt,
    UpdateDate: policy.versions.at(-1)?.createdAt,
    Tags: tagList(policy.tags),
  });
  const describeManaged = (arn: string): sdk.Policy => ({
    PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
    Arn: arn,
    Path: pathOf(arn),
    DefaultVersionId: 'v1',
    AttachmentCount: state.rolesWithPolicy(arn).length,
    IsAttachable: true,
  });
  const describeVersion = (policy: PolicyRecord, version: PolicyVersionRecord): sdk.PolicyVersion => ({
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersionId,
    CreateDate: version.createdAt,
  });
  const addVersion = (policy: PolicyRecord, document: string): PolicyVersionRecord => {
    parseIdentityPolicy(document);
    if (policy.versions.length >= maximumVersions)
      throw new Fault(
        'LimitExceeded',
        `A managed policy can have up to ${maximumVersions} versions. Before you create a new version, you must delete an existing version.`,
        409,
      );
    const version = { id: `v${policy.nextVersion++}`, document, createdAt: state.now() };
    policy.versions.push(version);
    return version;
  };
  const findVersion = (policy: PolicyRecord, id: string | undefined): PolicyVersionRecord => {
    const version = policy.versions.find((candidate) => candidate.id === id);
    if (!version)
      throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
    return version;
  };

  return {
    CreatePolicy: {
      accepts: {
        PolicyName: true,
        Path: true,
        PolicyDocument: true,
        Description: true,
        Tags: { Key: true, Value: true },
      },
      resources: ({ PolicyName, Path }) => [state.arn('policy', Path ?? '/', PolicyName ?? '')],
      run: ({ PolicyName = '', Path = '/', PolicyDocument = '', Description, Tags }) => {
        const arn = state.arn('policy', Path, PolicyName);
        if (state.policies.has(arn)) throw alreadyExists(`A policy called ${PolicyName} already exists.`);
        const policy: PolicyRecord = {
          name: PolicyName,
          path: Path,
          id: uniqueId('ANPA'),
          arn,
          description: Description,
          createdAt: state.now(),
          tags: new Map(),
          versions: [],
          defaultVersionId: 'v1',
          nextVersion: 1,
        };
        addVersion(policy, PolicyDocument);
        setTags(policy.tags, Tags);
        state.policies.set(arn, policy);
        return { Policy: describe(policy) };
      },
    },
    GetPolicy: {
      accepts: { PolicyArn: true },
      resources: onPolicy,
      run: (input) => {
        const arn = input.PolicyArn ?? '';
        return {
          Policy: awsManagedPolicy(arn) === undefined ? describe(find(input)) : describeManaged(arn),
        };
      },
    },
    GetPolicyVersion: {
      accepts: { PolicyArn: true, VersionId: true },
      resources: onPolicy,
      run: (input) => {
        const managed = awsManagedPolicy(input.PolicyArn ?? '');
        if (managed !== undefined)
          return {
            PolicyVersion: { VersionId: 'v1', IsDefaultVersion: true, Document: encodeURIComponent(managed) },
          };
        const policy = find(input);
        const version = findVersion(policy, input.VersionId);
        return {
          PolicyVersion: {
            ...describeVersion(policy, version),
            Document: encodeURIComponent(version.document),
          },
        };
      },
    },
    ListPolicyVersions: {
      accepts: { PolicyArn: true, Marker: true, MaxItems: true },
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        const { items, ...rest } = page(policy.versions, input);
        return { Versions: items.map((version) => describeVersion(policy, version)), ...rest };
      },
    },
    CreatePolicyVersion: {
      accepts: { PolicyArn: true, PolicyDocument: true, SetAsDefault: true },
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        const version = addVersion(policy, input.PolicyDocument ?? '');
        if (input.SetAsDefault) policy.defaultVersionId = version.id;
        return { PolicyVersion: describeVersion(policy, version) };
      },
    },
    SetDefaultPolicyVersion: {
      accepts: { PolicyArn: true, VersionId: true },
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        policy.defaultVersionId = findVersion(policy, input.VersionId).id;
        return {};
      },
    },
    DeletePolicyVersion: {
      accepts: { PolicyArn: true, VersionId: true },
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        const version = findVersion(policy, input.VersionId);
        if (version.id === policy.defaultVersionId)
          throw deleteConflict('Cannot delete the default version of a policy.');
        policy.versions.splice(policy.versions.indexOf(version), 1);
        return {};
      },
    },
    DeletePolicy: {
      accepts: { PolicyArn: true },
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        if (state.rolesWithPolicy(policy.arn).length > 0)
          throw deleteConflict('Cannot delete a policy attached to entities.');
        if (policy.versions.length > 1)
          throw deleteConflict('This policy has more than one version. Delete the others first.');
        state.policies.delete(policy.arn);
        return {};
      },
    },
    ListPolicies: {
      accepts: { Scope: true, OnlyAttached: true, PathPrefix: true, Marker: true, MaxItems: true },
      run: ({ Scope = 'All', OnlyAttached, PathPrefix = '/', ...request }) => {
        if (!['All', 'AWS', 'Local'].includes(Scope))
          throw new Fault('ValidationError', `Scope is All, AWS or Local; found ${Scope}.`);
        const own = Scope === 'AWS' ? [] : [...state.policies.values()].map(describe);
        const managed = Scope === 'Local' ? [] : awsManagedArns().map(describeManaged);
        const found = [...own, ...managed].filter(
          ({ Arn, AttachmentCount }) =>
            pathOf(Arn!).startsWith(PathPrefix) && (!OnlyAttached || AttachmentCount! > 0),
        );
        const { items, ...rest } = page(found, request);
        // A list leaves out description and tags. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
        return {
          Policies: items.map((policy) => ({ ...policy, Description: undefined, Tags: undefined })),
          ...rest,
        };
      },
    },
    ListEntitiesForPolicy: {
      accepts: { PolicyArn: true, EntityFilter: true, PathPrefix: true, Marker: true, MaxItems: true },
      resources: onPolicy,
      run: ({ PolicyArn = '', EntityFilter = 'Role', PathPrefix = '/', ...request }) => {
        if (state.managedDocument(PolicyArn) === undefined)
          throw noSuchEntity(`Policy ${PolicyArn} does not exist.`);
        // Users and groups there are none.
        const roles = state
          .rolesWithPolicy(PolicyArn)
          .filter(({ path }) => EntityFilter === 'Role' && path.startsWith(PathPrefix));
        const { items, ...rest } = page(roles, request);
        return {
          PolicyRoles: items.map((role) => ({ RoleName: role.name, RoleId: role.id })),
          PolicyUsers: [],
          PolicyGroups: [],
          ...rest,
        };
      },
    },
    TagPolicy: {
      accepts: { PolicyArn: true, Tags: { Key: true, Value: true } },
      resources: onPolicy,
      run: (input) => {
        setTags(find(input).tags, input.Tags);
        return {};
      },
    },
  };
}
