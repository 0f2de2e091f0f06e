import type { OperatorClients } from './clients';

/** What a machine said of itself on `/version`. */
export interface Answer {
  readonly application: string;
  readonly version: string;
  /** Id of the machine that answered; absent when the application does not tell. */
  readonly instance?: string;
  /** Where it was asked. */
  readonly url: string;
  readonly through: 'machine' | 'load balancer';
}

/** A machine, and where it would answer. */
export interface Asked {
  readonly id: string;
  readonly address?: string;
  readonly port?: number;
}

export interface Answers {
  /** By machine. */
  readonly of: ReadonlyMap<string, Answer>;
  /** Answers through the load balancer of which no machine is known. */
  readonly unattributed: readonly Answer[];
  /** Why the load balancer gave no answer that can be read; empty when it did, or was not asked. */
  readonly failure: string;
}

/** How often the load balancer is asked, for each machine that has not answered itself. */
const ATTEMPTS = 3;

type Http = Pick<OperatorClients, 'http'>;

/** Asks each machine what it runs: itself where it can be reached, else through the load balancer. */
export async function askMachines(
  clients: Http,
  machines: readonly Asked[],
  loadBalancerUrl: string,
): Promise<Answers> {
  const of = new Map<string, Answer>();
  await Promise.all(
    machines.map(async ({ id, address, port }) => {
      if (!address || !port) return;
      const answer = await ask(clients, `http://${address}:${port}/version`, 'machine');
      // At a private address somebody else may answer in the operator's own network.
      if (typeof answer === 'object' && (answer.instance ?? id) === id) of.set(id, answer);
    }),
  );
  const unattributed: Answer[] = [];
  let failure = '';
  const silent = new Set(machines.map(({ id }) => id).filter((id) => !of.has(id)));
  const url = new URL('/version', loadBalancerUrl).href;
  for (let left = ATTEMPTS * silent.size; left > 0 && silent.size > 0; left--) {
    const answer = await ask(clients, url, 'load balancer');
    if (typeof answer === 'string') {
      failure = `${url} ${answer}`;
      // A machine may be sick where the others are not; the load balancer itself is asked once more.
      if (of.size === 0 && unattributed.length === 0 && left < ATTEMPTS * silent.size) break;
      continue;
    }
    const { instance } = answer;
    if (instance !== undefined && machines.some(({ id }) => id === instance)) {
      if (!of.has(instance)) of.set(instance, answer);
      silent.delete(instance);
    } else unattributed.push(answer);
  }
  return { of, unattributed, failure: of.size > 0 || unattributed.length > 0 ? '' : failure };
}

/** The answer, or why there is none. */
async function ask({ http }: Http, url: string, through: Answer['through']): Promise<Answer | string> {
  try {
    const { status, body } = await http(url);
    if (status !== 200) return `answers ${status}`;
    const { application, version, instance } = JSON.parse(body) as Record<string, unknown>;
    if (typeof application !== 'string' || typeof version !== 'string')
      return 'does not name application and version';
    return {
      application,
      version,
      ...(typeof instance === 'string' ? { instance } : {}),
      url,
      through,
    };
  } catch (error) {
    return error instanceof SyntaxError ? 'does not answer in JSON' : 'does not answer';
  }
}
