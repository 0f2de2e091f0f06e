import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Properties, ResourceType } from '../core/service';
import { unlessGone, withStackTags } from '../core/template-input';

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

interface RoleProperties {
  readonly RoleName?: string;
  readonly Path?: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly Description?: string;
  readonly MaxSessionDuration?: number | string;
  readonly PermissionsBoundary?: string;
  readonly ManagedPolicyArns?: readonly string[];
  readonly Policies?: readonly { readonly PolicyName: string; readonly PolicyDocument: unknown }[];
  readonly Tags?: readonly Tag[];
}

interface PolicyProperties {
  readonly PolicyName: string;
  readonly PolicyDocument: unknown;
  readonly Roles?: readonly string[];
}

interface ManagedPolicyProperties {
  readonly ManagedPolicyName?: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly PolicyDocument: unknown;
  readonly Roles?: readonly string[];
}

interface InstanceProfileProperties {
  readonly InstanceProfileName?: string;
  readonly Path?: string;
  readonly Roles: readonly string[];
}

/** The template's properties are taken as their type says; IAM itself refuses what is wrong in them. */
function read<T>(properties: Properties): T {
  return properties as unknown as T;
}

const role: ResourceType = {
  createOnly: ['RoleName', 'Path'],
  async create(properties, provisioning) {
    const { core } = provisioning;
    const wanted = read<RoleProperties>(properties);
    const name = wanted.RoleName ?? provisioning.generateName();
    await core.send(
      new CreateRoleCommand({
        RoleName: name,
        Path: wanted.Path,
        AssumeRolePolicyDocument: text(wanted.AssumeRolePolicyDocument),
        Description: wanted.Description,
        MaxSessionDuration: optionalNumber(wanted.MaxSessionDuration),
        PermissionsBoundary: wanted.PermissionsBoundary,
        Tags: withStackTags(wanted.Tags, provisioning),
      }),
    );
    await putPolicies(core, name, wanted);
    return describeRole(core, name);
  },
  async update(name, properties, old, provisioning) {
    const { core } = provisioning;
    const wanted = read<RoleProperties>(properties);
    const before = read<RoleProperties>(old);
    await core.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: name,
        PolicyDocument: text(wanted.AssumeRolePolicyDocument),
      }),
    );
    await core.send(
      new UpdateRoleCommand({
        RoleName: name,
        Description: wanted.Description ?? '',
        MaxSessionDuration: optionalNumber(wanted.MaxSessionDuration) ?? 3600,
      }),
    );
    if (wanted.PermissionsBoundary)
      await core.send(
        new PutRolePermissionsBoundaryCommand({
          RoleName: name,
          PermissionsBoundary: wanted.PermissionsBoundary,
        }),
      );
    else await core.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: name }));
    await putPolicies(core, name, wanted);
    const wantedArns = new Set(wanted.ManagedPolicyArns);
    for (const arn of before.ManagedPolicyArns ?? [])
      if (!wantedArns.has(arn))
        await gone(core.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: arn })));
    const wantedNames = new Set(wanted.Policies?.map(({ PolicyName }) => PolicyName));
    for (const { PolicyName } of before.Policies ?? [])
      if (!wantedNames.has(PolicyName))
        await gone(core.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName })));
    const tags = withStackTags(wanted.Tags, provisioning);
    const dropped = withStackTags(before.Tags, provisioning)
      .map(({ Key }) => Key)
      .filter((key) => !tags.some(({ Key }) => Key === key));
    await core.send(new UntagRoleCommand({ RoleName: name, TagKeys: dropped }));
    await core.send(new TagRoleCommand({ RoleName: name, Tags: tags }));
    return describeRole(core, name);
  },
  delete: (name, _, { core }) =>
    gone(
      (async () => {
        const { AttachedPolicies } = await core.send(new ListAttachedRolePoliciesCommand({ RoleName: name }));
        for (const { PolicyArn } of AttachedPolicies ?? [])
          await core.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
        const { PolicyNames } = await core.send(new ListRolePoliciesCommand({ RoleName: name }));
        for (const PolicyName of PolicyNames ?? [])
          await core.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
        await core.send(new DeleteRoleCommand({ RoleName: name }));
      })(),
    ),
};

async function describeRole(core: Core, name: string) {
  const { Role } = await core.send(new GetRoleCommand({ RoleName: name }));
  return { physicalId: name, attributes: { Arn: Role?.Arn, RoleId: Role?.RoleId } };
}

async function putPolicies(core: Core, name: string, wanted: RoleProperties): Promise<void> {
  for (const arn of wanted.ManagedPolicyArns ?? [])
    await core.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: arn }));
  for (const { PolicyName, PolicyDocument } of wanted.Policies ?? [])
    await core.send(
      new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument: text(PolicyDocument) }),
    );
}

