// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  CreateStackCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  RollbackStackCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
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

describe('change sets', () => {
  const template = { Resources: { A: thing({ Value: 'x' }) } };

  it('fail when nothing changes', async () => {
    await aws.deploy('web', template);
    expect(await aws.changeSet('web', template)).toMatchObject({
      Status: 'FAILED',
      ExecutionStatus: 'UNAVAILABLE',
      StatusReason:
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
    await expect(
      aws.core.send(new UpdateStackCommand({ StackName: 'web', TemplateBody: JSON.stringify(template) })),
    ).rejects.toThrow('No updates are to be performed.');
  });

  it('put a new stack in review; it is gone when that is deleted', async () => {
    await aws.changeSet('web', template, { ChangeSetName: 'first' });
    expect(await aws.stack('web')).toMatchObject({
      StackStatus: 'REVIEW_IN_PROGRESS',
      Outputs: [],
      Parameters: [],
    });
    await aws.core.send(new GetTemplateCommand({ StackName: 'web' }));
    await aws.core.send(new DeleteChangeSetCommand({ StackName: 'web', ChangeSetName: 'first' }));
    await expect(
      aws.core.send(new DescribeChangeSetCommand({ StackName: 'web', ChangeSetName: 'first' })),
    ).rejects.toMatchObject({ code: 'ChangeSetNotFound', status: 404 });
    expect((await aws.destroy('web')).StackStatus).toBe('DELETE_COMPLETE');
  });

  it('leave no stack behind when the template is refused', async () => {
    await expect(aws.changeSet('web', { Resources: { A: { Type: 'AWS::No::Such' } } })).rejects.toThrow(
      'Template format error: Unrecognized resource types: [AWS::No::Such] (the local AWS does not have them; A is AWS::No::Such)',
    );
    const { Stacks } = await aws.core.send(new DescribeStacksCommand({}));
    expect(Stacks).toEqual([]);
  });

  it.each([
    ['ami-0abc', 'CREATE_COMPLETE', undefined],
    [
      'ami-0none',
      'FAILED',
      'Parameter validation failed: parameter value ami-0none for parameter name Image does not exist',
    ],
  ])('look up AWS-specific parameters: %s', async (image, status, reason) => {
    aws.ssmParameters.set('/image', image);
    const changeSet = await aws.changeSet('web', {
      Parameters: { Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/image' } },
      Resources: { A: thing({ Value: { Ref: 'Image' } }) },
    });
    expect(changeSet.Status).toBe(status);
    expect(changeSet.StatusReason).toBe(reason);
    expect(changeSet.Parameters).toEqual([
      { ParameterKey: 'Image', ParameterValue: '/image', ResolvedValue: image },
    ]);
  });

  it('check the rules of the template, as the CDK uses them for its bootstrap version', async () => {
    aws.ssmParameters.set('/version', '5');
    const ruled = {
      Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/version' } },
      Rules: {
        CheckBootstrapVersion: {
          Assertions: [
            {
              Assert: {
                'Fn::Not': [{ 'Fn::Contains': [['1', '2', '3', '4', '5'], { Ref: 'BootstrapVersion' }] }],
              },
              AssertDescription: 'CDK bootstrap stack version 6 required.',
            },
          ],
        },
      },
      ...template,
    };
    await expect(aws.changeSet('web', ruled)).rejects.toThrow('CDK bootstrap stack version 6 required.');
    aws.ssmParameters.set('/version', '30');
    expect((await aws.deploy('web', ruled)).StackStatus).toBe('CREATE_COMPLETE');
  });

  it('need the capabilities that the template asks for', async () => {
    const role = (properties: object) => ({
      Resources: { R: { Type: 'AWS::IAM::Role', Properties: properties } },
    });
    await expect(aws.changeSet('web', role({}))).rejects.toMatchObject({
      code: 'InsufficientCapabilitiesException',
      message: 'Requires capabilities : [CAPABILITY_IAM]',
    });
    await expect(
      aws.changeSet('web', role({ RoleName: 'x' }), { Capabilities: ['CAPABILITY_IAM'] }),
    ).rejects.toThrow('Requires capabilities : [CAPABILITY_NAMED_IAM]');
    const changeSet = await aws.changeSet('web', role({}), { Capabilities: ['CAPABILITY_NAMED_IAM'] });
    expect(changeSet.Status).toBe('CREATE_COMPLETE');
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

it('resolves dynamic references when the resource is made', async () => {
  aws.ssmParameters.set('/colour', 'blue');
  const stack = await aws.deploy('web', {
    Resources: { A: thing({ Value: 'deep {{resolve:ssm:/colour}}' }) },
    Outputs: { Colour: { Value: { 'Fn::GetAtt': 'A.Value' } } },
  });
  expect(stack.Outputs?.[0]?.OutputValue).toBe('deep blue');
});
