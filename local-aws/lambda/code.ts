import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import { temporaryFolder } from '../core/temporary-folder';
import { type Code, sha256 } from './functions';

interface CodeSource {
  readonly ZipFile?: Uint8Array;
  readonly S3Bucket?: string;
  readonly S3Key?: string;
  readonly S3ObjectVersion?: string;
  readonly ImageUri?: string;
}

/**
 * Fetches and unpacks a deployment package; the caller needs the permission to read it.
 * @throws Fault InvalidParameterValueException when there is none, or it is no zip archive
 */
export async function fetchCode(core: Core, source: CodeSource, principal: Principal): Promise<Code> {
  if (source.ImageUri !== undefined)
    throw invalid('The local AWS runs functions from zip archives, not from container images.');
  const archive = source.ZipFile ?? (await fetchFromS3(core, source, principal));
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(archive);
  } catch {
    throw invalid('Could not unzip uploaded file. Please check your file, then try to upload again.');
  }
  return { files: new Map(Object.entries(files)), size: archive.byteLength, sha256: sha256(archive) };
}

async function fetchFromS3(core: Core, source: CodeSource, principal: Principal): Promise<Uint8Array> {
  const { S3Bucket, S3Key, S3ObjectVersion } = source;
  if (S3Bucket === undefined || S3Key === undefined)
    throw invalid('Please provide a source for function code.');
  try {
    const { Body } = await core.send(
      new GetObjectCommand({ Bucket: S3Bucket, Key: S3Key, VersionId: S3ObjectVersion }),
      principal,
    );
    return await buffer(Body as Readable);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw invalid(
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`,
    );
  }
}

function invalid(message: string): Fault {
  return new Fault('InvalidParameterValueException', message, 400);
}

/** The folder in which functions' code lies while they run. */
export class CodeFolder {
  private root: Promise<string> | undefined;
  private readonly unpacked = new Map<string, Promise<string>>();

  /** @param modulesPath `node_modules` that stands for what Lambda's runtime brings along */
  constructor(private readonly modulesPath: string | undefined) {}

  /** Folder of a deployment package, unpacked once. */
  folderOf(code: Code): Promise<string> {
    let folder = this.unpacked.get(code.sha256);
    if (!folder) {
      folder = this.unpack(code);
      this.unpacked.set(code.sha256, folder);
    }
    return folder;
  }

  async remove(): Promise<void> {
    // What is still being unpacked would make the folder anew.
    await Promise.allSettled(this.unpacked.values());
    if (this.root) await rm(await this.root, { recursive: true, force: true });
  }

  private async unpack(code: Code): Promise<string> {
    this.root ??= this.makeRoot();
    const folder = join(await this.root, Buffer.from(code.sha256, 'base64').toString('hex').slice(0, 16));
    for (const [path, content] of code.files) {
      if (path.endsWith('/')) continue;
      const file = normalize(join(folder, path));
      if (!file.startsWith(folder + sep))
        throw invalid(`The deployment package has a file outside of itself: ${path}`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    return folder;
  }

  /** NODE_PATH is not looked at for ES modules: they find the runtime's modules in a folder above their own. */
  private async makeRoot(): Promise<string> {
    const root = temporaryFolder('lambda');
    if (this.modulesPath) await symlink(this.modulesPath, join(root, 'node_modules'), 'junction');
    return root;
  }
}
