import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { Fixture, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

describe('an update that goes back', () => {
  it('hands the update policy of the template that it goes to on, forward and back', async () => {
    const template = (value: string, ignore: string, broken = {}) => ({
      Parameters: { Ignore: { Type: 'String' } },
      Resources: {
        A: thing(
          { Value: value },
          { UpdatePolicy: { AutoScalingScheduledAction: { [ignore]: { Ref: 'Ignore' } } } },
        ),
        ...broken,
      },
    });
    const more = { Parameters: [{ ParameterKey: 'Ignore', ParameterValue: 'true' }] };
    await aws.deploy('web', template('1', 'First'), more);
    const broken = { B: thing({ Fail: 'create' }, { DependsOn: 'A' }) };
    await aws.deploy('web', template('2', 'Second', broken), more);
    expect(aws.calls.filter((call) => call.startsWith('update'))).toEqual([
      'update A 1→2 by {"AutoScalingScheduledAction":{"Second":"true"}}',
      'update A 2→1 by {"AutoScalingScheduledAction":{"First":"true"}}',
    ]);
  });

  it('rolls back: old properties where something was changed, deletion of what is new', async () => {
    const template = (value: string, more: object = {}) => ({
      Resources: {
        A: thing({ Value: value }),
        B: thing({ Name: value, Value: value }, { DependsOn: 'A' }),
        Untouched: thing({ Value: { 'Fn::GetAtt': 'B.Value' } }, { DependsOn: Object.keys(more) }),
        ...more,
      },
    });
    await aws.deploy('web', template('1'));
    aws.forget();
    const broken = {
      New: thing({}, { DependsOn: 'B' }),
      Broken: thing({ Fail: 'create' }, { DependsOn: 'New' }),
    };
    const stack = await aws.deploy('web', template('2', broken));
    expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(aws.calls).toEqual([
      'update A 1→2',
      'create B',
      'create New',
      'create Broken',
      'update A 2→1',
      'delete New',
      'delete B',
    ]);
    const events = await aws.events('web');
    expect(events.slice(events.indexOf('Broken CREATE_FAILED create Broken went wrong') + 1)).toEqual([
      'Stack UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Broken]. ',
      'A UPDATE_IN_PROGRESS',
      'A UPDATE_COMPLETE',
      'B UPDATE_COMPLETE',
      'Stack UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
      'Broken DELETE_IN_PROGRESS',
      'Broken DELETE_COMPLETE',
      'New DELETE_IN_PROGRESS',
      'New DELETE_COMPLETE',
      'B DELETE_IN_PROGRESS',
      'B DELETE_COMPLETE',
      'Stack UPDATE_ROLLBACK_COMPLETE',
    ]);
    const { TemplateBody } = await aws.core.send(new GetTemplateCommand({ StackName: 'web' }));
    expect(TemplateBody).toBe(JSON.stringify(template('1')));
    expect((await aws.changeSet('web', template('1'))).StatusReason).toMatch(/didn't contain changes/);
  });

  it.each([
    { rollbackValues: 're-resolved', version: '3' },
    { rollbackValues: 'replayed', version: '1' },
  ] as const)(
    'gives dependants $rollbackValues values on the way back',
    async ({ rollbackValues, version }) => {
      aws = new Fixture({ rollbackValues });
      const template = (data: string, fail?: string) => ({
        Resources: {
          Template: { Type: 'Fake::Template', Properties: { Data: data } },
          Group: thing({ Value: { 'Fn::GetAtt': 'Template.LatestVersionNumber' } }),
          Last: thing({ Value: data, Fail: fail }, { DependsOn: 'Group' }),
        },
      });
      await aws.deploy('web', template('old'));
      aws.forget();
      expect((await aws.deploy('web', template('new', 'update'))).StackStatus).toBe(
        'UPDATE_ROLLBACK_COMPLETE',
      );
      expect(aws.calls).toEqual([
        'version of lt-Template with new',
        'update Group 1→2',
        'update Last old→new',
        'version of lt-Template with old',
        `update Group 2→${version}`,
        'update Last new→old',
      ]);
      expect((await aws.changeSet('web', template('old'))).Status).toBe('FAILED');
    },
  );

  it('can be continued when the rollback itself fails', async () => {
    const template = (value: string, more: object = {}) => ({
      Resources: { A: thing({ Value: value, ...more }), B: thing({ Value: value }, { DependsOn: 'A' }) },
    });
    await aws.deploy('web', template('1', { Fail: 'update' }));
    aws.forget();
    // A goes over to the new properties, B fails, and A fails on its way back.
    const next = template('2');
    const stack = await aws.deploy('web', {
      Resources: { ...next.Resources, B: thing({ Value: '2', Fail: 'update' }, { DependsOn: 'A' }) },
    });
    expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_FAILED');
    expect(stack.StackStatusReason).toBe('The following resource(s) failed to update: [A]. ');
    await aws.core.send(new ContinueUpdateRollbackCommand({ StackName: 'web', ResourcesToSkip: ['A'] }));
    expect((await aws.atRest('web')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(aws.calls).toEqual(['update A 1→2', 'update B 1→2', 'update A 2→1', 'update B 2→1']);
  });

  it('can be cancelled', async () => {
    const template = (value: string) => ({
      Resources: { A: thing({ Value: value, Seconds: 60 }), B: thing({ Value: value }, { DependsOn: 'A' }) },
    });
    await aws.deploy('web', template('1'));
    const changeSet = await aws.changeSet('web', template('2'));
    await aws.core.send(new ExecuteChangeSetCommand({ ChangeSetName: changeSet.ChangeSetId }));
    await aws.clock.advance(10_000);
    aws.forget();
    await aws.core.send(new CancelUpdateStackCommand({ StackName: 'web' }));
    expect((await aws.atRest('web')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(aws.calls).toEqual(['update A 1→2', 'update A 2→1']);
  });

  it('without rollback stays as it failed, and goes on from there', async () => {
    const template = (value: string, fail?: string) => ({
      Resources: { A: thing({ Value: value }), B: thing({ Value: value, Fail: fail }, { DependsOn: 'A' }) },
    });
    await aws.deploy('web', template('1'));
    await aws.core.send(
      new UpdateStackCommand({
        StackName: 'web',
        TemplateBody: JSON.stringify(template('2', 'update')),
        DisableRollback: true,
      }),
    );
    expect((await aws.atRest('web')).StackStatus).toBe('UPDATE_FAILED');
    aws.forget();
    expect((await aws.deploy('web', template('3'))).StackStatus).toBe('UPDATE_COMPLETE');
    expect(aws.calls).toEqual(['update A 2→3', 'update B 1→3']);
  });
});
