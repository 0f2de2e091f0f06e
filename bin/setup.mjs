// Installs the locked dependencies when they are missing or older than the lock file, and is done
// in a moment when nothing is missing. It needs Node alone, because it runs before anything else.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`Node ${process.versions.node} found; Node 20 or later is needed.`);
  process.exit(1);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const lock = `${root}package-lock.json`;
const installed = `${root}node_modules/.package-lock.json`;

/** npm writes `node_modules/.package-lock.json` last: when it names the lock file's packages, the installation is whole. */
function isInstalled() {
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true;
  const versions = (file) =>
    Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)
      .filter(([path, entry]) => path !== '' && !entry.optional)
      .map(([path, { version }]) => `${path}@${version}`)
      .sort()
      .join('\n');
  return versions(installed) === versions(lock);
}

if (!isInstalled()) {
  console.error('Installing dependencies (once) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('npm ci failed; see its message above.');
    process.exit(status ?? 1);
  }
}
