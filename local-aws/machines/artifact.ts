import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { extract } from 'tar';
import { parse } from 'yaml';
import type { Core } from '../core/core';
import type { Principal } from '../core/principal';
import type { Software } from './driver';

/** What an installation consists of, in this order. */
export type InstallStep = 'fetch' | 'check' | 'unpack';

/** What is installed where, by whom. */
export interface Installation {
  readonly core: Core;
  readonly software: Software;
  /** Who fetches the artifact. */
  readonly principal: Principal;
  /** Where it is unpacked; made when it is not there. */
  readonly folder: string;
  readonly log: (line: string) => void;
  /** What a step is called in messages. */
  readonly nameOf: (step: InstallStep) => string;
}

/**
 * Fetches a release's artifact from S3, checks it and unpacks it.
 * @throws Error naming the step that failed
 */
export async function install({
  core,
  software,
  principal,
  folder,
  log,
  nameOf,
}: Installation): Promise<void> {
  const step = async <T>(kind: InstallStep, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new Error(`${nameOf(kind)} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(software.artifactUri) ?? [];
  const bytes = await step('fetch', async () => {
    const { Body } = await core.send(new GetObjectCommand({ Bucket, Key }), principal);
    return buffer(Body as Readable);
  });
  log(`fetched ${software.artifactUri}, ${bytes.length} bytes`);
  await step('check', async () => {
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== software.artifactSha256) {
      throw new Error(
        `the artifact ${software.artifactUri} has the SHA-256 digest ${found}; ${software.artifactSha256} was expected.`,
      );
    }
  });
  await step('unpack', async () => {
    await mkdir(folder, { recursive: true });
    const unpacking = extract({ cwd: folder, strict: true });
    await pipeline([bytes], unpacking);
  });
  log(`installed ${software.application} ${software.version}`);
}

/**
 * Names the steps of an installation as a component document does: the step that loads from S3, and the one
 * that calculates a SHA-256 sum; a document without such a step has the plain words.
 */
export function stepNamesOf(component: string, document: string): (step: InstallStep) => string {
  const steps = stepsOf(document);
  const marks: Record<InstallStep, RegExp> = {
    fetch: /"S3Download"|aws s3/,
    check: /sha256/i,
    unpack: /\btar\b/,
  };
  return (kind) => {
    const found = steps.find((step) => marks[kind].test(JSON.stringify(step)));
    return `Component ${component}, step ${found?.name ?? kind},`;
  };
}

interface DocumentStep {
  readonly name?: string;
}

/** Image Builder refused a document that is no YAML before it came here. */
function stepsOf(document: string): readonly DocumentStep[] {
  const parsed = parse(document) as { phases?: { steps?: DocumentStep[] }[] } | null;
  return (parsed?.phases ?? []).flatMap(({ steps }) => steps ?? []);
}
