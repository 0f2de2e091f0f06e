import satisfies = require('semver/functions/satisfies');

import type { Finding } from './finding';
import type { PreflightObserved, PreflightSubject, RevisionFacts } from './subject';

type Release = PreflightSubject['release'];

/** What speaks against the release itself: whom it can't serve beside, and where it can't be reached. */
export function releaseFindings(subject: PreflightSubject, observed: PreflightObserved): readonly Finding[] {
  const wanted = wantedRelease(subject, observed);
  return [...coExistence(subject, observed, wanted), ...checkedElsewhere(subject, observed, wanted)];
}

/** The release that is to serve; undefined when it is a kept revision that the ledger does not know. */
export function wantedRelease(
  { release, pinnedRevision }: PreflightSubject,
  { pinned }: PreflightObserved,
): Release | undefined {
  return pinnedRevision === undefined ? release : pinned?.release;
}

/** Two releases can serve beside each other when either of them says so: the newer one knows the older. */
export function canLiveBeside(one: Release, other: Release): boolean {
  const includes = (range: string, version: string) => satisfies(version, range, { includePrerelease: true });
  return (
    one.application === other.application &&
    (one.version === other.version ||
      includes(one.livesBeside, other.version) ||
      includes(other.livesBeside, one.version))
  );
}

function coExistence(
  { isMixed }: PreflightSubject,
  { inService }: PreflightObserved,
  wanted: Release | undefined,
): readonly Finding[] {
  if (!isMixed || !inService || !wanted || canLiveBeside(wanted, inService.release)) return [];
  return [
    {
      code: 'no-co-existence',
      message:
        `${described(wanted)} can't serve beside ${inServiceAs(inService)}, and with strategy rolling both ` +
        'serve for a while: deploy with -c strategy=recreate, under which nothing serves for a while; or, ' +
        "if they can serve beside each other, say so in the new release's livesBeside; or release a version in between that can live beside both.",
    },
  ];
}

function checkedElsewhere(
  { service, groupName }: PreflightSubject,
  { targetGroup, inService }: PreflightObserved,
  wanted: Release | undefined,
): readonly Finding[] {
  if (!service || !targetGroup) return [];
  const found: Finding[] = [];
  const present = inService ? nameOf(inService.release) : 'the release in service';
  if (targetGroup.port !== service.port) {
    found.push({
      code: 'port-change',
      message:
        `The target group of ${groupName} has port ${targetGroup.port}, and would be replaced by one with port ${service.port}, ` +
        `in which no machine of ${present} is: keep service.port at ${targetGroup.port}, or deploy the release as another fleet, with -c stackPrefix=NAME.`,
    });
  }
  if (targetGroup.healthPath !== service.healthPath) {
    found.push({
      code: 'health-path-change',
      message:
        `The target group of ${groupName} checks ${targetGroup.healthPath}, and would check ${service.healthPath} before the first machine is replaced, ` +
        `so that machines of ${present} are taken for sick: release a version first that answers on both, or accept this when the one in service does.`,
    });
  } else if (wanted && wanted.healthPath !== service.healthPath) {
    found.push({
      code: 'health-path-change',
      message:
        `The target group of ${groupName} checks ${service.healthPath}, and ${nameOf(wanted)} says that it answers on ${wanted.healthPath}, ` +
        'so that its machines are taken for sick: go to a revision that answers there, or accept this when it does.',
    });
  }
  return found;
}

export function nameOf({ application, version }: Pick<Release, 'application' | 'version'>): string {
  return `${application} ${version}`;
}

function described(release: Release): string {
  return `${nameOf(release)} (lives beside ${release.livesBeside})`;
}

function inServiceAs({ number, release }: RevisionFacts): string {
  return `${nameOf(release)}, in service as revision ${number} (lives beside ${release.livesBeside})`;
}
