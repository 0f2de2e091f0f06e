import {
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { Fixture, thing } from './fixture';

let aws: Fixture;
beforeEach(() => {
  aws = new Fixture();
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
