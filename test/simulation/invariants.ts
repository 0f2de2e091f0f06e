import type { Activity, AutoScalingGroup, StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import type { LaunchTemplateVersion, Reservation } from '@aws-sdk/client-ec2';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { currentRevision } from '../../lib/ledger/history';
import type { Revision } from '../../lib/ledger/types';
import { digestOf } from '../../lib/rollout/read-fleet';
import type { Operator } from './operator';
import type { World } from './world';

const HOUR_MS = 3_600_000;
const LOCK_MARGIN_MS = 5 * 60_000;
const ACTIVE = ['Pending', 'InProgress', 'Baking', 'RollbackInProgress', 'Cancelling'];
const IN_FLEET = ['Pending', 'Pending:Wait', 'Pending:Proceed', 'InService'];

/** Holds a world against what must be true of it. */
export class Invariants {
  readonly violations: string[] = [];
  /** What capacity no refresh may go below, in percent of the desired. */
  promisedPercentage = 100;
  /** Whether machines may be replaced by ones of the same content: by a restart. */
  mayReplaceTheSame = false;
  private readonly outcomes = new Map<number, string>();

  constructor(
    private readonly world: World,
    private readonly operator: Operator,
  ) {}

  /** Watches what must be true at every moment. */
  watch(): void {
    this.world.tap('elasticloadbalancing', 'DeregisterTargets', (input) => {
      const { TargetGroupArn, Targets = [] } = input as {
        TargetGroupArn: string;
        Targets?: { Id: string }[];
      };
      for (const { Id } of Targets) this.checkCapacity(TargetGroupArn, Id);
    });
    this.world.tap('autoscaling', 'StartInstanceRefresh', (input) => this.noteStart(input));
  }

  /** What was about to be refreshed, and to what; checked when there is time to read. */
  private readonly starts: { readonly group: AutoScalingGroup; readonly desired: string }[] = [];

  private noteStart(input: object): void {
    const { DesiredConfiguration } = input as StartInstanceRefreshType;
    const desired = DesiredConfiguration?.LaunchTemplate?.Version;
    const group = this.world.group(this.operator.groupName);
    if (desired && group && !this.mayReplaceTheSame) this.starts.push({ group, desired });
  }

  /** A refresh is for something: group or machines have other content than what it goes to. */
  private checkStarts(contents: Awaited<ReturnType<Invariants['contents']>>): void {
    for (const { group, desired } of this.starts.splice(0)) {
      const versions = [
        group.LaunchTemplate,
        ...(group.Instances ?? []).map(({ LaunchTemplate }) => LaunchTemplate),
      ];
      const content = contents.get(desired)?.content;
      if (versions.every((version) => contents.get(version?.Version ?? '')?.content === content))
        this.violated(
          `A refresh to version ${desired} was started, whose content the group and all machines have.`,
        );
    }
  }

  violated(what: string): void {
    if (this.violations.includes(what)) return;
    this.violations.push(what);
    this.world.trace.add('VIOLATION', what);
  }

  /**
   * Capacity falls in two ways: faults take machines, and a refresh takes healthy ones out to replace them.
   * The second is what was promised about: after it, as many healthy ones are left as promised, however
   * many the faults have taken before.
   */
  private checkCapacity(TargetGroupArn: string, machine: string): void {
    const { world, operator } = this;
    const [activity] = world.peek<{ Activities: Activity[] }>('autoscaling', 'DescribeScalingActivities', {
      AutoScalingGroupName: operator.groupName,
      MaxRecords: 1,
    }).Activities;
    const isRefresh =
      activity?.Description?.includes(machine) && activity.Cause?.includes('instance refresh') === true;
    const group = world.group(operator.groupName);
    if (!isRefresh || !group) return;
    const healthy = this.healthy(TargetGroupArn, group);
    // Who was ended by hand a moment ago is gone, though the load balancer has not noticed yet.
    if (!healthy.includes(machine) || !this.isRunning(machine)) return;
    const least = Math.ceil(((group.DesiredCapacity ?? 0) * this.promisedPercentage) / 100);
    if (healthy.length - 1 < least)
      this.violated(
        `The refresh takes ${machine} out of service and leaves ${healthy.length - 1} healthy machines; promised are ${least} (${this.promisedPercentage}% of ${group.DesiredCapacity}).`,
      );
  }

  private healthy(TargetGroupArn: string, group: AutoScalingGroup): string[] {
    const { TargetHealthDescriptions } = this.world.peek<{
      TargetHealthDescriptions: TargetHealthDescription[];
    }>('elasticloadbalancing', 'DescribeTargetHealth', { TargetGroupArn });
    const members = new Set(group.Instances?.map(({ InstanceId }) => InstanceId));
    return TargetHealthDescriptions.filter(
      ({ Target, TargetHealth }) => TargetHealth?.State === 'healthy' && members.has(Target?.Id),
    ).map(({ Target }) => Target!.Id!);
  }

  private isRunning(machine: string): boolean {
    const { Reservations } = this.world.peek<{ Reservations: Reservation[] }>('ec2', 'DescribeInstances', {
      Filters: [{ Name: 'instance-id', Values: [machine] }],
    });
    return Reservations.some(({ Instances }) => Instances?.[0]?.State?.Name === 'running');
  }

  /** Whether a refresh is under way. */
  isRefreshing(): boolean {
    return this.world.refreshes(this.operator.groupName).some(({ Status }) => ACTIVE.includes(Status!));
  }

  /** What must be true whenever the stack is at rest, however it ended. */
  async checkAnswers(): Promise<void> {
    const { world } = this;
    for (const [id, { at, answers, logicalId, type, failedEntries }] of world.requests) {
      // What comes after CloudFormation has taken an answer is of no matter: a late entry, or the last net.
      const executed = answers.filter(({ by }) => by === 'execution');
      const heard = [...(answers[0]?.by === 'entry' ? [answers[0]] : []), ...executed];
      const statuses = new Set(heard.map(({ status }) => status));
      if (statuses.size > 1)
        this.violated(`${type} ${logicalId} was answered with ${[...statuses].join(' and ')}.`);
      const first = answers[0];
      if (!first && world.now() - at > HOUR_MS && !world.faults.netsTorn && failedEntries < 3)
        this.violated(`${type} ${logicalId} was not answered.`);
      if (first && first.at - at > HOUR_MS)
        this.violated(`${type} ${logicalId} was answered after more than an hour.`);
      if (first && world.now() - at > 2 * HOUR_MS) world.requests.delete(id);
    }
  }

  /** Outcomes are written once. */
  async checkLedger(isComplete: boolean): Promise<readonly Revision[]> {
    const { ledger, groupName } = this.operator;
    const revisions = await ledger.revisions(groupName);
    const head = await ledger.head(groupName);
    revisions.forEach(({ number, outcome }, index) => {
      if (number !== index + 1)
        this.violated(`Revision ${number} stands at place ${index + 1} of the ledger.`);
      const text = outcome && JSON.stringify(outcome);
      const before = this.outcomes.get(number);
      if (before !== undefined && before !== text)
        this.violated(`The outcome of revision ${number} changed: ${before}, ${text}.`);
      if (text) this.outcomes.set(number, text);
      if (!outcome && number !== head.open?.revision)
        this.violated(`Revision ${number} has no outcome and is not open.`);
      if (!outcome && isComplete)
        this.violated(`Revision ${number} has no outcome, and the stack is at rest.`);
    });
    if (head.open && isComplete)
      this.violated(`The rollout of revision ${head.open.revision} is open, and the stack is at rest.`);
    if (head.newest !== revisions.length)
      this.violated(`The ledger's newest revision is ${head.newest} of ${revisions.length}.`);
    return revisions;
  }

  /** A creation whose functions were defeated can leave its rollout open, but locks the fleet for no longer than its request. */
  async checkUnlocked(): Promise<void> {
    const { ledger, groupName } = this.operator;
    await this.checkLedger(false);
    const { open } = await ledger.head(groupName);
    if (open && open.until > this.world.now() + HOUR_MS + LOCK_MARGIN_MS)
      this.violated(
        `The stack is gone, and its rollout locks the fleet until ${new Date(open.until).toISOString()}.`,
      );
  }

  /**
   * Group, ledger, CloudFormation and every machine name the same.
   * @param version the release that the fleet has to run
   */
  async checkAgreement(version: string): Promise<void> {
    const { world, operator } = this;
    const revisions = await this.checkLedger(true);
    const group = world.group(operator.groupName);
    if (!group) return this.violated('There is no group.');
    const outputs = new Map(
      (world.stack(operator.stackName).Outputs ?? []).map(({ OutputKey, OutputValue }) => [
        OutputKey,
        OutputValue,
      ]),
    );
    const contents = await this.contents(outputs.get('LaunchTemplateId')!);
    this.checkStarts(contents);
    const saved = group.LaunchTemplate?.Version ?? '';
    const fleet = outputs.get('FleetVersion') ?? '';
    const current = currentRevision(revisions);
    const { content = 'nothing' } = contents.get(saved) ?? {};
    if (contents.get(fleet)?.content !== content)
      this.violated(
        `The group has saved version ${saved}, and CloudFormation names version ${fleet}, which has other content.`,
      );
    if (current?.software.content !== content)
      this.violated(
        `The group has saved version ${saved}, and the ledger names revision ${current?.number} with version ${current?.software.launchTemplateVersion}, which has other content.`,
      );
    if (contents.get(saved)?.release !== version)
      this.violated(`The group has saved release ${contents.get(saved)?.release}; it is to be ${version}.`);
    if (outputs.get('ReleaseVersion') !== `guestbook ${version}`)
      this.violated(
        `The stack's output names ${outputs.get('ReleaseVersion')}; it is to be guestbook ${version}.`,
      );
    for (const { InstanceId, LifecycleState, LaunchTemplate } of group.Instances ?? []) {
      if (!IN_FLEET.includes(LifecycleState!)) continue;
      const its = contents.get(LaunchTemplate?.Version ?? '');
      if (its?.content !== content)
        this.violated(
          `${InstanceId} is ${LifecycleState} with version ${LaunchTemplate?.Version} (${its?.release}), and the group has saved ${saved}.`,
        );
    }
  }

  private async contents(LaunchTemplateId: string) {
    const { LaunchTemplateVersions } = await this.world.peek<
      Promise<{ LaunchTemplateVersions: LaunchTemplateVersion[] }>
    >('ec2', 'DescribeLaunchTemplateVersions', { LaunchTemplateId });
    return new Map(
      LaunchTemplateVersions.map(({ VersionNumber, LaunchTemplateData }) => [
        String(VersionNumber),
        {
          content: digestOf(LaunchTemplateData),
          release: LaunchTemplateData?.TagSpecifications?.[0]?.Tags?.find(
            ({ Key }) => Key === 'image-rollouts:version',
          )?.Value,
        },
      ]),
    );
  }
}
