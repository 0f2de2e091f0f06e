import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  ListEntitiesForPolicyCommand,
  ListPolicyVersionsCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import type { ResourceType } from '../core/service';
import { gone, read, text } from './template-properties';

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

export const policy: ResourceType = {
  accepts: {
    PolicyName: true,
    PolicyDocument: true,
    Roles: true,
    Users: only(),
    Groups: only(),
  },
  async create(properties, provisioning) {
    const { core } = provisioning;
    const wanted = read<PolicyProperties>(properties);
    await putInline(core, wanted);
    const id = provisioning.generateName();
    return { physicalId: id, attributes: { Id: id } };
  },
  async update(id, properties, old, { core }) {
    const wanted = read<PolicyProperties>(properties);
    const before = read<PolicyProperties>(old);
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

export const managedPolicy: ResourceType = {
  accepts: {
    ManagedPolicyName: true,
    Path: true,
    Description: true,
    PolicyDocument: true,
    Roles: true,
    Users: only(),
    Groups: only(),
  },
  createOnly: ['ManagedPolicyName', 'Path', 'Description'],
  async create(properties, provisioning) {
    const { core } = provisioning;
    const wanted = read<ManagedPolicyProperties>(properties);
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
