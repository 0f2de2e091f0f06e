import type * as sdk from '@aws-sdk/client-iam';
import { Fault } from '../core/fault';
import type { Call, ConditionKeys, Operations } from '../core/service';
import { parseIdentityPolicy, parsePolicy } from './document';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  noSuchEntity,
  page,
  pathOf,
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
export function roleOperations(state: IamState): Operations<typeof sdk> {
  const onRole = ({ RoleName }: { RoleName?: string }) => [state.roleArn(RoleName ?? '')];
  const find = ({ RoleName }: { RoleName?: string }) => state.role(RoleName ?? '');

  return {
    CreateRole: {
      accepts: {
        Path: true,
        RoleName: true,
        AssumeRolePolicyDocument: true,
        Description: true,
        MaxSessionDuration: true,
        PermissionsBoundary: true,
        Tags: { Key: true, Value: true },
      },
      resources: ({ RoleName, Path }) => [state.arn('role', Path ?? '/', RoleName ?? '')],
      run: (input) => ({ Role: describeRole(createRole(state, input)) }),
    },
    CreateServiceLinkedRole: {
      accepts: { AWSServiceName: true, Description: true, CustomSuffix: true },
      resources: ({ AWSServiceName = '', CustomSuffix }) => [
        serviceLinkedRoleArn(state, AWSServiceName, CustomSuffix),
      ],
      conditionKeys: ({ AWSServiceName = '' }) => serviceNamed(AWSServiceName),
      run: (input) => {
        const name = serviceLinkedRoleName(input.AWSServiceName ?? '', input.CustomSuffix);
        if (state.roles.has(name))
          throw new Fault(
            'InvalidInput',
            `Service role name ${name} has been taken in this account, please try a different suffix.`,
          );
        return { Role: describeRole(createServiceLinkedRole(state, input)) };
      },
    },
    GetRole: {
      accepts: { RoleName: true },
      resources: onRole,
      run: (input) => ({ Role: describeRole(find(input)) }),
    },
    ListRoles: {
      accepts: { PathPrefix: true, Marker: true, MaxItems: true },
      run: ({ PathPrefix = '/', ...request }) => {
        const { items, ...rest } = page(
          [...state.roles.values()].filter(({ path }) => path.startsWith(PathPrefix)),
          request,
        );
        // A list leaves out what GetRole tells of each. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
        return {
          Roles: items.map((role) => ({
            ...describeRole(role),
            PermissionsBoundary: undefined,
            Tags: undefined,
          })),
          ...rest,
        };
      },
    },
    UpdateRole: {
      accepts: { RoleName: true, Description: true, MaxSessionDuration: true },
      resources: onRole,
      run: (input) => {
        const role = find(input);
        if (input.Description !== undefined) role.description = input.Description;
        role.maxSessionSeconds = sessionSeconds(input.MaxSessionDuration ?? role.maxSessionSeconds);
        return {};
      },
    },
    UpdateAssumeRolePolicy: {
      accepts: { RoleName: true, PolicyDocument: true },
      resources: onRole,
      run: (input) => {
        const role = find(input);
        parsePolicy(input.PolicyDocument ?? '');
        role.trust = input.PolicyDocument ?? '';
        return {};
      },
    },
    DeleteRole: {
      accepts: { RoleName: true },
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
    },
    PutRolePermissionsBoundary: {
      accepts: { RoleName: true, PermissionsBoundary: true },
      resources: onRole,
      run: (input) => {
        find(input).boundaryArn = attachable(state, input.PermissionsBoundary);
        return {};
      },
    },
    DeleteRolePermissionsBoundary: {
      accepts: { RoleName: true },
      resources: onRole,
      run: (input) => {
        find(input).boundaryArn = undefined;
        return {};
      },
    },

    PutRolePolicy: {
      accepts: { RoleName: true, PolicyName: true, PolicyDocument: true },
      resources: onRole,
      run: (input) => {
        const role = find(input);
        parseIdentityPolicy(input.PolicyDocument ?? '');
        role.inline.set(input.PolicyName ?? '', input.PolicyDocument ?? '');
        return {};
      },
    },
    GetRolePolicy: {
      accepts: { RoleName: true, PolicyName: true },
      resources: onRole,
      run: (input) => ({
        RoleName: input.RoleName,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeURIComponent(inlinePolicy(find(input), input.PolicyName)),
      }),
    },
    DeleteRolePolicy: {
      accepts: { RoleName: true, PolicyName: true },
      resources: onRole,
      run: (input) => {
        const role = find(input);
        inlinePolicy(role, input.PolicyName);
        role.inline.delete(input.PolicyName ?? '');
        return {};
      },
    },
    ListRolePolicies: {
      accepts: { RoleName: true, Marker: true, MaxItems: true },
      resources: onRole,
      run: (input) => {
        const { items, ...rest } = page([...find(input).inline.keys()], input);
        return { PolicyNames: items, ...rest };
      },
    },

    AttachRolePolicy: {
      accepts: { RoleName: true, PolicyArn: true },
      resources: onRole,
      run: (input) => {
        find(input).attached.add(attachable(state, input.PolicyArn));
        return {};
      },
    },
    DetachRolePolicy: {
      accepts: { RoleName: true, PolicyArn: true },
      resources: onRole,
      run: (input) => {
        if (!find(input).attached.delete(input.PolicyArn ?? ''))
          throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
        return {};
      },
    },
    ListAttachedRolePolicies: {
      accepts: { RoleName: true, PathPrefix: true, Marker: true, MaxItems: true },
      resources: onRole,
      run: (input) => {
        const { PathPrefix = '/' } = input;
        const attached = [...find(input).attached].filter((arn) => pathOf(arn).startsWith(PathPrefix));
        const { items, ...rest } = page(attached, input);
        return {
          AttachedPolicies: items.map((arn) => ({
            PolicyArn: arn,
            PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
          })),
          ...rest,
        };
      },
    },

    TagRole: {
      accepts: { RoleName: true, Tags: { Key: true, Value: true } },
      resources: onRole,
      run: (input) => {
        setTags(find(input).tags, input.Tags);
        return {};
      },
    },
    UntagRole: {
      accepts: { RoleName: true, TagKeys: true },
      resources: onRole,
      run: (input) => {
        const { tags } = find(input);
        for (const key of input.TagKeys ?? []) tags.delete(key);
        return {};
      },
    },
    ListRoleTags: {
      accepts: { RoleName: true, Marker: true, MaxItems: true },
      resources: onRole,
      run: (input) => {
        const { items, ...rest } = page(tagList(find(input).tags), input);
        return { Tags: items, ...rest };
      },
    },
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
    maxSessionSeconds: sessionSeconds(input.MaxSessionDuration ?? defaultSessionSeconds),
    boundaryArn: input.PermissionsBoundary ? attachable(state, input.PermissionsBoundary) : undefined,
    tags: new Map(),
    inline: new Map(),
    attached: new Set(),
  };
  setTags(role.tags, input.Tags);
  state.roles.set(name, role);
  return role;
}

