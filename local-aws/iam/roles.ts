import type * as sdk from '@aws-sdk/client-iam';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { parseIdentityPolicy, parsePolicy } from './document';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  noSuchEntity,
  type RoleRecord,
  setTags,
  tagList,
  uniqueId,
} from './state';

const defaultSessionSeconds = 3600;

/** Role as the API gives it; documents are URL-encoded there. */
export function describeRole(role: RoleRecord): sdk.Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.boundaryArn
      ? { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.boundaryArn }
      : undefined,
    Tags: tagList(role.tags),
  } as sdk.Role;
}

/** Operations on roles, and on the policies that they carry. */
export function roleOperations(state: IamState): Record<string, Operation> {
  const onRole = ({ RoleName }: { RoleName?: string }) => [state.roleArn(RoleName ?? '')];
  const find = ({ RoleName }: { RoleName?: string }) => state.role(RoleName ?? '');

  return {
    CreateRole: operation<sdk.CreateRoleRequest, sdk.CreateRoleResponse>({
      resources: ({ RoleName, Path }) => [state.arn('role', Path ?? '/', RoleName ?? '')],
      run: (input) => ({ Role: describeRole(createRole(state, input)) }),
    }),
    CreateServiceLinkedRole: operation<
      sdk.CreateServiceLinkedRoleRequest,
      sdk.CreateServiceLinkedRoleResponse
    >({
      run: ({ AWSServiceName = '', CustomSuffix, Description }) => {
        const suffix = CustomSuffix ? `_${CustomSuffix}` : '';
        const name = `AWSServiceRoleFor${serviceLinkedName(AWSServiceName)}${suffix}`;
        if (state.roles.has(name))
          throw new Fault(
            'InvalidInput',
            `Service role name ${name} has been taken in this account, please try a different suffix.`,
          );
        const role = createRole(state, {
          RoleName: name,
          Path: `/aws-service-role/${AWSServiceName}/`,
          Description,
          AssumeRolePolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: AWSServiceName } },
          }),
        });
        return { Role: describeRole(role) };
      },
    }),
    GetRole: operation<sdk.GetRoleRequest, sdk.GetRoleResponse>({
      resources: onRole,
      run: (input) => ({ Role: describeRole(find(input)) }),
    }),
    ListRoles: operation<sdk.ListRolesRequest, sdk.ListRolesResponse>({
      run: ({ PathPrefix = '/' }) => ({
        IsTruncated: false,
        Roles: [...state.roles.values()].filter(({ path }) => path.startsWith(PathPrefix)).map(describeRole),
      }),
    }),
    UpdateRole: operation<sdk.UpdateRoleRequest, sdk.UpdateRoleResponse>({
      resources: onRole,
      run: (input) => {
        const role = find(input);
        if (input.Description !== undefined) role.description = input.Description;
        role.maxSessionSeconds = input.MaxSessionDuration ?? role.maxSessionSeconds;
        return {};
      },
    }),
    UpdateAssumeRolePolicy: operation<sdk.UpdateAssumeRolePolicyRequest, object>({
      resources: onRole,
      run: (input) => {
        const role = find(input);
        parsePolicy(input.PolicyDocument ?? '');
        role.trust = input.PolicyDocument ?? '';
        return {};
      },
    }),
    DeleteRole: operation<sdk.DeleteRoleRequest, object>({
      resources: onRole,
      run: (input) => {
        const role = find(input);
        if (state.profilesOfRole(role.name).length > 0)
          throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
        if (role.inline.size > 0) throw deleteConflict('Cannot delete entity, must delete policies first.');
        if (role.attached.size > 0)
          throw deleteConflict('Cannot delete entity, must detach all policies first.');
        state.roles.delete(role.name);
        return {};
      },
    }),
    PutRolePermissionsBoundary: operation<sdk.PutRolePermissionsBoundaryRequest, object>({
      resources: onRole,
      run: (input) => {
        find(input).boundaryArn = attachable(state, input.PermissionsBoundary);
        return {};
      },
    }),
    DeleteRolePermissionsBoundary: operation<sdk.DeleteRolePermissionsBoundaryRequest, object>({
      resources: onRole,
      run: (input) => {
        find(input).boundaryArn = undefined;
        return {};
      },
    }),

    PutRolePolicy: operation<sdk.PutRolePolicyRequest, object>({
      resources: onRole,
      run: (input) => {
        const role = find(input);
        parseIdentityPolicy(input.PolicyDocument ?? '');
        role.inline.set(input.PolicyName ?? '', input.PolicyDocument ?? '');
        return {};
      },
    }),
    GetRolePolicy: operation<sdk.GetRolePolicyRequest, sdk.GetRolePolicyResponse>({
      resources: onRole,
      run: (input) => ({
        RoleName: input.RoleName,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeURIComponent(inlinePolicy(find(input), input.PolicyName)),
      }),
    }),
    DeleteRolePolicy: operation<sdk.DeleteRolePolicyRequest, object>({
      resources: onRole,
      run: (input) => {
        const role = find(input);
        inlinePolicy(role, input.PolicyName);
        role.inline.delete(input.PolicyName ?? '');
        return {};
      },
    }),
    ListRolePolicies: operation<sdk.ListRolePoliciesRequest, sdk.ListRolePoliciesResponse>({
      resources: onRole,
      run: (input) => ({ IsTruncated: false, PolicyNames: [...find(input).inline.keys()] }),
    }),

    AttachRolePolicy: operation<sdk.AttachRolePolicyRequest, object>({
      resources: onRole,
      run: (input) => {
        find(input).attached.add(attachable(state, input.PolicyArn));
        return {};
      },
    }),
    DetachRolePolicy: operation<sdk.DetachRolePolicyRequest, object>({
      resources: onRole,
      run: (input) => {
        if (!find(input).attached.delete(input.PolicyArn ?? ''))
          throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
        return {};
      },
    }),
    ListAttachedRolePolicies: operation<
      sdk.ListAttachedRolePoliciesRequest,
      sdk.ListAttachedRolePoliciesResponse
    >({
      resources: onRole,
      run: (input) => ({
        IsTruncated: false,
        AttachedPolicies: [...find(input).attached].map((arn) => ({
          PolicyArn: arn,
          PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
        })),
      }),
    }),

    TagRole: operation<sdk.TagRoleRequest, object>({
      resources: onRole,
      run: (input) => {
        setTags(find(input).tags, input.Tags);
        return {};
      },
    }),
    UntagRole: operation<sdk.UntagRoleRequest, object>({
      resources: onRole,
      run: (input) => {
        const { tags } = find(input);
        for (const key of input.TagKeys ?? []) tags.delete(key);
        return {};
      },
    }),
    ListRoleTags: operation<sdk.ListRoleTagsRequest, sdk.ListRoleTagsResponse>({
      resources: onRole,
      run: (input) => ({ IsTruncated: false, Tags: tagList(find(input).tags) }),
    }),
  };
}

