import type * as sdk from '@aws-sdk/client-iam';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { awsManagedPolicy } from './aws-managed';
import { parseIdentityPolicy } from './document';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  noSuchEntity,
  type PolicyRecord,
  type PolicyVersionRecord,
  setTags,
  tagList,
  uniqueId,
} from './state';

const maximumVersions = 5;

/** Operations on managed policies. */
export function policyOperations(state: IamState): Record<string, Operation> {
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
    CreatePolicy: operation<sdk.CreatePolicyRequest, sdk.CreatePolicyResponse>({
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
    }),
    GetPolicy: operation<sdk.GetPolicyRequest, sdk.GetPolicyResponse>({
      resources: onPolicy,
      run: (input) => {
        const arn = input.PolicyArn ?? '';
        if (awsManagedPolicy(arn) === undefined) return { Policy: describe(find(input)) };
        return {
          Policy: {
            PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
            Arn: arn,
            DefaultVersionId: 'v1',
            AttachmentCount: state.rolesWithPolicy(arn).length,
            IsAttachable: true,
          },
        };
      },
    }),
    GetPolicyVersion: operation<sdk.GetPolicyVersionRequest, sdk.GetPolicyVersionResponse>({
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
    }),
    ListPolicyVersions: operation<sdk.ListPolicyVersionsRequest, sdk.ListPolicyVersionsResponse>({
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        return {
          IsTruncated: false,
          Versions: policy.versions.map((version) => describeVersion(policy, version)),
        };
      },
    }),
    CreatePolicyVersion: operation<sdk.CreatePolicyVersionRequest, sdk.CreatePolicyVersionResponse>({
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        const version = addVersion(policy, input.PolicyDocument ?? '');
        if (input.SetAsDefault) policy.defaultVersionId = version.id;
        return { PolicyVersion: describeVersion(policy, version) };
      },
    }),
    SetDefaultPolicyVersion: operation<sdk.SetDefaultPolicyVersionRequest, object>({
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        policy.defaultVersionId = findVersion(policy, input.VersionId).id;
        return {};
      },
    }),
    DeletePolicyVersion: operation<sdk.DeletePolicyVersionRequest, object>({
      resources: onPolicy,
      run: (input) => {
        const policy = find(input);
        const version = findVersion(policy, input.VersionId);
        if (version.id === policy.defaultVersionId)
          throw deleteConflict('Cannot delete the default version of a policy.');
        policy.versions.splice(policy.versions.indexOf(version), 1);
        return {};
      },
    }),
    DeletePolicy: operation<sdk.DeletePolicyRequest, object>({
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
    }),
    ListPolicies: operation<sdk.ListPoliciesRequest, sdk.ListPoliciesResponse>({
      run: ({ Scope = 'All' }) => ({
        IsTruncated: false,
        Policies: Scope === 'AWS' ? [] : [...state.policies.values()].map(describe),
      }),
    }),
    ListEntitiesForPolicy: operation<sdk.ListEntitiesForPolicyRequest, sdk.ListEntitiesForPolicyResponse>({
      resources: onPolicy,
      run: ({ PolicyArn = '' }) => ({
        IsTruncated: false,
        PolicyRoles: state
          .rolesWithPolicy(PolicyArn)
          .map((role) => ({ RoleName: role.name, RoleId: role.id })),
      }),
    }),
    TagPolicy: operation<sdk.TagPolicyRequest, object>({
      resources: onPolicy,
      run: (input) => {
        setTags(find(input).tags, input.Tags);
        return {};
      },
    }),
  };
}
