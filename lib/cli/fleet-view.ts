import { currentRevision } from '../ledger/history';
import type { Head, Revision } from '../ledger/types';
import { type Contents, type Fleet, key } from '../rollout/fleet';
import type { TemplateVersion } from '../rollout/properties';
import { readContents, readGroup, withTargetHealth } from '../rollout/read-fleet';
import { type FleetContext, readHead } from './on-fleet';

/** Names and ARNs of a fleet's resources that a status rests on. */
export interface FleetParts {
  readonly targetGroupArn?: string;
  readonly alarmNames: readonly string[];
}

/** Reads which target group and alarms a fleet has. */
export async function readParts({ clients, fleet }: FleetContext): Promise<FleetParts> {
  let targetGroupArn: string | undefined;
  const alarmNames: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await clients.cloudFormation.listStackResources({ StackName: fleet.stackId, NextToken });
    for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (!PhysicalResourceId) continue;
      if (ResourceType === 'AWS::ElasticLoadBalancingV2::TargetGroup') targetGroupArn ??= PhysicalResourceId;
      if (ResourceType === 'AWS::CloudWatch::Alarm') alarmNames.push(PhysicalResourceId);
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return { targetGroupArn, alarmNames };
}

/** What is there of a fleet: its ledger and its machines. */
export interface FleetView {
  readonly head: Head;
  readonly revisions: readonly Revision[];
  /** Absent when there is no such group. */
  readonly group?: Fleet;
  readonly contents: Contents;
}

/** Reads ledger and machines. */
export async function readFleetView(context: FleetContext, parts: FleetParts): Promise<FleetView> {
  const { clients, fleet, ledger } = context;
  const head = await readHead(context);
  const revisions = await ledger.revisions(fleet.groupName);
  const bare = await readGroup(clients, fleet.groupName);
  const group =
    bare && parts.targetGroupArn ? await withTargetHealth(clients, bare, parts.targetGroupArn) : bare;
  const wanted = [currentRevision(revisions), revisions.at(-1)].map((revision) => revision?.software);
  const contents = await readContents(clients, [
    ...(group?.machines ?? []).map(({ version }) => version),
    ...wanted.map((software) => software && templateVersionOf(software)),
  ]);
  return { head, revisions, group, contents };
}

/** The newest revision whose machines start from a version, or from another one with the same content. */
export function revisionOf(
  version: TemplateVersion | undefined,
  revisions: readonly Revision[],
  contents: Contents,
): Revision | undefined {
  if (!version) return undefined;
  const content = contents.get(key(version));
  return revisions.findLast(
    ({ software }) =>
      key(templateVersionOf(software)) === key(version) ||
      (content !== undefined && software.content === content),
  );
}

export function templateVersionOf({
  launchTemplateId,
  launchTemplateVersion,
}: Revision['software']): TemplateVersion {
  return { launchTemplateId, version: launchTemplateVersion };
}

export function releaseOf({ release }: Revision): string {
  return `${release.application} ${release.version}`;
}
