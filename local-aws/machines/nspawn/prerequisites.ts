import { existsSync, readFileSync } from 'node:fs';
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

/** What root may not have in a container: a number of a capability in the kernel's masks. */
const CAPABILITIES: Readonly<Record<string, number>> = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 };

/** Why real machines can't run here; undefined when they can. */
export function whyNot(): string | undefined {
  return whyNever() ?? whyForbidden();
}

/** Why real machines can't run on this system, whoever asks; undefined when they can. */
export function whyNever(): string | undefined {
  if (process.platform !== 'linux') return `real machines need Linux; this is ${process.platform}`;
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID(?:_LIKE)?=.*\bdebian\b/m.test(release))
    return 'real machines are made with the tools of Debian; this is another system';
  return undefined;
}

function whyForbidden(): string | undefined {
  if (process.getuid?.() !== 0)
    return 'real machines need root: they have file systems and networks of their own';
  const lacking = lackingCapabilities(readFileSync('/proc/self/status', 'utf8'));
  if (lacking.length > 0)
    return `real machines need more than root has here (${lacking.join(', ')}): run it in no container, or in a privileged one`;
  return undefined;
}

/** Capabilities that a process lacks. @param status `/proc/self/status` */
export function lackingCapabilities(status: string): readonly string[] {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.keys(CAPABILITIES).filter((name) => ((mask >> BigInt(CAPABILITIES[name]!)) & 1n) === 0n);
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

/** Installs what is missing from Debian's packages. To be called by one at a time. @throws Error with what apt-get said */
export async function installPrerequisites(log: (line: string) => void): Promise<void> {
  const missing = await missingPrograms();
  const packages = [...new Set(Object.values(missing))];
  if (packages.length === 0) return;
  log(`Installing ${packages.join(', ')} with apt-get, for ${Object.keys(missing).join(', ')}`);
  const aptGet = (...args: string[]) =>
    hostCommand('apt-get', [...args, '--quiet=2', '--option', 'DPkg::Lock::Timeout=120'], {
      environment: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    await aptGet('update');
    await aptGet('install', '--yes', '--no-install-recommends', ...packages);
  } catch (error) {
    throw new Error(
      `${packages.join(', ')} could not be installed; can this computer reach its package sources? ${(error as Error).message}`,
    );
  }
}
