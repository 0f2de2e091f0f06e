import { join } from 'node:path';
import { Stack, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ConfigurationError } from '../configuration-error';
import { LAUNCH_HOOK, readWithBootFiles } from '../release/boot-files';
import type { Release } from '../release/manifest';
import type { PublishedArtifact } from '../release/published-artifact';

const SCRIPT = join(__dirname, '..', '..', 'userdata', 'install.sh');

/**
 * EC2's limit for user data, before it is encoded.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
 */
const USER_DATA_LIMIT_BYTES = 16_384;
/** What is known only when the stack is deployed, such as a region or an account, is shorter than this. */
const TOKEN_BYTES = 64;

/**
 * The boot script of the instance-based variant: what is particular to a release, and then the script that is not.
 * @throws ConfigurationError when EC2 would not take it
 */
export function installScript(scope: IConstruct, release: Release, artifact: PublishedArtifact): string {
  const settings: Readonly<Record<string, string>> = {
    APPLICATION: release.application,
    VERSION: release.version,
    ARTIFACT_URI: artifact.uri,
    ARTIFACT_SHA256: release.artifact.sha256,
    COMMAND: JSON.stringify(release.service.command),
    PORT: String(release.service.port),
    HEALTH_PATH: release.service.healthPath,
    LAUNCH_HOOK,
    PACKAGES: release.service.packages.join(' '),
    REGION: Stack.of(scope).region,
  };
  // No value has a quote in it: the manifest's own rules see to that.
  const assignments = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  const script = ['#!/bin/bash', ...assignments, withoutComments(readWithBootFiles(SCRIPT))].join('\n');
  checkUserData(script);
  return script;
}

/** Lines of comment alone: the limit counts them, and anyone who reads them has the files. */
function withoutComments(script: string): string {
  return script.replace(/^[ ]*#(?!!).*\n/gm, '');
}

/** @throws ConfigurationError when EC2 would not take the script as user data */
export function checkUserData(script: string): void {
  const known = Tokenization.reverseString(script).mapTokens({ mapToken: () => '#'.repeat(TOKEN_BYTES) });
  const bytes = Buffer.byteLength(known.join({ join: (left, right) => `${left}${right}` }));
  if (bytes <= USER_DATA_LIMIT_BYTES) return;
  throw new ConfigurationError(
    `The boot script has ${bytes} bytes, and EC2 takes ${USER_DATA_LIMIT_BYTES} as user data: shorten service.command or service.packages of the manifest, or userdata/install.sh and what it includes.`,
  );
}
