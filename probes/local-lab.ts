import { randomUUID } from 'node:crypto';
import { VirtualClock } from '../local-aws/core/clock';
import { assemble } from '../local-aws/local-aws';
import { MemoryDriver } from '../local-aws/machines/memory-driver';
import { clientConfig } from '../local-aws/wire/in-process';
import { clientsOf, Lab } from './lab';

/** A lab on a local AWS of its own, in virtual time: hours take a moment. Load balancers really answer. */
export interface LocalLab {
  readonly lab: Lab;
  close(): Promise<void>;
}

export async function localLab(probeId: string, say: (message: string) => void): Promise<LocalLab> {
  const clock = new VirtualClock();
  const { core, machines } = await assemble({
    clock,
    // Machines in memory run no commands: a component that says that it fails does.
    machines: (core) =>
      new MemoryDriver(core, {
        bakeFailure: ({ components }) =>
          components.some(({ document }) => JSON.stringify(document).includes('exit 1'))
            ? 'a command ended with exit status 1'
            : undefined,
      }),
    // No probe has a function.
    lambda: { inProcess: () => Promise.reject(new Error('Probes have no functions.')) },
    forward: true,
    variations: { seed: 1 },
  });
  const time = {
    now: () => clock.now(),
    wait: (seconds: number) => clock.advance(seconds * 1_000),
  };
  const name = stackName(probeId);
  const lab = new Lab(clientsOf(clientConfig(core)), time, name, say, (credentials) =>
    clientConfig(core, credentials),
  );
  return {
    lab,
    close: async () => {
      await core.close();
      await machines.close();
    },
  };
}

/** A name that no other run has. */
export function stackName(probeId: string): string {
  return `image-rollouts-probe-${probeId}-${randomUUID().slice(0, 8)}`;
}
