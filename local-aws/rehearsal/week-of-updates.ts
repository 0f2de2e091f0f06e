import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { holding } from '../core/clock';
import type { MachineHost } from '../machines/nspawn/machine-host';
import type { MachineShell } from '../machines/nspawn/machine-shell';
import { makeNewerPackages } from '../machines/nspawn/newer-packages';
import { MACHINE_PACE } from '../machines/nspawn/nspawn-driver';
import { compareInventories, type Difference, takeInventory } from './inventory';
import {
  both,
  type Finding,
  type FleetSample,
  finding,
  type PerVariant,
  perVariant,
  type Variant,
} from './model';
import { type Act, type Stage, servingOf } from './story';

/** In what a machine that has stayed and the one that has replaced another differ. */
export interface Drift extends PerVariant<Difference> {
  /** Packages of which newer versions were offered in between. */
  readonly offered: readonly string[];
}

export interface WeekParts {
  /** Root's way into a machine. */
  readonly shellOf: (instanceId: string) => MachineShell;
  readonly host: Pick<MachineHost, 'base' | 'folder' | 'repository'>;
  readonly onDrift: (drift: Drift) => void;
}

/** They come with Node.js, and are small enough to be made anew in seconds. */
const UPDATED = ['libc-ares2', 'libuv1', 'node-undici', 'nodejs'];
const WEEK = '+week1';

/** Real time in which a machine that has ended has to be replaced. */
const REPLACED_WITHIN_MS = 120_000;
const LOOK_MS = 200;
/** So many names are shown of a list. */
const SHOWN = 10;

/**
 * A machine of each fleet is replaced after newer packages are offered, and the new one held against one that
 * has stayed. Before that, two machines are to be the same: what differs afterwards is of the updates.
 */
export function weekOfUpdates({ shellOf, host, onDrift }: WeekParts): Act {
  const difference = (stage: Stage, one: string, other: string) =>
    // Modelled time goes no faster than machines live while somebody looks into them.
    holding(
      stage.core.clock,
      async () => {
        // One after the other: each reads half a gigabyte.
        const first = await takeInventory(shellOf(one));
        return compareInventories(first, await takeInventory(shellOf(other)));
      },
      MACHINE_PACE,
    );
  return async (stage) => {
    const fleets = await both((variant) => fleetOf(stage, variant));
    const before = await both((variant) =>
      difference(stage, fleets[variant].leaving, fleets[variant].staying),
    );
    const repository = join(host.folder, 'repository');
    await makeNewerPackages({ from: host.base.repository, to: repository, names: UPDATED, suffix: WEEK });
    host.repository = repository;

    const after = await both(async (variant) => {
      const { leaving, staying, all } = fleets[variant];
      await stage.core.send(new TerminateInstancesCommand({ InstanceIds: [leaving] }));
      const newcomer = await replacement(stage, variant, all);
      stage.say(`${variant}: ${leaving} was ended, ${newcomer} took its place`);
      return difference(stage, staying, newcomer);
    });
    onDrift({ offered: UPDATED, ...after });
    return perVariant((variant) => [
      ...sameness('before', before[variant]),
      ...(variant === 'ImageBased' ? sameness('after', after[variant]) : updated(after[variant])),
    ]);
  };
}

interface Fleet {
  readonly all: readonly string[];
  readonly leaving: string;
  readonly staying: string;
}

/** @throws Error when there are not two machines that serve */
async function fleetOf(stage: Stage, variant: Variant): Promise<Fleet> {
  const all = await servingOf(stage, variant);
  const [leaving, staying] = all;
  if (leaving === undefined || staying === undefined)
    throw new Error(`${variant} has ${all.length} machines that serve; to be compared it needs two.`);
  return { all, leaving, staying };
}

/** Waits until the fleet is whole again. @returns the new machine @throws Error when it takes too long */
async function replacement(stage: Stage, variant: Variant, known: readonly string[]): Promise<string> {
  const until = performance.now() + REPLACED_WITHIN_MS;
  while (performance.now() < until) {
    const newcomer = newcomerOf(await stage.fleet(variant), known);
    if (newcomer !== undefined) return newcomer;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`${variant}: the machine was not replaced within ${REPLACED_WITHIN_MS / 1000} s.`);
}

/** The machine that was not known, once the fleet is whole with it. */
export function newcomerOf(
  { machines, desired }: Pick<FleetSample, 'machines' | 'desired'>,
  known: readonly string[],
): string | undefined {
  const isWhole = machines.length === desired && machines.every(({ state }) => state === 'serving');
  return isWhole ? machines.find(({ id }) => !known.includes(id))?.id : undefined;
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

function list(entries: readonly string[]): string {
  if (entries.length === 0) return 'none';
  const shown = entries.slice(0, SHOWN).join(', ');
  return entries.length > SHOWN ? `${shown} and ${entries.length - SHOWN} more` : shown;
}
