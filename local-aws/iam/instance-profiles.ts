import type * as sdk from '@aws-sdk/client-iam';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { describeRole } from './roles';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  type InstanceProfileRecord,
  noSuchEntity,
  setTags,
  tagList,
  uniqueId,
} from './state';

/** Operations on instance profiles. */
export function instanceProfileOperations(state: IamState): Record<string, Operation> {
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
    CreateInstanceProfile: operation<sdk.CreateInstanceProfileRequest, sdk.CreateInstanceProfileResponse>({
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
    }),
    GetInstanceProfile: operation<sdk.GetInstanceProfileRequest, sdk.GetInstanceProfileResponse>({
      resources: onProfile,
      run: (input) => ({ InstanceProfile: describe(find(input)) }),
    }),
    ListInstanceProfiles: operation<sdk.ListInstanceProfilesRequest, sdk.ListInstanceProfilesResponse>({
      run: () => ({
        IsTruncated: false,
        InstanceProfiles: [...state.instanceProfiles.values()].map(describe),
      }),
    }),
    ListInstanceProfilesForRole: operation<
      sdk.ListInstanceProfilesForRoleRequest,
      sdk.ListInstanceProfilesForRoleResponse
    >({
      resources: ({ RoleName }) => [state.roleArn(RoleName ?? '')],
      run: ({ RoleName = '' }) => ({
        IsTruncated: false,
        InstanceProfiles: state.profilesOfRole(state.role(RoleName).name).map(describe),
      }),
    }),
    AddRoleToInstanceProfile: operation<sdk.AddRoleToInstanceProfileRequest, object>({
      resources: onProfile,
      run: (input, call) => {
        const profile = find(input);
        const role = state.role(input.RoleName ?? '');
        call.authorize('iam:PassRole', role.arn);
        if (profile.roleName !== undefined)
          throw new Fault(
            'LimitExceeded',
            'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
            409,
          );
        profile.roleName = role.name;
        return {};
      },
    }),
    RemoveRoleFromInstanceProfile: operation<sdk.RemoveRoleFromInstanceProfileRequest, object>({
      resources: onProfile,
      run: (input) => {
        const profile = find(input);
        if (profile.roleName !== input.RoleName)
          throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`);
        profile.roleName = undefined;
        return {};
      },
    }),
    DeleteInstanceProfile: operation<sdk.DeleteInstanceProfileRequest, object>({
      resources: onProfile,
      run: (input) => {
        const profile = find(input);
        if (profile.roleName !== undefined)
          throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
        state.instanceProfiles.delete(profile.name);
        return {};
      },
    }),
    TagInstanceProfile: operation<sdk.TagInstanceProfileRequest, object>({
      resources: onProfile,
      run: (input) => {
        setTags(find(input).tags, input.Tags);
        return {};
      },
    }),
  };
}
