import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import type { Core } from '../core/core';
import type { ResourceType } from '../core/service';
import { asBefore, withStackTags } from '../core/template-input';
import { gone, read, text } from './template-properties';

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

export const role: ResourceType = {
  accepts: {
    RoleName: true,
    Path: true,
    AssumeRolePolicyDocument: true,
    Description: true,
    MaxSessionDuration: true,
    PermissionsBoundary: true,
    ManagedPolicyArns: true,
    Policies: { PolicyName: true, PolicyDocument: true },
    Tags: { Key: true, Value: true },
  },
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
    const dropped = withStackTags(before.Tags, asBefore(provisioning))
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

function optionalNumber(value: number | string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
