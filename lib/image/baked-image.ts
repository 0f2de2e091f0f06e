import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { LongRunningResource } from '../custom-resource/long-running-resource';
import type { Release } from '../release/manifest';

export interface BakedImageProps {
  /** The release that is baked. */
  readonly release: Release;
  /** Image pipeline that bakes it. */
  readonly pipelineArn: string;
  /** Name of its image recipe as it is written, not as it stands in an ARN: the log is named after it. */
  readonly recipeName: string;
  /** Digest over everything that shapes the image but its base: it is the tag `image-rollouts:content`. */
  readonly contentDigest: string;
  /** AMI that the recipe starts from: it is the tag `image-rollouts:base-image`. */
  readonly baseImageId: string;
  /** Text of the stack's parameter that pins the fleet to a kept revision. */
  readonly pin: string;
}

/**
 * The AMI of a release: one that has its content is reused, otherwise the pipeline is run, and the
 * deployment waits for it. Deleting the resource keeps the AMI: going back to a release, in this stack
 * or another one, never bakes again.
 */
export class BakedImage extends Construct {
  /** Id of the AMI. */
  readonly imageId: string;
  /** `true` when the AMI was there before the deployment, `false` when it was baked in it. */
  readonly isReused: string;

  constructor(scope: Construct, id: string, props: BakedImageProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const builds = stack.formatArn({ service: 'imagebuilder', resource: 'image', resourceName: '*' });
    const workflows = stack.formatArn({
      service: 'imagebuilder',
      resource: 'workflow-execution',
      resourceName: '*',
    });
    const buildLogs = stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `/aws/imagebuilder/${props.recipeName}:log-stream:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const resource = new LongRunningResource(this, 'Resource', {
      kind: { id: 'BakedImage', resourceType: 'Custom::BakedImage', step: 'baked-image' },
      properties: {
        Application: props.release.application,
        Version: props.release.version,
        PipelineArn: props.pipelineArn,
        RecipeName: props.recipeName,
        ContentDigest: props.contentDigest,
        BaseImageId: props.baseImageId,
        ReleaseDigest: props.release.digest,
        Pin: props.pin,
      },
      permissions: [
        {
          actions: [
            'imagebuilder:StartImagePipelineExecution',
            // The service authorization reference says that starting it takes this, too.
            'imagebuilder:GetImagePipeline',
            'imagebuilder:ListImagePipelineImages',
          ],
          resources: [props.pipelineArn],
        },
        {
          actions: ['imagebuilder:ListWorkflowExecutions', 'imagebuilder:TagResource'],
          resources: [builds],
          wildcardReason: "A build's ARN is made when the build is started: it can't be named beforehand.",
        },
        {
          actions: ['imagebuilder:ListWorkflowStepExecutions'],
          resources: [workflows],
          wildcardReason:
            "A workflow execution's id is made when the build is started: it can't be named beforehand.",
        },
        {
          actions: ['logs:GetLogEvents'],
          resources: [buildLogs],
          wildcardReason:
            "A build's log stream is named by the build's number, which is not known beforehand.",
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
          actions: ['ec2:DescribeImages'],
          resources: ['*'],
          wildcardReason: 'EC2 has no resource-level permissions for its describe calls.',
        },
      ],
    });
    this.imageId = resource.attribute('ImageId');
    this.isReused = resource.attribute('Reused');
  }
}