function createRole(state: IamState, input: sdk.CreateRoleRequest): RoleRecord {
  const name = input.RoleName ?? '';
  const path = input.Path ?? '/';
  const trust = input.AssumeRolePolicyDocument ?? '';
  if (!/^[\w+=,.@-]{1,64}$/.test(name))
    throw new Fault(
      'ValidationError',
      `The role name '${name}' is not valid: 1 to 64 letters, digits and _+=,.@- are.`,
    );
  if (state.roles.has(name)) throw alreadyExists(`Role with name ${name} already exists.`);
  parsePolicy(trust);
  const role: RoleRecord = {
    name,
    path,
    id: uniqueId('AROA'),
    arn: state.arn('role', path, name),
    createdAt: state.now(),
    trust,
    description: input.Description,
    maxSessionSeconds: input.MaxSessionDuration ?? defaultSessionSeconds,
    boundaryArn: input.PermissionsBoundary ? attachable(state, input.PermissionsBoundary) : undefined,
    tags: new Map(),
    inline: new Map(),
    attached: new Set(),
  };
  setTags(role.tags, input.Tags);
  state.roles.set(name, role);
  return role;
}

/** How the services that are used here write themselves in their roles' names. */
const serviceLinkedNames: Readonly<Record<string, string>> = {
  'autoscaling.amazonaws.com': 'AutoScaling',
  'elasticloadbalancing.amazonaws.com': 'ElasticLoadBalancing',
  'imagebuilder.amazonaws.com': 'ImageBuilder',
};

function serviceLinkedName(service: string): string {
  const name = serviceLinkedNames[service];
  if (name === undefined)
    throw new Fault('InvalidInput', `The local AWS knows no service-linked role of ${service}.`);
  return name;
}

function inlinePolicy(role: RoleRecord, name = ''): string {
  const document = role.inline.get(name);
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  return document;
}

function attachable(state: IamState, arn = ''): string {
  if (state.managedDocument(arn) === undefined)
    throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  return arn;
}
