import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, NO_NETWORK, PAGE, TAG_SPECIFICATIONS } from './accepted';
import { isGone } from './instances';
import {
  addRules,
  isSameRule,
  permissionsFrom,
  permissionsOf,
  type RuleRequest,
  rulesFrom,
  rulesOf,
} from './security-group-rules';
import { type Ec2State, tagsFor } from './state';
import { missingParameter, page } from './table';

interface NewGroup {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly tags: sdk.Tag[];
}

interface GroupReference {
  readonly GroupId?: string;
  readonly GroupName?: string;
}

const EVERYWHERE: sdk.IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

/** Rules are checked and told; no packet is held back by them. */
const PERMISSION = {
  IpProtocol: NO_NETWORK,
  FromPort: NO_NETWORK,
  ToPort: NO_NETWORK,
  IpRanges: { CidrIp: NO_NETWORK, Description: true },
  Ipv6Ranges: { CidrIpv6: NO_NETWORK, Description: true },
  PrefixListIds: { PrefixListId: NO_NETWORK, Description: true },
  UserIdGroupPairs: { GroupId: NO_NETWORK, GroupName: NO_NETWORK, UserId: true, Description: true },
} as const;
const RULES = {
  GroupId: true,
  IpPermissions: PERMISSION,
  IpProtocol: NO_NETWORK,
  FromPort: NO_NETWORK,
  ToPort: NO_NETWORK,
  CidrIp: NO_NETWORK,
} as const;

/** Makes a security group as EC2 does: nothing may come in, everything may go out. */
export function addSecurityGroup(state: Ec2State, group: NewGroup): sdk.SecurityGroup {
  const GroupId = state.core.id('sg');
  const added = state.securityGroups.add({
    GroupId,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: state.core.account,
    SecurityGroupArn: state.arn('security-group', GroupId),
    Tags: group.tags,
  });
  addRules(state, GroupId, true, [EVERYWHERE], []);
  return added;
}

