import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { holding } from '../core/clock';
import type { MachineHost } from '../machines/nspawn/machine-host';
import type { MachineShell } from '../machines/nspawn/machine-shell';
import { makeNewerPackages } from '../machines/nspawn/newer-packages';
import { MACHINE_PACE } from '../machines/nspawn/nspawn-driver';
import type { Boot } from './boots';
import { compareInventories, type Difference, takeInventory } from './inventory';
import { both, type Finding, finding, type PerVariant, perVariant, type Variant } from './model';
import { type Act, NO_BUILD, STORY, type Stage, type Step } from './story';

/** In what a machine that stayed and the one that replaced another differ, after updates were offered in between. */
export interface Drift extends PerVariant<Difference> {
  /** Packages of which newer versions were offered. */
  readonly offered: readonly string[];
}

export interface MachineParts {
  /** Root's way into a machine. */
  readonly shellOf: (instanceId: string) => MachineShell;
  readonly host: Pick<MachineHost, 'base' | 'folder' | 'repository'>;
  /** What was measured of the machines that have started so far. */
  readonly boots: () => readonly Boot[];
  readonly onDrift: (drift: Drift) => void;
}

/** Updates of a week: of packages that come with Node.js, and are small enough to be made anew in seconds. */
const UPDATED = ['libc-ares2', 'libuv1', 'node-undici', 'nodejs'];
const WEEK = '+week1';

/** So many boots of each variant are to be measured. */
const LEAST_BOOTS = 10;

/** Real time in which a machine that has ended has to be replaced. */
const REPLACED_WITHIN_MS = 120_000;
const LOOK_MS = 200;
/** So many names are shown of a list. */
const SHOWN = 10;

/** The story on real machines: what `npm start` tells, and what only machines that boot can show. */
export function machineStory(parts: MachineParts): readonly Step[] {
  const stays = { stackStatus: 'UPDATE_COMPLETE', serves: '1.0.0', builds: NO_BUILD };
  const own: readonly Step[] = [
    {
      id: 'week',
      title: 'a week of updates',
      does: weekOfUpdates(parts),
      release: '1.0.0',
      // Requests that a machine has not answered when its hardware fails are lost.
      traffic: false,
      wanted: stays,
    },
    {
      id: 'restart',
      title: 'restart',
      does: restart(parts),
      release: '1.0.0',
      traffic: true,
      wanted: { ...stays, refresh: 'Successful' },
    },
  ];
  return [...STORY.slice(0, -1), ...own, ...STORY.slice(-1)];
}

/**
 * A machine of each fleet is replaced after the repository has moved on, and the new one held against one that
 * has stayed. Before that, two machines are to be the same: what differs then is of the updates.
 */
function weekOfUpdates({ shellOf, host, onDrift }: MachineParts): Act {
  const difference = async (one: string, other: string) => {
    // One after the other: each reads half a gigabyte.
    const first = await takeInventory(shellOf(one));
    return compareInventories(first, await takeInventory(shellOf(other)));
  };
  return async (stage) => {
    const { core } = stage;
    const machines = await both((variant) => twoServing(stage, variant));
    const before = await both(async (variant) => {
      const [leaving, staying] = machines[variant];
      return looking(stage, () => difference(leaving, staying));
    });
    const repository = join(host.folder, 'repository');
    await makeNewerPackages({ from: host.base.repository, to: repository, names: UPDATED, suffix: WEEK });
    host.repository = repository;

    const after = await both(async (variant) => {
      const [leaving, staying] = machines[variant];
      await core.send(new TerminateInstancesCommand({ InstanceIds: [leaving] }));
      const newcomer = await replacement(stage, variant, machines[variant]);
      stage.say(`${variant}: ${leaving} was ended, ${newcomer} took its place`);
      return looking(stage, () => difference(newcomer, staying));
    });
    onDrift({ offered: UPDATED, ...after });
    return perVariant((variant) => [
      ...sameness('before', before[variant]),
      ...(variant === 'ImageBased' ? sameness('after', after[variant]) : updated(after[variant])),
    ]);
  };
}

/** All machines are replaced by new ones of the same release. */
function restart({ boots }: MachineParts): Act {
  return (stage) =>
    both(async (variant) => {
      const { exitCode } = await stage.rollout(`restart-${variant}`, ['restart', variant]);
      const measured = boots().filter((boot) => boot.variant === variant).length;
      return [
        finding('exit code of rollout restart', String(exitCode), '0'),
        finding('boots measured', String(measured), `at least ${LEAST_BOOTS}`, measured >= LEAST_BOOTS),
      ];
    });
}

function sameness(when: string, { packages, files }: Difference): readonly Finding[] {
  return [
    finding(`packages that differ ${when} the updates`, list(packages), 'none'),
    finding(`files that differ ${when} the updates`, list(files), 'none'),
  ];
}

/** A measurement in which nothing has moved has measured nothing. */
function updated({ packages, files }: Difference): readonly Finding[] {
  return [
    finding('packages that differ after the updates', list(packages), list(UPDATED)),
    finding('files that differ after the updates', String(files.length), 'more than 0', files.length > 0),
  ];
}

/** Two machines that serve. @throws Error when there are not so many */
async function twoServing(stage: Stage, variant: Variant): Promise<readonly [string, string]> {
  const [one, other] = await servingOf(stage, variant);
  if (one === undefined || other === undefined)
    throw new Error(`${variant} has no two machines that serve: there is nothing to compare.`);
  return [one, other];
}

async function servingOf(stage: Stage, variant: Variant): Promise<readonly string[]> {
  const { machines } = await stage.fleet(variant);
  return machines.filter(({ state }) => state === 'serving').map(({ id }) => id);
}

/** Waits until the fleet is whole again without the machine that has ended. @returns the new one @throws Error when it takes too long */
async function replacement(stage: Stage, variant: Variant, known: readonly string[]): Promise<string> {
  const until = performance.now() + REPLACED_WITHIN_MS;
  while (performance.now() < until) {
    const { machines, desired } = await stage.fleet(variant);
    const ids = machines.filter(({ state }) => state === 'serving').map(({ id }) => id);
    const newcomer = ids.find((id) => !known.includes(id));
    if (newcomer !== undefined && ids.length === desired && machines.length === desired) return newcomer;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`${variant}: the machine was not replaced within ${REPLACED_WITHIN_MS / 1000} s.`);
}

/** Modelled time goes no faster than machines live while somebody looks into them. */
function looking<T>({ core }: Stage, look: () => Promise<T>): Promise<T> {
  return holding(core.clock, look, MACHINE_PACE);
}

function list(entries: readonly string[]): string {
  if (entries.length === 0) return 'none';
  const shown = entries.slice(0, SHOWN).join(', ');
  return entries.length > SHOWN ? `${shown} and ${entries.length - SHOWN} more` : shown;
}
