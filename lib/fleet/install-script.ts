import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { LAUNCH_HOOK, readWithBootFiles } from '../release/boot-files';
import type { Release } from '../release/manifest';
import type { PublishedArtifact } from '../release/published-artifact';

const SCRIPT = join(__dirname, '..', '..', 'userdata', 'install.sh');

/** The boot script of the instance-based variant: what is particular to a release, and then the script that is not. */
export function installScript(scope: IConstruct, release: Release, artifact: PublishedArtifact): string {
  const settings: Readonly<Record<string, string>> = {
    APPLICATION: release.application,
    VERSION: release.version,
    ARTIFACT_URI: artifact.uri,
    ARTIFACT_SHA256: release.artifact.sha256,
    COMMAND: JSON.stringify(release.service.command),
    PORT: String(release.service.port),
    LAUNCH_HOOK,
    PACKAGES: release.service.packages.join(' '),
    REGION: Stack.of(scope).region,
  };
  // No value has a quote in it: the manifest's own rules see to that.
  const assignments = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  return ['#!/bin/bash', ...assignments, readWithBootFiles(SCRIPT)].join('\n');
}