/** Operations on security groups and their rules, which have no effect on traffic. */
export function securityGroupOperations(state: Ec2State): Operations<typeof sdk> {
  const { core, securityGroups, securityGroupRules } = state;
  /** @throws Fault for a name that is none of the default VPC's groups, where alone groups have names for calls */
  const idOf = ({ GroupId, GroupName }: GroupReference): string | undefined => {
    if (GroupId !== undefined || GroupName === undefined) return GroupId;
    const vpcId = state.vpcs.all().find(({ IsDefault }) => IsDefault)?.VpcId;
    const named = securityGroups
      .all()
      .find((group) => group.VpcId === vpcId && group.GroupName === GroupName);
    if (named) return named.GroupId;
    throw new Fault(
      'InvalidGroup.NotFound',
      `The security group '${GroupName}' does not exist in default VPC`,
    );
  };
  const arns = (reference: GroupReference) => [state.arn('security-group', idOf(reference) ?? '*')];
  const describe = (group: sdk.SecurityGroup): sdk.SecurityGroup => ({
    ...group,
    IpPermissions: permissionsFrom(rulesOf(state, group.GroupId!, false), core.account),
    IpPermissionsEgress: permissionsFrom(rulesOf(state, group.GroupId!, true), core.account),
  });
  const authorize = (
    isEgress: boolean,
    input: GroupReference & RuleRequest & { TagSpecifications?: sdk.TagSpecification[] },
  ) => {
    const { GroupId } = securityGroups.get(idOf(input));
    const permissions = permissionsOf(input);
    if (permissions.length === 0) throw missingParameter('ipPermissions');
    const tags = tagsFor(input.TagSpecifications, 'security-group-rule');
    return { Return: true, SecurityGroupRules: addRules(state, GroupId!, isEgress, permissions, tags) };
  };
  const revoke = (
    isEgress: boolean,
    input: GroupReference & RuleRequest & { SecurityGroupRuleIds?: string[] },
  ) => {
    const { GroupId } = securityGroups.get(idOf(input));
    const present = rulesOf(state, GroupId!, isEgress);
    const named = (input.SecurityGroupRuleIds ?? []).map((id) => {
      const rule = securityGroupRules.get(id);
      if (present.includes(rule)) return rule;
      throw securityGroupRules.options.notFound(id);
    });
    const described = rulesFrom(state, GroupId!, permissionsOf(input)).map((wanted) => {
      const found = present.find((rule) => isSameRule(rule, wanted));
      if (found) return found;
      throw new Fault(
        'InvalidPermission.NotFound',
        'The specified rule does not exist in this security group.',
      );
    });
    const revoked = [...new Set([...named, ...described])];
    if (revoked.length === 0) throw missingParameter('ipPermissions');
    for (const rule of revoked) securityGroupRules.remove(rule.SecurityGroupRuleId);
    return {
      Return: true,
      RevokedSecurityGroupRules: revoked.map(
        ({ ReferencedGroupInfo, Tags: _, GroupOwnerId: __, ...rule }) => ({
          ...rule,
          ReferencedGroupId: ReferencedGroupInfo?.GroupId,
        }),
      ),
    };
  };

  return {
    CreateSecurityGroup: {
      accepts: {
        GroupName: true,
        Description: true,
        VpcId: true,
        TagSpecifications: TAG_SPECIFICATIONS,
      },
      resources: () => [state.arn('security-group', '*')],
      run: ({ GroupName, Description, VpcId, TagSpecifications }) => {
        if (!GroupName) throw missingParameter('groupName');
        if (!Description) throw missingParameter('groupDescription');
        if (/^sg-/.test(GroupName) || GroupName.length > 255)
          throw new Fault(
            'InvalidParameterValue',
            `Value (${GroupName}) for parameter groupName is invalid. Group names have up to 255 characters and may not be in the format sg-*.`,
          );
        const vpcId = VpcId ?? state.vpcs.all().find(({ IsDefault }) => IsDefault)?.VpcId;
        state.vpcs.get(vpcId);
        const isTaken = securityGroups
          .all()
          .some((group) => group.VpcId === vpcId && group.GroupName === GroupName);
        if (isTaken) {
          throw new Fault(
            'InvalidGroup.Duplicate',
            `The security group '${GroupName}' already exists for VPC '${vpcId}'`,
          );
        }
        const tags = tagsFor(TagSpecifications, 'security-group');
        const group = addSecurityGroup(state, {
          vpcId: vpcId!,
          name: GroupName,
          description: Description,
          tags,
        });
        return { GroupId: group.GroupId, SecurityGroupArn: group.SecurityGroupArn, Tags: tags };
      },
    },

    DescribeSecurityGroups: {
      accepts: { GroupIds: true, GroupNames: true, Filters: FILTERS, ...PAGE },
      run: (input) => {
        const ids = [
          ...(input.GroupIds ?? []),
          ...(input.GroupNames ?? []).map((GroupName) => idOf({ GroupName })!),
        ];
        const found = securityGroups.find(ids, input.Filters);
        const { items, NextToken } = page(found, input);
        return { SecurityGroups: items.map(describe), NextToken };
      },
    },

    DescribeSecurityGroupRules: {
      accepts: { SecurityGroupRuleIds: true, Filters: FILTERS, ...PAGE },
      run: (input) => {
        const found = securityGroupRules.find(input.SecurityGroupRuleIds, input.Filters);
        const { items, NextToken } = page(found, input);
        return { SecurityGroupRules: items, NextToken };
      },
    },

    DeleteSecurityGroup: {
      accepts: { GroupId: true, GroupName: true },
      resources: arns,
      run: (input) => {
        const group = securityGroups.get(idOf(input));
        const { GroupId } = group;
        if (group.GroupName === 'default') {
          throw new Fault(
            'CannotDelete',
            `the specified group: "${GroupId}" name: "default" cannot be deleted by a user`,
          );
        }
        const isReferenced =
          securityGroupRules
            .all()
            .some((rule) => rule.GroupId !== GroupId && rule.ReferencedGroupInfo?.GroupId === GroupId) ||
          state.instances
            .all()
            .some(
              (instance) =>
                !isGone(instance) && instance.SecurityGroups?.some((used) => used.GroupId === GroupId),
            );
        if (isReferenced)
          throw new Fault('DependencyViolation', `resource ${GroupId} has a dependent object`);
        for (const rule of securityGroupRules.all()) {
          if (rule.GroupId === GroupId) securityGroupRules.remove(rule.SecurityGroupRuleId);
        }
        securityGroups.remove(GroupId);
        return { Return: true, GroupId };
      },
    },

    AuthorizeSecurityGroupIngress: {
      accepts: { ...RULES, GroupName: true, TagSpecifications: TAG_SPECIFICATIONS },
      resources: arns,
      run: (input) => authorize(false, input),
    },
    AuthorizeSecurityGroupEgress: {
      accepts: { ...RULES, TagSpecifications: TAG_SPECIFICATIONS },
      resources: arns,
      run: (input) => authorize(true, input),
    },
    RevokeSecurityGroupIngress: {
      accepts: { ...RULES, GroupName: true, SecurityGroupRuleIds: true },
      resources: arns,
      run: (input) => revoke(false, input),
    },
    RevokeSecurityGroupEgress: {
      accepts: { ...RULES, SecurityGroupRuleIds: true },
      resources: arns,
      run: (input) => revoke(true, input),
    },
  };
}
