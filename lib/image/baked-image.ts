import { ArnFormat, Aws, Fn, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Permission } from '../custom-resource/permission';
import type { Release } from '../release/manifest';
import { bakeParts } from './bake/timing';

export interface BakedImageProps {
  /** The release that is baked. */
  readonly release: Release;
  /** Image pipeline that bakes it. */
  readonly pipelineArn: string;
  /** Its image recipe; the name as it is written, not as it stands in an ARN: the log is named after it. */
  readonly recipe: { readonly name: string; readonly arn: string };
  /** Security group of the machines that build and test, and of nothing else. */
  readonly securityGroupId: string;
  /** Digest over everything that shapes the image but its base: it is the tag `image-rollouts:content`. */
  readonly contentDigest: string;
  /** AMI that the recipe starts from: it is the tag `image-rollouts:base-image`. */
  readonly baseImageId: string;
  /** Text of the stack's parameter that pins the fleet to a kept revision. */
  readonly pin: string;
  /** How long a build may take; beyond an hour, further resources wait for it. @default 55 */
  readonly timeoutMinutes?: number;
}

/**
 * The AMI of a release: one that has its content is reused, otherwise the pipeline is run, and the
 * deployment waits for it. Deleting the resource keeps the AMI: going back to a release, in this stack
 * or another one, never bakes again. What is being built then is cancelled.
 */
export class BakedImage extends Construct {
  /** Id of the AMI. */
  readonly imageId: string;
  /** `true` when the AMI was there before the deployment, `false` when it was baked in it. */
  readonly isReused: string;

  constructor(scope: Construct, id: string, props: BakedImageProps) {
    super(scope, id);
    const { timeoutMinutes = 55 } = props;
    const parts = bakeParts(timeoutMinutes);
    let last: LongRunningResource | undefined;
    for (let part = 0; part < parts; part++) {
      last = new LongRunningResource(this, part === 0 ? 'Resource' : `Part${part}`, {
        kind: { id: 'BakedImage', resourceType: 'Custom::BakedImage', step: 'baked-image' },
        properties: {
          Application: props.release.application,
          Version: props.release.version,
          PipelineArn: props.pipelineArn,
          RecipeName: props.recipe.name,
          SecurityGroupId: props.securityGroupId,
          ContentDigest: props.contentDigest,
          BaseImageId: props.baseImageId,
          ReleaseDigest: props.release.digest,
          Pin: props.pin,
          TimeoutMinutes: timeoutMinutes,
          Part: part,
          Parts: parts,
          // By which a later part knows the build that an earlier one has started. So it also comes after it.
          StartedBy: last?.attribute('Request'),
        },
        permissions: part === 0 ? this.permissions(props) : [],
      });
    }
    this.imageId = last!.attribute('ImageId');
    this.isReused = last!.attribute('Reused');
  }

  private permissions({ pipelineArn, recipe }: BakedImageProps): readonly Permission[] {
    const stack = Stack.of(this);
    const builder = (resource: string, resourceName: string) =>
      stack.formatArn({ service: 'imagebuilder', resource, resourceName });
    // Builds are named as the recipe is in its ARN: image-recipe/NAME/VERSION.
    const builds = builder('image', `${Fn.select(1, Fn.split('/', recipe.arn))}/*`);
    const buildLogs = stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `/aws/imagebuilder/${recipe.name}:log-stream:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // ARNs of images and snapshots carry no account.
    const left = ['image', 'snapshot'].map((resource) =>
      stack.formatArn({ service: 'ec2', account: '', resource, resourceName: '*' }),
    );
    return [
      {
        actions: [
          'imagebuilder:StartImagePipelineExecution',
          // The service authorization reference says that starting it takes this, too.
          'imagebuilder:GetImagePipeline',
          'imagebuilder:ListImagePipelineImages',
        ],
        resources: [pipelineArn],
      },
      {
        actions: ['imagebuilder:CancelImageCreation', 'imagebuilder:ListWorkflowExecutions'],
        resources: [builds],
        wildcardReason: "A build's number is given when it is started: it can't be named beforehand.",
      },
      {
        actions: ['imagebuilder:TagResource'],
        resources: [builder('image', '*')],
        wildcardReason: "A build's ARN is made when the build is started: it can't be named beforehand.",
      },
      {
        actions: ['imagebuilder:ListWorkflowStepExecutions'],
        resources: [builder('workflow-execution', '*')],
        wildcardReason:
          "A workflow execution's id is made when the build is started: it can't be named beforehand.",
      },
      {
        actions: ['logs:GetLogEvents'],
        resources: [buildLogs],
        wildcardReason: "A build's log stream is named by the build's number, which is not known beforehand.",
      },
      {
        // Image Builder makes it with this permission when the account has never built an image.
        actions: ['iam:CreateServiceLinkedRole'],
        resources: [
          stack.formatArn({
            service: 'iam',
            region: '',
            resource: 'role',
            resourceName: 'aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder',
          }),
        ],
        conditions: { StringEquals: { 'iam:AWSServiceName': 'imagebuilder.amazonaws.com' } },
      },
      {
        actions: ['ec2:DescribeImages', 'ec2:DescribeInstances'],
        resources: ['*'],
        wildcardReason: 'EC2 has no resource-level permissions for its describe calls.',
      },
      {
        actions: ['ec2:DeregisterImage', 'ec2:DeleteSnapshot'],
        resources: left,
        conditions: { StringLike: { 'aws:ResourceTag/Ec2ImageBuilderArn': builds } },
        wildcardReason:
          "What a failed build leaves has ids that can't be named beforehand; the tag binds them to builds of this stack's recipe.",
      },
      { actions: ['cloudformation:DescribeStacks'], resources: [Aws.STACK_ID] },
    ];
  }
}
