import { readFile } from 'node:fs/promises';
import { hostCommand, hostProcess } from './host-command';

/** Programs that real machines need of the host, and Debian's packages that they are in. */
const PROGRAMS: Readonly<Record<string, string>> = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  ip: 'iproute2',
  nft: 'nftables',
  'apt-ftparchive': 'apt-utils',
  nsenter: 'util-linux',
  tar: 'tar',
};

/** Why real machines can't run here; undefined when they can. */
export async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `real machines need Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0)
    return 'real machines need root: they have file systems and networks of their own';
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID(?:_LIKE)?=.*\bdebian\b/m.test(release))
    return 'real machines are made with the tools of Debian; this is another system';
  return undefined;
}

/** Programs that are missing, with their packages. */
export async function missingPrograms(): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(
    Object.entries(PROGRAMS).map(async ([program, packageName]) => {
      const { exitCode } = await hostProcess('sh', ['-c', 'command -v "$1"', 'sh', program]);
      return exitCode === 0 ? undefined : ([program, packageName] as const);
    }),
  );
  return Object.fromEntries(found.filter((entry) => entry !== undefined));
}

/** Installs what is missing from Debian's packages. @throws Error with what apt-get said */
export async function installPrerequisites(log: (line: string) => void): Promise<void> {
  const missing = await missingPrograms();
  const packages = [...new Set(Object.values(missing))];
  if (packages.length === 0) return;
  log(`Installing ${packages.join(', ')} with apt-get, for ${Object.keys(missing).join(', ')}`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  await hostCommand('apt-get', ['update', '--quiet=2'], { environment });
  await hostCommand('apt-get', ['install', '--yes', '--quiet=2', '--no-install-recommends', ...packages], {
    environment,
  });
}
