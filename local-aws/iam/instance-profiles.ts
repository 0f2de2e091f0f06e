import type * as sdk from '@aws-sdk/client-iam';
import { passedTo } from '../core/condition-keys';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { describeRole } from './roles';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  type InstanceProfileRecord,
  noSuchEntity,
  page,
  setTags,
  tagList,
  uniqueId,
} from './state';

/** Operations on instance profiles. */
export function instanceProfileOperations(state: IamState): Operations<typeof sdk> {
  const onProfile = (input: { InstanceProfileName?: string }) => [
    state.profileArn(input.InstanceProfileName ?? ''),
  ];
  const find = (input: { InstanceProfileName?: string }) =>
    state.instanceProfile(input.InstanceProfileName ?? '');
  const describe = (profile: InstanceProfileRecord): sdk.InstanceProfile => ({
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: profile.createdAt,
    Roles: profile.roleName === undefined ? [] : [describeRole(state.role(profile.roleName))],
    Tags: tagList(profile.tags),
  });

  return {
    CreateInstanceProfile: {
      accepts: { InstanceProfileName: true, Path: true, Tags: { Key: true, Value: true } },
      resources: ({ InstanceProfileName, Path }) => [
        state.arn('instance-profile', Path ?? '/', InstanceProfileName ?? ''),
      ],
      run: ({ InstanceProfileName: name = '', Path = '/', Tags }) => {
        if (state.instanceProfiles.has(name)) throw alreadyExists(`Instance Profile ${name} already exists.`);
        const profile: InstanceProfileRecord = {
          name,
          path: Path,
          id: uniqueId('AIPA'),
          arn: state.arn('instance-profile', Path, name),
          createdAt: state.now(),
          tags: new Map(),
        };
        setTags(profile.tags, Tags);
        state.instanceProfiles.set(name, profile);
        return { InstanceProfile: describe(profile) };
      },
    },
    GetInstanceProfile: {
      accepts: { InstanceProfileName: true },
      resources: onProfile,
      run: (input) => ({ InstanceProfile: describe(find(input)) }),
    },
    ListInstanceProfiles: {
      accepts: { PathPrefix: true, Marker: true, MaxItems: true },
      run: ({ PathPrefix = '/', ...request }) => {
        const found = [...state.instanceProfiles.values()].filter(({ path }) => path.startsWith(PathPrefix));
        const { items, ...rest } = page(found, request);
        return { InstanceProfiles: items.map(describe), ...rest };
      },
    },
    ListInstanceProfilesForRole: {
      accepts: { RoleName: true, Marker: true, MaxItems: true },
      resources: ({ RoleName }) => [state.roleArn(RoleName ?? '')],
      run: ({ RoleName = '', ...request }) => {
        const { items, ...rest } = page(state.profilesOfRole(state.role(RoleName).name), request);
        return { InstanceProfiles: items.map(describe), ...rest };
      },
    },
    AddRoleToInstanceProfile: {
      accepts: { InstanceProfileName: true, RoleName: true },
      resources: onProfile,
      run: (input, call) => {
        const profile = find(input);
        const role = state.role(input.RoleName ?? '');
        call.authorize('iam:PassRole', role.arn, passedTo('ec2.amazonaws.com'));
        if (profile.roleName !== undefined)
          throw new Fault(
            'LimitExceeded',
            'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
            409,
          );
        profile.roleName = role.name;
        return {};
      },
    },
    RemoveRoleFromInstanceProfile: {
      accepts: { InstanceProfileName: true, RoleName: true },
      resources: onProfile,
      run: (input) => {
        const profile = find(input);
        if (profile.roleName !== input.RoleName)
          throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`);
        profile.roleName = undefined;
        return {};
      },
    },
    DeleteInstanceProfile: {
      accepts: { InstanceProfileName: true },
      resources: onProfile,
      run: (input) => {
        const profile = find(input);
        if (profile.roleName !== undefined)
          throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
        state.instanceProfiles.delete(profile.name);
        return {};
      },
    },
    TagInstanceProfile: {
      accepts: { InstanceProfileName: true, Tags: { Key: true, Value: true } },
      resources: onProfile,
      run: (input) => {
        setTags(find(input).tags, input.Tags);
        return {};
      },
    },
  };
}