const policy: ResourceType = {
  async create(properties, provisioning) {
    const { core } = provisioning;
    const wanted = read<PolicyProperties>(properties);
    rolesOnly(properties);
    await putInline(core, wanted);
    const id = provisioning.generateName();
    return { physicalId: id, attributes: { Id: id } };
  },
  async update(id, properties, old, { core }) {
    const wanted = read<PolicyProperties>(properties);
    const before = read<PolicyProperties>(old);
    rolesOnly(properties);
    await putInline(core, wanted);
    for (const name of before.Roles ?? [])
      if (before.PolicyName !== wanted.PolicyName || !wanted.Roles?.includes(name))
        await gone(core.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: before.PolicyName })));
    return { physicalId: id, attributes: { Id: id } };
  },
  async delete(_, properties, { core }) {
    const { PolicyName, Roles } = read<PolicyProperties>(properties);
    for (const name of Roles ?? [])
      await gone(core.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName })));
  },
};

async function putInline(core: Core, { PolicyName, PolicyDocument, Roles }: PolicyProperties): Promise<void> {
  for (const name of Roles ?? [])
    await core.send(
      new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument: text(PolicyDocument) }),
    );
}

const managedPolicy: ResourceType = {
  createOnly: ['ManagedPolicyName', 'Path', 'Description'],
  async create(properties, provisioning) {
    const { core } = provisioning;
    const wanted = read<ManagedPolicyProperties>(properties);
    rolesOnly(properties);
    const { Policy } = await core.send(
      new CreatePolicyCommand({
        PolicyName: wanted.ManagedPolicyName ?? provisioning.generateName(),
        Path: wanted.Path,
        Description: wanted.Description,
        PolicyDocument: text(wanted.PolicyDocument),
      }),
    );
    const arn = Policy?.Arn ?? '';
    for (const name of wanted.Roles ?? [])
      await core.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: arn }));
    return { physicalId: arn, attributes: { PolicyArn: arn } };
  },
  async update(arn, properties, old, { core }) {
    const wanted = read<ManagedPolicyProperties>(properties);
    rolesOnly(properties);
    await core.send(
      new CreatePolicyVersionCommand({
        PolicyArn: arn,
        PolicyDocument: text(wanted.PolicyDocument),
        SetAsDefault: true,
      }),
    );
    await deleteOtherVersions(core, arn);
    for (const name of wanted.Roles ?? [])
      await core.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: arn }));
    for (const name of read<ManagedPolicyProperties>(old).Roles ?? [])
      if (!wanted.Roles?.includes(name))
        await gone(core.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: arn })));
    return { physicalId: arn, attributes: { PolicyArn: arn } };
  },
  delete: (arn, _, { core }) =>
    gone(
      (async () => {
        const { PolicyRoles } = await core.send(new ListEntitiesForPolicyCommand({ PolicyArn: arn }));
        for (const { RoleName } of PolicyRoles ?? [])
          await core.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: arn }));
        await deleteOtherVersions(core, arn);
        await core.send(new DeletePolicyCommand({ PolicyArn: arn }));
      })(),
    ),
};

async function deleteOtherVersions(core: Core, arn: string): Promise<void> {
  const { Versions } = await core.send(new ListPolicyVersionsCommand({ PolicyArn: arn }));
  for (const { VersionId, IsDefaultVersion } of Versions ?? [])
    if (!IsDefaultVersion) await core.send(new DeletePolicyVersionCommand({ PolicyArn: arn, VersionId }));
}

const instanceProfile: ResourceType = {
  createOnly: ['InstanceProfileName', 'Path'],
  async create(properties, provisioning) {
    const { core } = provisioning;
    const wanted = read<InstanceProfileProperties>(properties);
    const name = wanted.InstanceProfileName ?? provisioning.generateName(128);
    await core.send(new CreateInstanceProfileCommand({ InstanceProfileName: name, Path: wanted.Path }));
    return putRole(core, name, wanted.Roles[0]);
  },
  update: (name, properties, _, { core }) =>
    putRole(core, name, read<InstanceProfileProperties>(properties).Roles[0]),
  delete: (name, _, { core }) =>
    gone(
      (async () => {
        await putRole(core, name, undefined);
        await core.send(new DeleteInstanceProfileCommand({ InstanceProfileName: name }));
      })(),
    ),
};

async function putRole(core: Core, name: string, wanted: string | undefined) {
  const { InstanceProfile } = await core.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
  const present = InstanceProfile?.Roles?.[0]?.RoleName;
  if (present !== undefined && present !== wanted)
    await core.send(
      new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: name, RoleName: present }),
    );
  if (wanted !== undefined && present !== wanted)
    await core.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: wanted }));
  return { physicalId: name, attributes: { Arn: InstanceProfile?.Arn } };
}

/** CloudFormation's types for identities and policies. */
export const iamResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::IAM::Role': role,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::InstanceProfile': instanceProfile,
};

function rolesOnly(properties: Properties): void {
  for (const kind of ['Users', 'Groups'])
    if (Array.isArray(properties[kind]) && properties[kind].length > 0)
      throw new Fault('ValidationError', `The local AWS has no IAM ${kind}; a policy is attached to Roles.`);
}

function text(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

function optionalNumber(value: number | string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Waits for a deletion. */
function gone(deletion: Promise<unknown>): Promise<void> {
  return unlessGone(deletion, /^NoSuchEntity$/);
}
