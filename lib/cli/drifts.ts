import { codeOf } from '../rollout/clients';
import type { OperatorClients } from './clients';
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

type Consoles = { readonly ec2: Pick<OperatorClients['ec2'], 'getConsoleOutput'> };

/** Reads off machines' consoles what was changed on them since they had booted. */
export async function readDrifts(clients: Consoles, machineIds: readonly string[]): Promise<Drifts> {
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

async function readDrift(clients: Consoles, id: string): Promise<Drift | undefined> {
  try {
    return lastDrift(await readConsole(clients, id, true));
  } catch (error) {
    const code = codeOf(error);
    // It has just gone.
    if (code.startsWith('InvalidInstanceID')) return undefined;
    if (code !== 'UnsupportedOperation') throw error;
  }
  // Types without Nitro hand out their console as it was some time ago: what is said there of changes is
  // true, and that there are none may be no more.
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
  const drift = lastDrift(await readConsole(clients, id, false));
  return drift && (drift.isWritable || drift.paths.length > 0) ? drift : undefined;
}

async function readConsole({ ec2 }: Consoles, InstanceId: string, Latest: boolean): Promise<string> {
  const { Output = '' } = await ec2.getConsoleOutput({ InstanceId, Latest });
  return Buffer.from(Output, 'base64').toString('utf8');
}
