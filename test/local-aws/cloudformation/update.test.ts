import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { Fixture, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

describe('update', () => {
  it('changes what differs in place and leaves the rest alone', async () => {
    const template = (value: string) => ({
      Resources: { A: thing({ Value: value }), B: thing({ Value: { 'Fn::GetAtt': 'A.Arn' } }), C: thing() },
    });
    await aws.deploy('web', template('1'));
    aws.forget();
    expect((await aws.deploy('web', template('2'))).StackStatus).toBe('UPDATE_COMPLETE');
    expect(aws.calls).toEqual(['update A 1→2']);
    const events = await aws.events('web');
    expect(events.slice(-5)).toEqual([
      'Stack UPDATE_IN_PROGRESS User Initiated',
      'A UPDATE_IN_PROGRESS',
      'A UPDATE_COMPLETE',
      'Stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'Stack UPDATE_COMPLETE',
    ]);
  });

  it('replaces: makes the new one, points dependants at it, and deletes the old one last', async () => {
    const template = (name: string) => ({
      Resources: { A: thing({ Name: name, Value: name }), B: thing({ Value: { Ref: 'A' } }) },
    });
    await aws.deploy('web', template('a'));
    aws.forget();
    await aws.deploy('web', template('b'));
    expect(aws.calls).toEqual(['create A', expect.stringMatching(/^update B A-\d+→A-\d+$/), 'delete A']);
    const events = await aws.events('web');
    expect(events.slice(events.lastIndexOf('Stack UPDATE_IN_PROGRESS User Initiated') + 1)).toEqual([
      'A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.',
      'A UPDATE_IN_PROGRESS Resource creation Initiated',
      'A UPDATE_COMPLETE',
      'B UPDATE_IN_PROGRESS',
      'B UPDATE_COMPLETE',
      'Stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'A DELETE_IN_PROGRESS',
      'A DELETE_COMPLETE',
      'Stack UPDATE_COMPLETE',
    ]);
  });

  it('keeps the replaced and the removed where their policies say so', async () => {
    await aws.deploy('web', {
      Resources: {
        A: thing({ Name: 'a' }, { UpdateReplacePolicy: 'Retain' }),
        B: thing({}, { DeletionPolicy: 'Retain' }),
        C: thing(),
      },
    });
    aws.forget();
    await aws.deploy('web', { Resources: { A: thing({ Name: 'b' }, { UpdateReplacePolicy: 'Retain' }) } });
    expect(aws.calls).toEqual(['create A', 'delete C']);
    expect(await aws.events('web')).toEqual(
      expect.arrayContaining(['A DELETE_SKIPPED', 'B DELETE_SKIPPED', 'C DELETE_COMPLETE']),
    );
    const { StackResources } = await aws.core.send(new DescribeStackResourcesCommand({ StackName: 'web' }));
    expect(StackResources?.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual(['A']);
  });

  it('does not fail because the cleanup does', async () => {
    await aws.deploy('web', { Resources: { A: thing(), B: thing({ Fail: 'delete' }) } });
    const stack = await aws.deploy('web', { Resources: { A: thing() } });
    expect(stack.StackStatus).toBe('UPDATE_COMPLETE');
    expect(await aws.events('web')).toContain('B DELETE_FAILED delete B went wrong');
  });
});
