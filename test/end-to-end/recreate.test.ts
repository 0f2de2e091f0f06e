import type { MachineBehaviour, MemoryMachine } from '../../local-aws/machines/memory-driver';
import { type Variant, VirtualAws } from '../harness/virtual-aws';

// All old machines go before the first new one comes: for releases that can't serve beside each other.

const RECREATE = { strategy: 'recreate', minCapacity: 3 };

/** As the guestbook is: 2.0.0 starts, and then answers its health checks with 500; 1.2.0 only its visitors. */
function asReleased({ software }: MemoryMachine): MachineBehaviour {
  switch (software?.version) {
    case '2.0.0':
      return { status: (age) => (age < 40_000 ? 'refused' : 500) };
    case '1.2.0':
      return { status: (age, path) => (age < 110_000 ? 'refused' : path === '/health' ? 200 : 500) };
    default:
      return {};
  }
}

async function released(variant: Variant, visitorsPerMinute?: number) {
  const aws = await VirtualAws.start({ behaviour: asReleased, visitorsPerMinute });
  expect((await aws.deploy(variant, '1.0.0', RECREATE)).status).toBe('CREATE_COMPLETE');
  const mixed: string[] = [];
  for (const version of ['1.1.0', '2.0.0']) aws.whenMixed(variant, version, async () => mixed.push(version));
  return { aws, mixed, health: aws.watchHealth(variant) };
}

test.each<Variant>(['ImageBased', 'InstanceBased'])(
  '%s: two releases never serve beside each other, and for a while none does',
  async (variant) => {
    const { aws, mixed, health } = await released(variant, 60);
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
  expect(failures).toEqual([
    expect.stringMatching(/FleetRollout.*(\[500\]|health check failure).*was rolled back/s),
  ]);
  expect(await aws.versionsInService('InstanceBased')).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  expect(mixed).toEqual([]);
});

test("the load balancer's own 503 to visitors is no alarm, and a release that fails them is", async () => {
  const { aws } = await released('InstanceBased', 60);
  const { status, failures } = await aws.deploy('InstanceBased', '1.2.0', RECREATE);
  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failures).toEqual([expect.stringMatching(/FleetRollout.*server-errors/s)]);
  expect(await aws.versionsInService('InstanceBased')).toEqual(['1.0.0', '1.0.0', '1.0.0']);
});
