import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import type { Core } from '../core/core';
import type { ResourceType } from '../core/service';
import { gone, read } from './template-properties';

interface InstanceProfileProperties {
  readonly InstanceProfileName?: string;
  readonly Path?: string;
  readonly Roles: readonly string[];
}

export const instanceProfile: ResourceType = {
  accepts: { InstanceProfileName: true, Path: true, Roles: true },
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
