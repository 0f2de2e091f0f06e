import { ConfigurationError } from '../configuration-error';
import type { Revision } from '../ledger/types';
import { codeOf } from '../rollout/clients';
import { nameOf } from '../rollout/fleet-status';
import { formatPin } from '../rollout/pin';
import { digestOf } from '../rollout/read-fleet';
import { releaseOf } from './fleet-view';
import { type FleetContext, readCaller } from './on-fleet';
import { templateDigest } from './stack-template';

/**
 * What the stack's pin has to be for the fleet to run a kept revision: empty, when that is what the
 * template itself would have it run.
 * @throws ConfigurationError when the revision's launch template version is gone
 */
export async function pinTo(context: FleetContext, revision: Revision): Promise<string> {
  const { launchTemplateId, launchTemplateVersion } = revision.software;
  const versions = await readAllVersions(context, launchTemplateId);
  const kept = versions.get(Number(launchTemplateVersion));
  if (kept === undefined)
    throw new ConfigurationError(
      `Of ${nameOf(revision)} launch template version ${launchTemplateVersion} is gone: deploy that release again, with "npx cdk deploy ${context.fleet.stackName} -c release=FILE".`,
    );
  const instead = await templateDigest(context);
  const templates = versions.get(Math.max(...versions.keys()));
  // The template's release alone does not tell: its machines may have changed otherwise.
  if (revision.release.digest === instead && templates === kept) return '';
  return formatPin({
    revision: revision.number,
    release: releaseOf(revision),
    launchTemplateVersion,
    instead,
    after: (await context.ledger.head(context.fleet.groupName)).newest,
    by: await readCaller(context),
  });
}

/** Those of a stack that was destroyed went with it. */
async function readAllVersions(
  context: FleetContext,
  launchTemplateId: string,
): Promise<ReadonlyMap<number, string>> {
  try {
    return await readVersions(context, launchTemplateId);
  } catch (error) {
    if (codeOf(error) === 'InvalidLaunchTemplateId.NotFound') return new Map();
    throw error;
  }
}

/** Digests of a launch template's versions by number. CloudFormation alone writes them: the newest is the template's. */
async function readVersions(
  { clients }: FleetContext,
  launchTemplateId: string,
): Promise<ReadonlyMap<number, string>> {
  const versions = new Map<number, string>();
  let NextToken: string | undefined;
  do {
    const page = await clients.ec2.describeLaunchTemplateVersions({
      LaunchTemplateId: launchTemplateId,
      NextToken,
    });
    for (const { VersionNumber = 0, LaunchTemplateData } of page.LaunchTemplateVersions ?? [])
      versions.set(VersionNumber, digestOf(LaunchTemplateData));
    NextToken = page.NextToken;
  } while (NextToken);
  return versions;
}
