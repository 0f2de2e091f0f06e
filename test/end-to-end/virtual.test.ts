import { type Variant, VirtualAws } from '../harness/virtual-aws';

test.each<Variant>(['InstanceBased', 'ImageBased'])('%s: a first release serves', async (variant) => {
  const aws = await VirtualAws.start();
  const deployment = await aws.deploy(variant, '1.0.0');
  expect(deployment.failures).toEqual([]);
  expect(deployment.status).toBe('CREATE_COMPLETE');
  expect(await aws.versionsInService(variant)).toEqual(['1.0.0', '1.0.0']);
}, 60000);
