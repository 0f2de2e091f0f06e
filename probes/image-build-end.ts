import type { Resources } from './lab';
import { NETWORK } from './parts';
import type { Probe } from './probe';

const ROLE = 'AWSServiceRoleForImageBuilder';
const BASE = '{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}';

/** How a build ends whose component fails, where its log is, and who makes Image Builder's own role. */
export const imageBuildEnd: Probe = {
  id: 'image-build-end',
  question:
    "How does a failing image build end, how is its log group named, and who makes the service's role?",
  usd: 0.05,
  minutes: 45,
  async run(lab) {
    const { ec2, iam, imageBuilder, logs } = lab.clients;
    const hasRole = async () => (await lab.outcome(() => iam.getRole({ RoleName: ROLE }))) === 'accepted';
    const roleBefore = await hasRole();
    // With capitals, which the ARN does not have.
    const recipeName = lab.name.replace(/^i/, 'I');
    const { outputs } = await lab.create(
      { ...NETWORK, ...pipeline(recipeName) },
      { Pipeline: { Ref: 'Pipeline' }, Vpc: { Ref: 'Vpc' } },
    );
    const roleAfterPipeline = await hasRole();
    lab.say('a build whose component fails');
    const { imageBuildVersionArn } = await imageBuilder.startImagePipelineExecution({
      imagePipelineArn: outputs.Pipeline,
    });
    const image = await lab.until(
      async () => (await imageBuilder.getImage({ imageBuildVersionArn })).image!,
      ({ state }) => ['FAILED', 'CANCELLED', 'AVAILABLE'].includes(state?.status ?? ''),
      2_400,
      15,
    );
    const { workflowExecutions = [] } = await imageBuilder.listWorkflowExecutions({ imageBuildVersionArn });
    const { logGroups = [] } = await logs.describeLogGroups({ logGroupNamePrefix: '/aws/imagebuilder/' });
    const names = logGroups.map(({ logGroupName }) => logGroupName!.slice('/aws/imagebuilder/'.length));
    const roleAfterBuild = await hasRole();
    await imageBuilder.deleteImage({ imageBuildVersionArn });
    // A machine that is still shutting down would keep its subnet from being deleted.
    await lab.until(
      async () => (await ec2.describeInstances({ Filters: inVpc(outputs.Vpc!) })).Reservations ?? [],
      (found) =>
        found.every(({ Instances = [] }) => Instances.every(({ State }) => State?.Name === 'terminated')),
      900,
    );
    for (const name of names.filter((each) => each.toLowerCase() === recipeName.toLowerCase()))
      await logs.deleteLogGroup({ logGroupName: `/aws/imagebuilder/${name}` });
    return {
      facts: {
        image: image.state!.status!,
        workflows: [...new Set(workflowExecutions.map(({ status }) => status!))].sort().join(', '),
        logGroup: names.includes(recipeName)
          ? 'named as the recipe was written'
          : names.includes(recipeName.toLowerCase())
            ? 'named in lower case'
            : 'not found',
        serviceRole: roleBefore
          ? 'was there before'
          : roleAfterPipeline
            ? 'made with the pipeline'
            : roleAfterBuild
              ? 'made with the first build'
              : 'never made',
      },
      unsettled: roleBefore ? `who makes ${ROLE}: this account has it already` : undefined,
    };
  },
};

function inVpc(vpcId: string) {
  return [{ Name: 'vpc-id', Values: [vpcId] }];
}

function pipeline(recipeName: string): Resources {
  const named = (suffix: string) => `${recipeName}-${suffix}`;
  const arn = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
  return {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        },
        ManagedPolicyArns: [
          'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
          'arn:aws:iam::aws:policy/EC2InstanceProfileForImageBuilder',
        ],
      },
    },
    Profile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [{ Ref: 'Role' }] } },
    Door: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: { GroupDescription: 'A probe of image-rollouts', VpcId: { Ref: 'Vpc' } },
    },
    Component: {
      Type: 'AWS::ImageBuilder::Component',
      Properties: {
        Name: named('component'),
        Version: '1.0.0',
        Platform: 'Linux',
        Data: [
          'schemaVersion: 1.0',
          'phases:',
          '  - name: build',
          '    steps:',
          '      - name: Fail',
          '        action: ExecuteBash',
          '        inputs:',
          '          commands:',
          '            - exit 1',
        ].join('\n'),
      },
    },
    Recipe: {
      Type: 'AWS::ImageBuilder::ImageRecipe',
      Properties: {
        Name: recipeName,
        Version: '1.0.0',
        ParentImage: BASE,
        Components: [{ ComponentArn: arn('Component') }],
      },
    },
    Infrastructure: {
      Type: 'AWS::ImageBuilder::InfrastructureConfiguration',
      DependsOn: ['Outward', 'AssociationA'],
      Properties: {
        Name: named('infrastructure'),
        InstanceProfileName: { Ref: 'Profile' },
        InstanceTypes: ['t3.small'],
        SubnetId: { Ref: 'SubnetA' },
        SecurityGroupIds: [{ Ref: 'Door' }],
        TerminateInstanceOnFailure: true,
      },
    },
    Pipeline: {
      Type: 'AWS::ImageBuilder::ImagePipeline',
      Properties: {
        Name: named('pipeline'),
        ImageRecipeArn: arn('Recipe'),
        InfrastructureConfigurationArn: arn('Infrastructure'),
        EnhancedImageMetadataEnabled: false,
      },
    },
  };
}
