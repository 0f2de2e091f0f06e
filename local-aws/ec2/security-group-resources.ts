import * as sdk from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import type { Properties, ResourceType } from '../core/service';
import { networkResource } from './network-resource';

const RULE = {
  CidrIp: true,
  CidrIpv6: true,
  Description: true,
  FromPort: true,
  ToPort: true,
  IpProtocol: true,
} as const;
const INGRESS = { ...RULE, SourceSecurityGroupId: true, SourcePrefixListId: true } as const;
const EGRESS = { ...RULE, DestinationSecurityGroupId: true, DestinationPrefixListId: true } as const;

const securityGroup = networkResource({
  tagged: 'security-group',
  accepts: {
    GroupDescription: true,
    GroupName: true,
    VpcId: true,
    SecurityGroupIngress: INGRESS,
    SecurityGroupEgress: EGRESS,
  },
  createOnly: ['GroupDescription', 'GroupName', 'VpcId'],
  async create({ GroupDescription, GroupName, VpcId, ...rules }, { core, TagSpecifications, generateName }) {
    const { GroupId } = await core.send(
      new sdk.CreateSecurityGroupCommand({
        GroupName: String(GroupName ?? generateName(255)),
        Description: String(GroupDescription),
        VpcId: VpcId === undefined ? undefined : String(VpcId),
        TagSpecifications,
      }),
    );
    await setRules(GroupId!, rules, {}, core);
    return GroupId!;
  },
  update: (GroupId, properties, old, core) => setRules(GroupId, properties, old, core),
  async attributes(GroupId, core) {
    const { SecurityGroups } = await core.send(
      new sdk.DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }),
    );
    return { Id: GroupId, GroupId, VpcId: SecurityGroups![0]!.VpcId };
  },
  remove: (GroupId, core) => core.send(new sdk.DeleteSecurityGroupCommand({ GroupId })),
});

/**
 * Puts a group's own rules in place. Rules that the template gives for what goes out stand instead of the
 * one that EC2 makes, which lets everything out.
 */
async function setRules(GroupId: string, wanted: Properties, old: Properties, core: Core): Promise<void> {
  const rulesOf = (properties: Properties, name: string) => (properties[name] ?? []) as Properties[];
  const isChanged = (name: string) =>
    JSON.stringify(rulesOf(wanted, name)) !== JSON.stringify(rulesOf(old, name));
  if (isChanged('SecurityGroupIngress')) {
    const before = rulesOf(old, 'SecurityGroupIngress').map(permissionFrom);
    const now = rulesOf(wanted, 'SecurityGroupIngress').map(permissionFrom);
    if (before.length)
      await core.send(new sdk.RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: before }));
    if (now.length)
      await core.send(new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: now }));
  }
  if (isChanged('SecurityGroupEgress')) {
    const everything: Properties = { IpProtocol: '-1', CidrIp: '0.0.0.0/0' };
    const orEverything = (rules: readonly Properties[]) =>
      (rules.length ? rules : [everything]).map(permissionFrom);
    const before = orEverything(rulesOf(old, 'SecurityGroupEgress'));
    const now = orEverything(rulesOf(wanted, 'SecurityGroupEgress'));
    await core.send(new sdk.RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: before }));
    await core.send(new sdk.AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: now }));
  }
}

function permissionFrom(rule: Properties): sdk.IpPermission {
  const text = (name: string) => (rule[name] === undefined ? undefined : String(rule[name]));
  const port = (name: string) => (rule[name] === undefined ? undefined : Number(rule[name]));
  const Description = text('Description');
  const [CidrIp, CidrIpv6] = [text('CidrIp'), text('CidrIpv6')];
  const GroupId = text('SourceSecurityGroupId') ?? text('DestinationSecurityGroupId');
  const PrefixListId = text('SourcePrefixListId') ?? text('DestinationPrefixListId');
  return {
    IpProtocol: text('IpProtocol'),
    FromPort: port('FromPort'),
    ToPort: port('ToPort'),
    IpRanges: CidrIp ? [{ CidrIp, Description }] : undefined,
    Ipv6Ranges: CidrIpv6 ? [{ CidrIpv6, Description }] : undefined,
    UserIdGroupPairs: GroupId ? [{ GroupId, Description }] : undefined,
    PrefixListIds: PrefixListId ? [{ PrefixListId, Description }] : undefined,
  };
}

/** A rule that is a resource of its own; every change but the tags' replaces it. */
function ruleResource(direction: 'Ingress' | 'Egress'): ResourceType {
  const properties = direction === 'Ingress' ? INGRESS : EGRESS;
  return networkResource({
    accepts: { GroupId: true, ...properties },
    createOnly: ['GroupId', ...Object.keys(properties)],
    async create({ GroupId: group, ...rule }, { core }) {
      const input = { GroupId: String(group), IpPermissions: [permissionFrom(rule)] };
      const { SecurityGroupRules } =
        direction === 'Ingress'
          ? await core.send(new sdk.AuthorizeSecurityGroupIngressCommand(input))
          : await core.send(new sdk.AuthorizeSecurityGroupEgressCommand(input));
      return SecurityGroupRules![0]!.SecurityGroupRuleId!;
    },
    attributes: async (Id) => ({ Id }),
    remove(id, core, { GroupId: group }) {
      const input = { GroupId: String(group), SecurityGroupRuleIds: [id] };
      return direction === 'Ingress'
        ? core.send(new sdk.RevokeSecurityGroupIngressCommand(input))
        : core.send(new sdk.RevokeSecurityGroupEgressCommand(input));
    },
  });
}

/** CloudFormation resource types of security groups. */
export const securityGroupResources: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::SecurityGroup': securityGroup,
  'AWS::EC2::SecurityGroupIngress': ruleResource('Ingress'),
  'AWS::EC2::SecurityGroupEgress': ruleResource('Egress'),
};
