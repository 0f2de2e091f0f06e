// The rules of security groups: what is asked for, what is kept, and how it is told.
import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { parseCidr } from './cidr';
import type { Ec2State } from './state';
import { missingParameter } from './table';

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups */
const MAXIMUM_RULES = 60;
const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
};

/** What a call that adds or takes away rules says of them. */
export interface RuleRequest {
  readonly IpPermissions?: readonly sdk.IpPermission[];
  readonly IpProtocol?: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
}

/** The permissions of a call: in its list, or one alone at the top. @throws Fault when there is none, or both */
export function permissionsOf(request: RuleRequest): readonly sdk.IpPermission[] {
  const { IpPermissions = [], IpProtocol, FromPort, ToPort, CidrIp } = request;
  const isFlat = [IpProtocol, FromPort, ToPort, CidrIp].some((value) => value !== undefined);
  if (isFlat && IpPermissions.length > 0)
    throw new Fault(
      'InvalidParameterCombination',
      'The parameter ipPermissions cannot be used with ipProtocol, fromPort, toPort or cidrIp',
    );
  return isFlat ? [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp ? [{ CidrIp }] : [] }] : IpPermissions;
}

export function rulesOf(state: Ec2State, groupId: string, isEgress: boolean): sdk.SecurityGroupRule[] {
  return state.securityGroupRules
    .all()
    .filter((rule) => rule.GroupId === groupId && rule.IsEgress === isEgress);
}

/** @throws Fault for a rule that is there already, or more than a group can have */
export function addRules(
  state: Ec2State,
  GroupId: string,
  IsEgress: boolean,
  permissions: readonly sdk.IpPermission[],
  Tags: sdk.Tag[],
): sdk.SecurityGroupRule[] {
  const wanted = rulesFrom(state, GroupId, permissions);
  const existing = rulesOf(state, GroupId, IsEgress);
  const duplicate = wanted.find((rule) => existing.some((other) => isSameRule(rule, other)));
  if (duplicate) {
    throw new Fault(
      'InvalidPermission.Duplicate',
      `the specified rule "peer: ${duplicate.CidrIpv4 ?? duplicate.CidrIpv6 ?? duplicate.PrefixListId ?? duplicate.ReferencedGroupInfo?.GroupId}, ${duplicate.IpProtocol}, from port: ${duplicate.FromPort}, to port: ${duplicate.ToPort}, ALLOW" already exists`,
    );
  }
  if (wanted.some((rule, index) => wanted.findIndex((other) => isSameRule(rule, other)) < index))
    throw new Fault('InvalidParameterValue', 'The same permission must not appear multiple times');
  if (existing.length + wanted.length > MAXIMUM_RULES)
    throw new Fault(
      'RulesPerSecurityGroupLimitExceeded',
      `The maximum number of rules per security group has been reached.`,
    );
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

/** One rule for each source or destination of a permission. @throws Fault for what is no rule */
export function rulesFrom(
  state: Ec2State,
  groupId: string,
  permissions: readonly sdk.IpPermission[],
): sdk.SecurityGroupRule[] {
  return permissions.flatMap((permission) => {
    const common = { ...protocolAndPorts(permission) };
    const rules: sdk.SecurityGroupRule[] = [
      ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => ({
        ...common,
        CidrIpv4: canonical(CidrIp),
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
      ...(permission.UserIdGroupPairs ?? []).map((pair) => ({
        ...common,
        ReferencedGroupInfo: { GroupId: referenced(state, groupId, pair), UserId: state.core.account },
        Description: pair.Description,
      })),
    ];
    if (rules.length === 0) throw missingParameter('ipRanges, ipv6Ranges, prefixListIds or groups');
    return rules;
  });
}

/**
 * Rules as permissions: those of one protocol and the same ports are one, with all their sources or
 * destinations. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
 */
export function permissionsFrom(
  rules: readonly sdk.SecurityGroupRule[],
  account: string,
): sdk.IpPermission[] {
  const permissions = new Map<string, sdk.IpPermission>();
  for (const rule of rules) {
    const { Description } = rule;
    const key = `${rule.IpProtocol} ${rule.FromPort} ${rule.ToPort}`;
    const isAll = rule.IpProtocol === '-1';
    const permission: sdk.IpPermission = permissions.get(key) ?? {
      IpProtocol: rule.IpProtocol,
      FromPort: isAll ? undefined : rule.FromPort,
      ToPort: isAll ? undefined : rule.ToPort,
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    };
    permissions.set(key, permission);
    if (rule.CidrIpv4) permission.IpRanges!.push({ CidrIp: rule.CidrIpv4, Description });
    if (rule.CidrIpv6) permission.Ipv6Ranges!.push({ CidrIpv6: rule.CidrIpv6, Description });
    if (rule.PrefixListId) permission.PrefixListIds!.push({ PrefixListId: rule.PrefixListId, Description });
    const GroupId = rule.ReferencedGroupInfo?.GroupId;
    if (GroupId) permission.UserIdGroupPairs!.push({ GroupId, UserId: account, Description });
  }
  return [...permissions.values()];
}

/** The description does not make another rule. */
export function isSameRule(one: sdk.SecurityGroupRule, other: sdk.SecurityGroupRule): boolean {
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

function protocolAndPorts({ IpProtocol, FromPort, ToPort }: sdk.IpPermission) {
  if (IpProtocol === undefined) throw missingParameter('ipProtocol');
  const protocol = PROTOCOL_NAMES[IpProtocol] ?? IpProtocol.toLowerCase();
  if (!/^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$/.test(protocol))
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value '${IpProtocol}' for IP protocol. Unknown protocol.`,
    );
  if (protocol === '-1') return { IpProtocol: protocol, FromPort: -1, ToPort: -1 };
  if (protocol === 'tcp' || protocol === 'udp') {
    if (FromPort === undefined || ToPort === undefined)
      throw new Fault(
        'InvalidParameterValue',
        "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
      );
    if (!(FromPort >= 0 && FromPort <= ToPort && ToPort <= 65_535))
      throw new Fault(
        'InvalidParameterValue',
        `Invalid value '${FromPort} - ${ToPort}' for ${protocol} port range. It must be from 0 to 65535, and not end before it begins.`,
      );
  }
  return { IpProtocol: protocol, FromPort: FromPort ?? -1, ToPort: ToPort ?? -1 };
}

/** EC2 keeps a block by its first address. @throws Fault for what is no block */
function canonical(cidr: string | undefined): string {
  const { first } = parseCidr(cidr);
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join('.')}/${cidr!.split('/')[1]}`;
}

function referenced(state: Ec2State, groupId: string, pair: sdk.UserIdGroupPair): string {
  if (pair.UserId !== undefined && pair.UserId !== state.core.account)
    throw new Fault(
      'InvalidGroup.NotFound',
      `The security group of the account ${pair.UserId} does not exist`,
    );
  if (pair.GroupId !== undefined) return state.securityGroups.get(pair.GroupId).GroupId!;
  const { VpcId } = state.securityGroups.get(groupId);
  const named = state.securityGroups
    .all()
    .find((group) => group.VpcId === VpcId && group.GroupName === pair.GroupName);
  if (named) return named.GroupId!;
  throw new Fault('InvalidGroup.NotFound', `The security group '${pair.GroupName}' does not exist`);
}
