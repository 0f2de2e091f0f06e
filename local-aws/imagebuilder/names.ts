import type { Core } from '../core/core';
import { Fault } from '../core/fault';

/** What Image Builder keeps, as it stands in an ARN. */
export type Kind =
  | 'component'
  | 'image-recipe'
  | 'infrastructure-configuration'
  | 'distribution-configuration'
  | 'image-pipeline'
  | 'image';

/** A resource's ARN. Names are written in lower case there, with hyphens for blanks and underscores. */
export function arnOf(
  core: Core,
  kind: Kind,
  name: string,
  ...version: readonly (string | number)[]
): string {
  const normalized = name.toLowerCase().replace(/[ _]/g, '-');
  return core.arn('imagebuilder', [kind, normalized, ...version].join('/'));
}

/** The kind, the version and the build number in an ARN. */
export function partsOf(arn: string): {
  readonly kind: string;
  readonly version?: string;
  readonly build?: number;
} {
  const [kind = '', , version, build] = arn.split(':').slice(5).join(':').split('/');
  return { kind, version, build: build === undefined ? undefined : Number(build) };
}

/** The fault for a parameter of a wrong value. */
export function invalidParameter(name: string, message: string): Fault {
  return new Fault(
    'InvalidParameterValueException',
    `The value supplied for parameter '${name}' is not valid. ${message}`,
  );
}

/** @throws Fault when a name has other characters, or another length, than Image Builder takes */
export function checkName(name: string | undefined): string {
  if (name === undefined || !/^[-_A-Za-z0-9][-_A-Za-z0-9 ]{1,126}[-_A-Za-z0-9]$/.test(name)) {
    throw invalidParameter(
      'name',
      `A name has 3 to 128 letters, digits, hyphens, underscores and inner blanks; found '${name}'.`,
    );
  }
  return name;
}

export type Version = readonly [major: number, minor: number, patch: number];

/** @throws Fault when it is not MAJOR.MINOR.PATCH in digits */
export function parseVersion(text: string | undefined): Version {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(text ?? '');
  if (!match)
    throw new Fault(
      'InvalidVersionNumberException',
      `A version is MAJOR.MINOR.PATCH, all digits; found '${text}'.`,
    );
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Orders versions, for sorting: the older first. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/**
 * How a version with wildcards selects versions: `1.x.x` matches every 1.…
 * @throws Fault when a digit stands right of an `x`
 */
export function versionMatcher(pattern: string): (version: string) => boolean {
  if (!/^(\d{1,9}\.\d{1,9}\.(\d{1,9}|x)|\d{1,9}\.x\.x|x\.x\.x)$/.test(pattern)) {
    throw new Fault(
      'InvalidVersionNumberException',
      `Right of the first x of a version everything must be x, as in 1.x.x; found '${pattern}'.`,
    );
  }
  const fixed = pattern.split('.').filter((part) => part !== 'x');
  return (version) => fixed.every((part, index) => version.split('.')[index] === part);
}

/**
 * The version that a creation under `wanted` gets: itself, or, for one with wildcards (`1.0.x`), the
 * next one after the highest that exists.
 */
export function nextVersion(wanted: string | undefined, existing: readonly string[]): string {
  if (!wanted?.includes('x')) return parseVersion(wanted).join('.');
  const matches = versionMatcher(wanted);
  const highest = existing.filter(matches).map(parseVersion).sort(compareVersions).at(-1);
  const parts = wanted.split('.');
  const first = parts.indexOf('x');
  return parts
    .map((part, index) => {
      if (index < first) return part;
      if (index > first) return '0';
      return highest ? highest[index]! + 1 : index === 0 ? 1 : 0;
    })
    .join('.');
}
