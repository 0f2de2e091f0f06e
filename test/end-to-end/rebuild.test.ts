import { DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { currentRevision } from '../../lib/ledger/history';
import { type Variant, VirtualAws } from '../harness/virtual-aws';

// A fleet that is destroyed and made anew goes on with its ledger, and finds the images that it has.

async function destroy(aws: VirtualAws, variant: Variant): Promise<string> {
  const { Stacks } = await aws.core.send(new DescribeStacksCommand({ StackName: variant }));
  await aws.core.send(new DeleteStackCommand({ StackName: variant }));
  return (await aws.ended(Stacks![0]!.StackId!)).status;
}

test.each<Variant>(['ImageBased', 'InstanceBased'])(
  '%s: made anew, it serves what it served, as a revision of its own',
  async (variant) => {
    const aws = await VirtualAws.start();
    await aws.deploy(variant, '1.0.0');
    await aws.deploy(variant, '1.1.0');
    const served = await aws.versionsInService(variant);
    const before = await aws.ledger.revisions(`${variant}-fleet`);
    const bakes = aws.count('StartImagePipelineExecution');

    expect(await destroy(aws, variant)).toBe('DELETE_COMPLETE');
    expect(await aws.versionsInService(variant)).toEqual([]);
    expect((await aws.deploy(variant, '1.1.0')).status).toBe('CREATE_COMPLETE');

    expect(await aws.versionsInService(variant)).toEqual(served);
    expect(aws.count('StartImagePipelineExecution')).toBe(bakes);
    const revisions = await aws.ledger.revisions(`${variant}-fleet`);
    expect(revisions.slice(0, 2)).toEqual(before);
    expect(revisions.slice(2)).toMatchObject([
      {
        number: 3,
        origin: { kind: 'release' },
        release: before[1]!.release,
        software: { imageId: before[1]!.software.imageId },
        outcome: { kind: 'Complete' },
      },
    ]);
    expect((await aws.ledger.head(`${variant}-fleet`)).open).toBeUndefined();
  },
);

test('made anew from an older release, it replaces machines again as ever, and comes back from a broken one', async () => {
  const variant = 'InstanceBased';
  const aws = await VirtualAws.start({
    behaviour: ({ software }) => (software?.version === '2.0.0' ? { status: () => 500 } : {}),
  });
  await aws.deploy(variant, '1.1.0');
  await destroy(aws, variant);
  expect((await aws.deploy(variant, '1.0.0')).status).toBe('CREATE_COMPLETE');
  expect((await aws.deploy(variant, '1.1.0')).status).toBe('UPDATE_COMPLETE');
  expect((await aws.deploy(variant, '2.0.0')).status).toBe('UPDATE_ROLLBACK_COMPLETE');
  const revisions = await aws.ledger.revisions(`${variant}-fleet`);
  expect(revisions.map(({ outcome }) => outcome?.kind)).toEqual([
    'Complete',
    'Complete',
    'Complete',
    'RolledBack',
  ]);
  expect(currentRevision(revisions)?.number).toBe(3);
  expect(new Set(await aws.versionsInService(variant))).toEqual(new Set(['1.1.0']));
});
