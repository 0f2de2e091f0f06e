import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provenanceOf } from '../../bin/git';

const root = mkdtempSync(join(tmpdir(), 'git-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const repository = join(root, 'repository');
const manifest = join(repository, 'releases', 'release.json');
const page = join(repository, 'releases', 'dist', 'page.html');
mkdirSync(join(repository, 'releases', 'dist'), { recursive: true });
writeFileSync(manifest, '{ "artifact": "dist" }');
writeFileSync(page, 'Hello');

function git(...args: readonly string[]): string {
  const config = ['user.name=Jo', 'user.email=jo@example.com', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', repository, ...config.flatMap((each) => ['-c', each]), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

function commit(message: string): string {
  git('add', '.');
  git('commit', '--quiet', '--allow-empty', '--message', message);
  return git('rev-parse', 'HEAD');
}

test('a release is told by the last commit that touched it, as long as it is as it was then', () => {
  expect(provenanceOf(manifest)).toEqual({});
  git('init', '--quiet');
  expect(provenanceOf(manifest)).toEqual({});

  const first = commit('Release');
  expect(provenanceOf(manifest)).toEqual({ deployedBy: 'Jo <jo@example.com>', commit: first });

  writeFileSync(join(repository, 'README.md'), 'Something else');
  commit('Something else');
  expect(provenanceOf(manifest).commit).toBe(first);

  writeFileSync(page, 'Good morning');
  expect(provenanceOf(manifest)).toEqual({});
  const second = commit('Another page');
  expect(provenanceOf(manifest).commit).toBe(second);

  const shallow = join(root, 'shallow');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', pathToFileURL(repository).href, shallow], {
    stdio: 'ignore',
  });
  expect(provenanceOf(join(shallow, 'releases', 'release.json'))).toEqual({});

  writeFileSync(join(repository, '.gitignore'), 'built.html\n');
  writeFileSync(join(repository, 'releases', 'dist', 'built.html'), 'Made from something');
  commit('Ignore what is built');
  expect(provenanceOf(manifest)).toEqual({});
});

test('without git nothing is told', () => {
  expect(provenanceOf(manifest, () => undefined)).toEqual({});
});
