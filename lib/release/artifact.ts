import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { Header, Pax } from 'tar';
import { ConfigurationError } from '../configuration-error';

/** A release's files as one archive. */
export interface Artifact {
  /** Path of the archive. */
  readonly file: string;
  /** SHA-256 of the archive, hexadecimal. */
  readonly sha256: string;
}

const BLOCK = 512;

/**
 * Packs a folder into `asset.<sha256>.tar` in `outputFolder`. The archive depends on the files' paths,
 * content, and executable bit alone: owner, time, umask, and the order in which the file system lists
 * them leave no trace, so that the same folder has the same digest everywhere. As in git, a folder
 * exists because of the files in it. `folder` is how messages name it.
 * @throws ConfigurationError when the folder is missing, empty, no folder, or holds what no archive can carry
 */
export function packArtifact(folder: string, outputFolder: string): Artifact {
  const files = listFiles(folder);
  if (files.length === 0) throw new ConfigurationError(`the folder ${folder} has no files in it`);
  mkdirSync(outputFolder, { recursive: true });
  const unfinished = join(outputFolder, `.artifact-${process.pid}.tar`);
  const hash = createHash('sha256');
  const archive = openSync(unfinished, 'w');
  const write = (bytes: Uint8Array) => {
    hash.update(bytes);
    writeSync(archive, bytes);
  };
  try {
    for (const path of files) writeEntry(folder, path, write);
    write(Buffer.alloc(2 * BLOCK));
  } finally {
    closeSync(archive);
  }
  const sha256 = hash.digest('hex');
  const file = join(outputFolder, `asset.${sha256}.tar`);
  renameSync(unfinished, file);
  return { file, sha256 };
}

function writeEntry(folder: string, path: string, write: (bytes: Uint8Array) => void): void {
  const source = join(folder, path);
  const stat = lstatSync(source);
  const isLink = stat.isSymbolicLink();
  const content = isLink ? Buffer.alloc(0) : readFileSync(source);
  const entry = {
    path,
    type: isLink ? ('SymbolicLink' as const) : ('File' as const),
    // The umask takes bits from group and others; only what the owner may do is the folder's own.
    mode: isLink ? 0o777 : stat.mode & 0o100 ? 0o755 : 0o644,
    size: content.length,
    mtime: new Date(0),
    linkpath: isLink ? readlinkSync(source).split(sep).join(posix.sep) : undefined,
  };
  const header = new Header(entry);
  const block = Buffer.alloc(BLOCK);
  const needsPax = header.encode(block);
  if (needsPax) write(new Pax({ path, linkpath: entry.linkpath, size: entry.size }).encode());
  write(block);
  write(content);
  write(Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
}

/** Files and links below a folder, as sorted paths with `/`. */
function listFiles(folder: string): string[] {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (!stat) throw new ConfigurationError(`the folder ${folder} does not exist`);
  if (!stat.isDirectory()) throw new ConfigurationError(`${folder} is not a folder`);
  const files: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const source = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isDirectory()) continue;
    if (entry.isSymbolicLink()) refuseLinkOutside(folder, source);
    else if (!entry.isFile())
      throw new ConfigurationError(`${source} is neither a file nor a folder nor a link`);
    files.push(relative(folder, source).split(sep).join(posix.sep));
  }
  return files.sort();
}

function refuseLinkOutside(folder: string, source: string): void {
  const target = readlinkSync(source);
  const inside = relative(folder, resolve(dirname(source), target));
  if (isAbsolute(target) || isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) {
    throw new ConfigurationError(`${source} links to ${target}, outside of the folder`);
  }
}