/** @throws Fault for a session that is shorter or longer than any role's can be */
function sessionSeconds(seconds: number): number {
  if (seconds >= 3600 && seconds <= 43_200) return seconds;
  throw new Fault('ValidationError', `MaxSessionDuration is 3600 to 43200 seconds; found ${seconds}.`);
}

/**
 * Makes a service's role unless it is there, as the service itself does on its first use, with the permission of
 * anyone who makes that use.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
 */
export function useServiceLinkedRole(state: IamState, service: string, call: Call): void {
  if (state.roles.has(serviceLinkedRoleName(service))) return;
  call.authorize('iam:CreateServiceLinkedRole', serviceLinkedRoleArn(state, service), serviceNamed(service));
  createServiceLinkedRole(state, { AWSServiceName: service });
}

function createServiceLinkedRole(state: IamState, input: sdk.CreateServiceLinkedRoleRequest): RoleRecord {
  const { AWSServiceName: service = '', CustomSuffix, Description } = input;
  return createRole(state, {
    RoleName: serviceLinkedRoleName(service, CustomSuffix),
    Path: `/aws-service-role/${service}/`,
    Description,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } },
    }),
  });
}

function serviceLinkedRoleArn(state: IamState, service: string, suffix?: string): string {
  return state.arn('role', `/aws-service-role/${service}/`, serviceLinkedRoleName(service, suffix));
}

function serviceLinkedRoleName(service: string, suffix?: string): string {
  return `AWSServiceRoleFor${serviceLinkedName(service)}${suffix ? `_${suffix}` : ''}`;
}

function serviceNamed(service: string): ConditionKeys {
  return { 'iam:AWSServiceName': service };
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
