// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { CreateStackCommand, RollbackStackCommand } from '@aws-sdk/client-cloudformation';
import { Fixture, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
});

describe('creation', () => {
  it('makes resources in the order of their dependencies and tells every step', async () => {
    const stack = await aws.deploy('web', {
      Resources: {
        B: thing({ Value: { 'Fn::GetAtt': ['A', 'Arn'] } }),
        A: thing({ Value: 'x' }),
      },
      Outputs: { Url: { Value: { 'Fn::Sub': 'http://${B.Value}/' } } },
    });
    expect(stack.StackStatus).toBe('CREATE_COMPLETE');
    expect(stack.Outputs).toEqual([
      { OutputKey: 'Url', OutputValue: expect.stringMatching(/^http:\/\/arn:A-\d+\/$/) },
    ]);
    expect(await aws.events('web')).toEqual([
      'Stack REVIEW_IN_PROGRESS User Initiated',
      'Stack CREATE_IN_PROGRESS User Initiated',
      'A CREATE_IN_PROGRESS',
      'A CREATE_IN_PROGRESS Resource creation Initiated',
      'A CREATE_COMPLETE',
      'B CREATE_IN_PROGRESS',
      'B CREATE_IN_PROGRESS Resource creation Initiated',
      'B CREATE_COMPLETE',
      'Stack CREATE_COMPLETE',
    ]);
  });

  it('works on independent resources side by side', async () => {
    const started = aws.clock.now();
    await aws.deploy('web', {
      Resources: Object.fromEntries(['A', 'B', 'C'].map((id) => [id, thing({ Seconds: 100 })])),
    });
    expect(aws.clock.now() - started).toBeLessThan(130_000);
  });

  it('rolls back after a failure, and cancels what is under way', async () => {
    const stack = await aws.deploy('web', {
      Resources: {
        Base: thing(),
        Slow: thing({ Seconds: 60 }, { DependsOn: 'Base' }),
        Broken: thing({ Fail: 'create' }, { DependsOn: 'Base' }),
        Never: thing({}, { DependsOn: 'Broken' }),
      },
    });
    expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
    const events = await aws.events('web');
    expect(events.slice(events.indexOf('Broken CREATE_IN_PROGRESS'))).toEqual([
      'Broken CREATE_IN_PROGRESS',
      'Broken CREATE_FAILED create Broken went wrong',
      'Slow CREATE_FAILED Resource creation cancelled',
      'Stack ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Broken, Slow]. Rollback requested by user.',
      'Slow DELETE_IN_PROGRESS',
      'Broken DELETE_IN_PROGRESS',
      'Broken DELETE_COMPLETE',
      'Slow DELETE_COMPLETE',
      'Base DELETE_IN_PROGRESS',
      'Base DELETE_COMPLETE',
      'Stack ROLLBACK_COMPLETE',
    ]);
    // What the cancelled handler made after all is deleted too.
    expect(aws.calls).toEqual(['create Base', 'create Broken', 'create Slow', 'delete Slow', 'delete Base']);
    await expect(aws.changeSet('web', { Resources: { A: thing() } })).rejects.toThrow(
      /is in ROLLBACK_COMPLETE state and can not be updated/,
    );
    expect((await aws.destroy('web')).StackStatus).toBe('DELETE_COMPLETE');
  });

  it('deletes what a failed or cancelled creation had told the id of, without waiting for it', async () => {
    await aws.deploy('web', {
      Resources: {
        Half: thing({ TellsEarly: true, Fail: 'create', Seconds: 5 }),
        Slow: thing({ TellsEarly: true, Seconds: 3600 }),
      },
    });
    expect(aws.calls.slice(0, 2)).toEqual(['create Half', 'delete Half']);
    const events = await aws.events('web');
    expect(events).toContain('Half CREATE_FAILED create Half went wrong');
    expect(events.indexOf('Half CREATE_IN_PROGRESS Resource creation Initiated')).toBeGreaterThan(0);
    expect(events.indexOf('Slow DELETE_IN_PROGRESS')).toBeGreaterThan(0);
  });

  it('leaves everything where rollback is disabled, and can roll back later', async () => {
    const template = { Resources: { A: thing(), B: thing({ Fail: 'create' }, { DependsOn: 'A' }) } };
    await aws.core.send(
      new CreateStackCommand({
        StackName: 'web',
        TemplateBody: JSON.stringify(template),
        DisableRollback: true,
      }),
    );
    expect((await aws.atRest('web')).StackStatus).toBe('CREATE_FAILED');
    expect(aws.calls).not.toContain('delete A');
    await aws.core.send(new RollbackStackCommand({ StackName: 'web' }));
    expect((await aws.atRest('web')).StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(aws.calls).toContain('delete A');
  });

  it('goes on from a failed creation without rollback', async () => {
    const template = (fail?: string) => ({
      Resources: { A: thing(), B: thing({ Fail: fail }, { DependsOn: 'A' }) },
    });
    await aws.core.send(
      new CreateStackCommand({
        StackName: 'web',
        TemplateBody: JSON.stringify(template('create')),
        DisableRollback: true,
      }),
    );
    await aws.atRest('web');
    expect((await aws.deploy('web', template())).StackStatus).toBe('UPDATE_COMPLETE');
    expect(aws.calls).toEqual(['create A', 'create B', 'create B']);
  });

  it('fails where an attribute is asked for that the handler did not return', async () => {
    const stack = await aws.deploy('web', {
      Resources: { A: thing(), B: thing({ Value: { 'Fn::GetAtt': ['A', 'Colour'] } }) },
    });
    expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(await aws.events('web')).toContain(
      'B CREATE_FAILED Template error: resource A of type Fake::Thing has no attribute Colour (Fn::GetAtt)',
    );
  });

  it('leaves out resources, outputs and properties by condition', async () => {
    const stack = await aws.deploy('web', {
      Parameters: { Stage: { Type: 'String', Default: 'test' } },
      Conditions: { IsLive: { 'Fn::Equals': [{ Ref: 'Stage' }, 'live'] } },
      Resources: {
        A: thing({ Value: { 'Fn::If': ['IsLive', { Ref: 'B' }, 'none'] }, Name: { Ref: 'AWS::NoValue' } }),
        B: { ...thing(), Condition: 'IsLive' },
      },
      Outputs: { Url: { Value: 'x', Condition: 'IsLive' }, Value: { Value: { 'Fn::GetAtt': 'A.Value' } } },
    });
    expect(stack.Outputs).toEqual([{ OutputKey: 'Value', OutputValue: 'none' }]);
    expect(aws.calls).toEqual(['create A']);
  });
});

it('resolves dynamic references when the resource is made', async () => {
  aws.ssmParameters.set('/colour', 'blue');
  const stack = await aws.deploy('web', {
    Resources: { A: thing({ Value: 'deep {{resolve:ssm:/colour}}' }) },
    Outputs: { Colour: { Value: { 'Fn::GetAtt': 'A.Value' } } },
  });
  expect(stack.Outputs?.[0]?.OutputValue).toBe('deep blue');
});
