import { boundsOf } from '../refresh-model';
import { key } from '../rollout/fleet';
import { isInService, isQuietAlarm, isStandby } from '../rollout/statuses';
import type { Finding } from './finding';
import { harmOfSuspended } from './statuses';
import { type GroupFacts, type PreflightObserved, type PreflightSubject, targetOf } from './subject';

/** What the group, its machines and its surroundings have against replacing machines. */
export function groupFindings(
  subject: PreflightSubject,
  observed: PreflightObserved,
  group: GroupFacts,
): readonly Finding[] {
  return [
    ...addresses(subject, observed, group),
    ...protectedMachines(subject, observed, group),
    ...standbyMachines(subject, group),
    ...suspended(subject, group),
    ...otherRefresh(subject, observed),
    ...alarms(subject, observed),
  ];
}

/**
 * How many machines a refresh has at a time at most. The group's own maximum size does not bound it, as far
 * as is known.
 */
export function machinesAtOnce(
  desiredCapacity: number,
  percentages: Pick<PreflightSubject, 'minHealthyPercentage' | 'maxHealthyPercentage'>,
): number {
  const { minReady, maxLive, mayOverrun } = boundsOf(percentages, desiredCapacity);
  const isStuck = maxLive <= desiredCapacity && minReady >= desiredCapacity;
  return Math.max(maxLive, desiredCapacity + (isStuck && mayOverrun ? 1 : 0));
}

/** Where one subnet is full, Auto Scaling launches in another. */
function addresses(
  subject: PreflightSubject,
  { subnets }: PreflightObserved,
  { desiredCapacity }: GroupFacts,
): readonly Finding[] {
  const atOnce = machinesAtOnce(desiredCapacity, subject);
  const needed = atOnce - desiredCapacity;
  const free = subnets.reduce((sum, { freeAddresses }) => sum + freeAddresses, 0);
  if (subnets.length === 0 || free >= needed) return [];
  return [
    {
      code: 'addresses-short',
      message: `${listed(subnets.map(({ id }) => id))} ${are(subnets, 'has', 'have')} ${free} free ${free === 1 ? 'address' : 'addresses'}, and the rollout needs ${needed}, for up to ${atOnce} machines at a time where ${desiredCapacity} are desired: free some, or lower maxHealthyPercentage, which is ${subject.maxHealthyPercentage}.`,
    },
  ];
}

/** A refresh waits for them for an hour, and fails: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html */
function protectedMachines(
  subject: PreflightSubject,
  observed: PreflightObserved,
  group: GroupFacts,
): readonly Finding[] {
  const target = targetOf(subject, observed);
  const left = group.machines.filter(
    ({ isProtected, lifecycleState, version }) =>
      isProtected && isInService(lifecycleState) && !(target && version && key(version) === key(target)),
  );
  const ids = left.map(({ id }) => id);
  const found: Finding[] = [];
  if (left.length > 0) {
    found.push({
      code: 'machines-protected',
      message: `${listed(ids)} of ${subject.groupName} ${are(ids)} protected from scale-in, for which a refresh waits until it fails: take it off with "aws autoscaling set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name ${subject.groupName} --instance-ids ${few(ids).join(' ')}".`,
    });
  }
  if (group.protectsNewMachines) {
    found.push({
      code: 'machines-protected',
      message: `${subject.groupName} protects the machines that it starts from scale-in, so that a rollback would wait for them until it fails: turn it off with "aws autoscaling update-auto-scaling-group --no-new-instances-protected-from-scale-in --auto-scaling-group-name ${subject.groupName}".`,
    });
  }
  return found;
}

function standbyMachines({ groupName }: PreflightSubject, { machines }: GroupFacts): readonly Finding[] {
  const ids = machines.filter(({ lifecycleState }) => isStandby(lifecycleState)).map(({ id }) => id);
  if (ids.length === 0) return [];
  return [
    {
      code: 'machines-standby',
      message: `${listed(ids)} of ${groupName} ${are(ids)} in standby, for which a refresh waits until it fails: bring ${ids.length === 1 ? 'it' : 'them'} back with "aws autoscaling exit-standby --auto-scaling-group-name ${groupName} --instance-ids ${few(ids).join(' ')}", or end ${ids.length === 1 ? 'it' : 'them'}.`,
    },
  ];
}

function suspended({ groupName }: PreflightSubject, { suspendedProcesses }: GroupFacts): readonly Finding[] {
  const harmful = suspendedProcesses.filter((process) => harmOfSuspended(process) !== '');
  if (harmful.length === 0) return [];
  const harms = [...new Set(harmful.map(harmOfSuspended))];
  return [
    {
      code: 'processes-suspended',
      message: `${listed(harmful, 9)} ${are(harmful)} suspended in ${groupName}, so that ${listed(harms, 9)}: resume with "aws autoscaling resume-processes --auto-scaling-group-name ${groupName} --scaling-processes ${harmful.join(' ')}".`,
    },
  ];
}

function otherRefresh({ groupName }: PreflightSubject, { refresh }: PreflightObserved): readonly Finding[] {
  if (!refresh) return [];
  return [
    {
      code: 'other-refresh',
      message: `Instance refresh ${refresh.id} of ${groupName}, started ${new Date(refresh.startedAt).toISOString()}, is ${refresh.status}, and there can be no second one: wait for its end, or cancel it with "aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${groupName}".`,
    },
  ];
}

/** Whoever goes back to a kept revision often does so because of an alarm. */
function alarms({ pinnedRevision }: PreflightSubject, observed: PreflightObserved): readonly Finding[] {
  if (pinnedRevision !== undefined) return [];
  return observed.alarms
    .filter(({ state }) => !isQuietAlarm(state))
    .map(({ name, state, reason }) => ({
      code: 'alarm-not-ok',
      message: `Alarm ${name} is in ${state}${reason ? ` (${cut(reason)})` : ''}, with which no instance refresh starts: bring the fleet to where it is OK, or, when this release is the cure, deploy with -c ignoreAlarms=true.`,
    }));
}

/** A sentence names a few, and counts the rest. */
const FEW = 3;

function few(names: readonly string[]): readonly string[] {
  return names.slice(0, FEW);
}

function listed(names: readonly string[], most = FEW): string {
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

function are(names: readonly unknown[], one = 'is', many = 'are'): string {
  return names.length === 1 ? one : many;
}

function cut(reason: string): string {
  const text = reason.trim().replace(/\.$/, '');
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
