import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract, list } from 'tar';
import { packArtifact } from '../../lib/release/artifact';
import { temporaryFolders } from './folders';

const folder = temporaryFolders();

function entries(file: string) {
  const found: { path: string; mode?: number; type: string; linkpath?: string }[] = [];
  list({
    file,
    sync: true,
    onReadEntry: ({ path, mode, type, linkpath }) =>
      void found.push({ path, mode, type, ...(linkpath ? { linkpath } : {}) }),
  });
  return found;
}

test('the same content has the same digest in another folder, order, umask and time', () => {
  const one = folder({ 'a.txt': 'a', 'b/c.txt': 'c', 'run.sh': '#!/bin/sh' });
  chmodSync(join(one, 'run.sh'), 0o755);
  const umask = process.umask(0o077);
  const other = folder({ 'run.sh': '#!/bin/sh', 'b/c.txt': 'c', 'a.txt': 'a' });
  process.umask(umask);
  chmodSync(join(other, 'run.sh'), 0o700);
  mkdirSync(join(other, 'empty'));
  utimesSync(join(other, 'a.txt'), 1, 1);

  const [first, second] = [packArtifact(one, folder()), packArtifact(other, folder())];

  expect(second.sha256).toBe(first.sha256);
  expect(readFileSync(second.file)).toEqual(readFileSync(first.file));
});

test('the digest is that of the archive, and its name', () => {
  const { file, sha256 } = packArtifact(folder({ a: 'a' }), folder());

  expect(sha256).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
  expect(file).toMatch(new RegExp(`asset\\.${sha256}\\.tar$`));
});

test.each([
  ['content', (path: string) => writeFileSync(join(path, 'a'), 'other')],
  ['the executable bit', (path: string) => chmodSync(join(path, 'a'), 0o755)],
  ['another file', (path: string) => writeFileSync(join(path, 'b'), '')],
])('another digest comes of %s', (_, change) => {
  const path = folder({ a: 'a' });
  const before = packArtifact(path, folder()).sha256;
  change(path);
  expect(packArtifact(path, folder()).sha256).not.toBe(before);
});

test('the archive unpacks to what was packed, by this library and by tar itself', async () => {
  const long = `${'deep/'.repeat(40)}${'n'.repeat(120)}.txt`;
  const files = { '@at': 'at', 'ünï.txt': 'ü', [long]: 'long', big: 'x'.repeat(100_000) };
  const source = folder(files);
  symlinkSync('big', join(source, 'link'));
  const { file } = packArtifact(source, folder());

  const [mine, systems] = [folder(), folder()];
  await extract({ file, cwd: mine });
  execFileSync('tar', ['-xf', file, '-C', systems]);

  for (const [path, content] of Object.entries({ ...files, link: files.big })) {
    expect(readFileSync(join(mine, path), 'utf8')).toBe(content);
    expect(readFileSync(join(systems, path), 'utf8')).toBe(content);
  }
});

test('entries are sorted, with normal modes', () => {
  const source = folder({ b: '', 'a/z': '', 'a.txt': '' });
  chmodSync(join(source, 'b'), 0o711);
  symlinkSync('b', join(source, 'c'));

  expect(entries(packArtifact(source, folder()).file)).toEqual([
    { path: 'a.txt', mode: 0o644, type: 'File' },
    { path: 'a/z', mode: 0o644, type: 'File' },
    { path: 'b', mode: 0o755, type: 'File' },
    { path: 'c', mode: 0o777, type: 'SymbolicLink', linkpath: 'b' },
  ]);
});

test.each(['/etc/passwd', '../outside', 'b/../../outside'])('a link to %s is refused', (target) => {
  const source = folder({ a: '' });
  mkdirSync(join(source, 'b'));
  symlinkSync(target, join(source, 'link'));
  expect(() => packArtifact(source, folder())).toThrow(`link links to ${target}, outside of the folder`);
});

test('what is neither file nor folder is refused', () => {
  const source = folder({ a: '' });
  execFileSync('mkfifo', [join(source, 'pipe')]);
  expect(() => packArtifact(source, folder())).toThrow('pipe is neither a file nor a folder nor a link');
});
