import type { ConsoleClients } from '../rollout/clients';
import { readConsole } from '../rollout/read-console';
import { type Drift, lastDrift } from './drift-line';
import { explained } from './service-error';

/** What machines say of themselves. */
export interface Drifts {
  /** By machine; one that has said nothing is not among them. */
  readonly of: ReadonlyMap<string, Drift>;
  /** Why consoles could not be read; empty when they could. */
  readonly failure: string;
}

/** Consoles that are read at the same time. */
const AT_ONCE = 10;

/** Reads off machines' consoles what was changed on them since they had booted. */
export async function readDrifts(clients: ConsoleClients, machineIds: readonly string[]): Promise<Drifts> {
  const of = new Map<string, Drift>();
  try {
    for (let first = 0; first < machineIds.length; first += AT_ONCE) {
      await Promise.all(
        machineIds.slice(first, first + AT_ONCE).map(async (id) => {
          const drift = await readDrift(clients, id);
          if (drift) of.set(id, drift);
        }),
      );
    }
  } catch (error) {
    return { of, failure: explained(error) ?? String(error) };
  }
  return { of, failure: '' };
}

async function readDrift(clients: ConsoleClients, id: string): Promise<Drift | undefined> {
  const console = await readConsole(clients, id);
  const drift = console && lastDrift(console.text);
  // Of an older console what is said of changes is true, and that there are none may be no more.
  return console?.isLatest || drift?.isWritable || drift?.paths.length ? drift : undefined;
}
