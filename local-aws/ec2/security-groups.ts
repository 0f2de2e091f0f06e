import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { type Operation, operation } from '../core/service';
import { isGone } from './instances';
import { type Ec2State, tagsFor } from './state';
import { missingParameter, page } from './table';

interface NewGroup {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly tags: sdk.Tag[];
}

interface RuleChange {
  readonly GroupId?: string;
  readonly IpPermissions?: sdk.IpPermission[];
}

const EVERYWHERE: sdk.IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

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
export function securityGroupOperations(state: Ec2State): Record<string, Operation> {
  const { core, securityGroups, securityGroupRules } = state;
  const arns = ({ GroupId }: { GroupId?: string }) => [state.arn('security-group', GroupId ?? '*')];
  const describe = (group: sdk.SecurityGroup): sdk.SecurityGroup => ({
    ...group,
    IpPermissions: rulesOf(state, group.GroupId!, false).map(permissionOf),
    IpPermissionsEgress: rulesOf(state, group.GroupId!, true).map(permissionOf),
  });
  const authorize = (isEgress: boolean) =>
    operation<
      RuleChange & { TagSpecifications?: sdk.TagSpecification[] },
      sdk.AuthorizeSecurityGroupIngressResult
    >({
      resources: arns,
      run: ({ GroupId, IpPermissions, TagSpecifications }) => {
        securityGroups.get(GroupId);
        if (!IpPermissions?.length) throw missingParameter('ipPermissions');
        const tags = tagsFor(TagSpecifications, 'security-group-rule');
        return {
          Return: true,
          SecurityGroupRules: addRules(state, GroupId!, isEgress, IpPermissions, tags),
        };
      },
    });
  const revoke = (isEgress: boolean) =>
    operation<RuleChange & { SecurityGroupRuleIds?: string[] }, sdk.RevokeSecurityGroupIngressResult>({
      resources: arns,
      run: ({ GroupId, IpPermissions = [], SecurityGroupRuleIds = [] }) => {
        securityGroups.get(GroupId);
        const named = SecurityGroupRuleIds.map((id) => securityGroupRules.get(id));
        const described = rulesFrom(IpPermissions).map((wanted) => {
          const found = rulesOf(state, GroupId!, isEgress).find((rule) => isSameRule(rule, wanted));
          if (found) return found;
          throw new Fault(
            'InvalidPermission.NotFound',
            'The specified rule does not exist in this security group.',
          );
        });
        for (const rule of [...named, ...described]) securityGroupRules.remove(rule.SecurityGroupRuleId);
        return { Return: true };
      },
    });

  return {
    CreateSecurityGroup: operation<sdk.CreateSecurityGroupRequest, sdk.CreateSecurityGroupResult>({
      resources: () => [state.arn('security-group', '*')],
      run: ({ GroupName, Description, VpcId, TagSpecifications }) => {
        if (!GroupName) throw missingParameter('groupName');
        if (!Description) throw missingParameter('groupDescription');
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
    }),

    DescribeSecurityGroups: operation<sdk.DescribeSecurityGroupsRequest, sdk.DescribeSecurityGroupsResult>({
      run: (input) => {
        const found = securityGroups
          .find(input.GroupIds, input.Filters)
          .filter(({ GroupName }) => !input.GroupNames?.length || input.GroupNames.includes(GroupName!));
        const { items, NextToken } = page(found.map(describe), input);
        return { SecurityGroups: items, NextToken };
      },
    }),

    DescribeSecurityGroupRules: operation<
      sdk.DescribeSecurityGroupRulesRequest,
      sdk.DescribeSecurityGroupRulesResult
    >({
      run: (input) => {
        const found = securityGroupRules.find(input.SecurityGroupRuleIds, input.Filters);
        const { items, NextToken } = page(found, input);
        return { SecurityGroupRules: items, NextToken };
      },
    }),

    DeleteSecurityGroup: operation<sdk.DeleteSecurityGroupRequest, sdk.DeleteSecurityGroupResult>({
      resources: arns,
      run: ({ GroupId }) => {
        const group = securityGroups.get(GroupId);
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
    }),

    AuthorizeSecurityGroupIngress: authorize(false),
    AuthorizeSecurityGroupEgress: authorize(true),
    RevokeSecurityGroupIngress: revoke(false),
    RevokeSecurityGroupEgress: revoke(true),
  };

  function permissionOf(rule: sdk.SecurityGroupRule): sdk.IpPermission {
    const { Description } = rule;
    return {
      IpProtocol: rule.IpProtocol,
      FromPort: rule.IpProtocol === '-1' ? undefined : rule.FromPort,
      ToPort: rule.IpProtocol === '-1' ? undefined : rule.ToPort,
      IpRanges: rule.CidrIpv4 ? [{ CidrIp: rule.CidrIpv4, Description }] : [],
      Ipv6Ranges: rule.CidrIpv6 ? [{ CidrIpv6: rule.CidrIpv6, Description }] : [],
      PrefixListIds: rule.PrefixListId ? [{ PrefixListId: rule.PrefixListId, Description }] : [],
      UserIdGroupPairs: rule.ReferencedGroupInfo
        ? [{ GroupId: rule.ReferencedGroupInfo.GroupId, UserId: core.account, Description }]
        : [],
    };
  }
}

function rulesOf(state: Ec2State, groupId: string, isEgress: boolean): sdk.SecurityGroupRule[] {
  return state.securityGroupRules
    .all()
    .filter((rule) => rule.GroupId === groupId && rule.IsEgress === isEgress);
}

function addRules(
  state: Ec2State,
  GroupId: string,
  IsEgress: boolean,
  permissions: readonly sdk.IpPermission[],
  Tags: sdk.Tag[],
): sdk.SecurityGroupRule[] {
  const wanted = rulesFrom(permissions);
  const existing = rulesOf(state, GroupId, IsEgress);
  const duplicate = wanted.find((rule) => existing.some((other) => isSameRule(rule, other)));
  if (duplicate) {
    throw new Fault(
      'InvalidPermission.Duplicate',
      `the specified rule "${duplicate.CidrIpv4 ?? duplicate.ReferencedGroupInfo?.GroupId ?? ''}, ${duplicate.IpProtocol}, from port: ${duplicate.FromPort}, to port: ${duplicate.ToPort}" already exists`,
    );
  }
  for (const { ReferencedGroupInfo } of wanted) {
    if (ReferencedGroupInfo) state.securityGroups.get(ReferencedGroupInfo.GroupId);
  }
  return wanted.map((rule) =>
    state.securityGroupRules.add({
      ...rule,
      SecurityGroupRuleId: state.core.id('sgr'),
      GroupId,
      GroupOwnerId: state.core.account,
      IsEgress,
      Tags,
    }),
  );
}

/** One rule for each source or destination of a permission. */
function rulesFrom(permissions: readonly sdk.IpPermission[]): sdk.SecurityGroupRule[] {
  return permissions.flatMap((permission) => {
    const isAll = permission.IpProtocol === '-1';
    const common = {
      IpProtocol: permission.IpProtocol,
      FromPort: isAll ? -1 : permission.FromPort,
      ToPort: isAll ? -1 : permission.ToPort,
    };
    return [
      ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => ({
        ...common,
        CidrIpv4: CidrIp,
        Description,
      })),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({
        ...common,
        CidrIpv6,
        Description,
      })),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) => ({
        ...common,
        PrefixListId,
        Description,
      })),
      ...(permission.UserIdGroupPairs ?? []).map(({ GroupId, Description }) => ({
        ...common,
        ReferencedGroupInfo: { GroupId },
        Description,
      })),
    ];
  });
}

/** The description does not make another rule. */
function isSameRule(one: sdk.SecurityGroupRule, other: sdk.SecurityGroupRule): boolean {
  const identity = (rule: sdk.SecurityGroupRule) =>
    [
      rule.IpProtocol,
      rule.FromPort,
      rule.ToPort,
      rule.CidrIpv4,
      rule.CidrIpv6,
      rule.PrefixListId,
      rule.ReferencedGroupInfo?.GroupId,
    ].join(' ');
  return identity(one) === identity(other);
}
