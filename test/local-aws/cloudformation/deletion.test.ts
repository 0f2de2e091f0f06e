import { DeleteStackCommand, UpdateTerminationProtectionCommand } from '@aws-sdk/client-cloudformation';
import { Fixture, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

describe('deletion', () => {
  it('deletes dependants first, keeps what is retained, and forgets the name', async () => {
    const { StackId } = await aws.deploy('web', {
      Resources: {
        A: thing(),
        B: thing({ Value: { Ref: 'A' } }),
        Kept: thing({}, { DeletionPolicy: 'Retain' }),
      },
    });
    aws.forget();
    expect((await aws.destroy('web')).StackStatus).toBe('DELETE_COMPLETE');
    expect(aws.calls).toEqual(['delete B', 'delete A']);
    expect(await aws.events(StackId!)).toContain('Kept DELETE_SKIPPED');
    await expect(aws.stack('web')).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'Stack with id web does not exist',
    });
    expect((await aws.stack(StackId!)).StackStatus).toBe('DELETE_COMPLETE');
  });

  it('stops at what cannot be deleted, and can leave it', async () => {
    const { StackId = '' } = await aws.deploy('web', {
      Resources: { A: thing(), B: thing({ Value: { Ref: 'A' }, Fail: 'delete' }), C: thing() },
    });
    aws.forget();
    const stack = await aws.destroy('web');
    expect(stack.StackStatus).toBe('DELETE_FAILED');
    expect(stack.StackStatusReason).toBe('The following resource(s) failed to delete: [B]. ');
    expect(aws.calls.sort()).toEqual(['delete B', 'delete C']);
    await aws.core.send(new DeleteStackCommand({ StackName: 'web', RetainResources: ['B'] }));
    expect((await aws.atRest(StackId)).StackStatus).toBe('DELETE_COMPLETE');
    expect(aws.calls).toEqual(['delete B', 'delete C', 'delete A']);
  });

  it('is refused under termination protection', async () => {
    await aws.deploy('web', { Resources: { A: thing() } });
    await aws.core.send(
      new UpdateTerminationProtectionCommand({ StackName: 'web', EnableTerminationProtection: true }),
    );
    await expect(aws.destroy('web')).rejects.toThrow(
      /cannot be deleted while TerminationProtection is enabled/,
    );
  });
});

describe('exports', () => {
  it('are imported by other stacks, and stay while they are', async () => {
    const exporting = (value: string) => ({
      Resources: { A: thing({ Value: value }) },
      Outputs: { V: { Value: { 'Fn::GetAtt': 'A.Value' }, Export: { Name: 'value' } } },
    });
    const importing = { Resources: { B: thing({ Value: { 'Fn::ImportValue': 'value' } }) } };
    await expect(aws.deploy('b', importing)).rejects.toThrow('No export named value found.');
    await aws.destroy('b');
    await aws.deploy('a', exporting('1'));
    await aws.deploy('b', importing);
    await expect(aws.destroy('a')).rejects.toThrow('Export value cannot be deleted as it is in use by b');
    const stack = await aws.deploy('a', exporting('2'));
    expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aws.events('a')).toContain(
      'Stack UPDATE_ROLLBACK_IN_PROGRESS Export value cannot be updated as it is in use by b',
    );
  });
});
