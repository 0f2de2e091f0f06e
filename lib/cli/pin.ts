import { ConfigurationError, quoted } from '../configuration-error';
import type { Revision } from '../ledger/types';
import { codeOf } from '../rollout/clients';
import { nameOf } from '../rollout/fleet-status';
import { formatPin } from '../rollout/pin';
import { digestOf } from '../rollout/read-fleet';
import { releaseOf } from './fleet-view';
import { type FleetContext, readCaller } from './on-fleet';

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

/** Digest of the release that the stack's template names. */
async function templateDigest({ clients, fleet }: FleetContext): Promise<string> {
  const { TemplateBody = '' } = await clients.cloudFormation.getTemplate({
    StackName: fleet.stackId,
    TemplateStage: 'Original',
  });
  const digest = rolloutProperty(TemplateBody, 'ReleaseDigest');
  if (digest) return digest;
  throw new ConfigurationError(
    `The template of the stack ${quoted(fleet.stackName)} has no Custom::Rollout with a ReleaseDigest: deploy it anew, with "npx cdk deploy ${fleet.stackName}".`,
  );
}

function rolloutProperty(template: string, name: string): string | undefined {
  let resources: Readonly<Record<string, { Type?: unknown; Properties?: Record<string, unknown> }>>;
  try {
    resources = JSON.parse(template).Resources ?? {};
  } catch {
    // Not the CDK's: that is JSON.
    return undefined;
  }
  for (const { Type, Properties } of Object.values(resources)) {
    const value = Type === 'Custom::Rollout' ? Properties?.[name] : undefined;
    if (typeof value === 'string') return value;
  }
  return undefined;
}
