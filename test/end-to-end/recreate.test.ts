import type { MachineBehaviour, MemoryMachine } from '../../local-aws/machines/memory-driver';
import { type Variant, VirtualAws } from '../harness/virtual-aws';

// All old machines go before the first new one comes: for releases that can't serve beside each other.

const RECREATE = { strategy: 'recreate', minCapacity: 3 };

/** As the guestbook is: 2.0.0 starts, and then answers its health checks with 500. */
function asReleased({ software }: MemoryMachine): MachineBehaviour {
  return software?.version === '2.0.0' ? { status: (age) => (age < 40_000 ? 'refused' : 500) } : {};
}

async function released(variant: Variant) {
  const aws = await VirtualAws.start({ behaviour: asReleased });
  expect((await aws.deploy(variant, '1.0.0', RECREATE)).status).toBe('CREATE_COMPLETE');
  const mixed: string[] = [];
  for (const version of ['1.1.0', '2.0.0']) aws.whenMixed(variant, version, async () => mixed.push(version));
  return { aws, mixed, health: aws.watchHealth(variant) };
}

test.each<Variant>(['ImageBased', 'InstanceBased'])(
  '%s: two releases never serve beside each other, and for a while none does',
  async (variant) => {
    const { aws, mixed, health } = await released(variant);
    expect((await aws.deploy(variant, '1.1.0', RECREATE)).status).toBe('UPDATE_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
    expect(mixed).toEqual([]);
    expect(health.least).toBe(0);
  },
);

test('a broken release goes, and the one before comes back, as unmixed as it went', async () => {
  const { aws, mixed } = await released('InstanceBased');
  const { status, failures } = await aws.deploy('InstanceBased', '2.0.0', RECREATE);
  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failures).toEqual([expect.stringMatching(/FleetRollout.*\[500\].*was rolled back/s)]);
  expect(await aws.versionsInService('InstanceBased')).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  expect(mixed).toEqual([]);
});
