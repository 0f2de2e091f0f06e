import { Aws, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import type { Network } from '../fleet/network';
import { type RootVolume, rootVolume } from '../fleet/root-volume';
import type { Release } from '../release/manifest';
import type { PublishedArtifact } from '../release/published-artifact';
import { BakedImage } from './baked-image';
import { buildInstanceTypes } from './build-instance-types';
import { contentDigest, type RecipeComponent, recipeComponents } from './recipe-documents';

export interface ReleaseImageProps {
  readonly release: Release;
  readonly artifact: PublishedArtifact;
  /** AMI that the recipe starts from. */
  readonly baseImageId: string;
  /** Type of the machine that builds; where there is no capacity for it, another one takes its place. */
  readonly instanceType: string;
  /** Where it builds. */
  readonly network: Network;
  readonly rootVolume: RootVolume;
  /** Text of the stack's parameter that pins the fleet to a kept revision. */
  readonly pin: string;
  /** Release of Amazon Linux 2023 to which the base image is patched. @default base, its own */
  readonly patchTo?: string;
  /** How long a build may take. @default 55 */
  readonly buildTimeoutMinutes?: number;
  /** Ansible playbooks that are played, by name. @default none */
  readonly playbooks?: readonly string[];
}

/** https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-builder-setting-up.html */
const BUILD_POLICIES = ['AmazonSSMManagedInstanceCore', 'EC2InstanceProfileForImageBuilder'];

/** A release as an AMI: the image pipeline that bakes it, and the AMI itself. */
export class ReleaseImage extends Construct {
  readonly imageId: string;
  /** Digest over everything that shapes the image but its base. */
  readonly contentDigest: string;

  constructor(scope: Construct, id: string, props: ReleaseImageProps) {
    super(scope, id);
    const { release, baseImageId } = props;
    const components = recipeComponents(release, props.artifact.uri, props.playbooks, props.patchTo);
    this.contentDigest = contentDigest(components, {
      rootVolumeGiB: props.rootVolume.sizeGiB,
      encrypted: true,
      ...(props.rootVolume.kmsKeyArn ? { kmsKeyArn: props.rootVolume.kmsKeyArn } : {}),
    });
    const recipe = this.recipe(components, props);
    const securityGroup = new ec2.SecurityGroup(this, 'BuildSecurityGroup', {
      vpc: props.network.vpc,
      description: 'Machines that build and test images: nobody reaches them',
    });
    const pipeline = new imagebuilder.CfnImagePipeline(this, 'Pipeline', {
      name: `${Aws.STACK_NAME}-pipeline`,
      // On by default, it fails every build in an account that has an inventory association of its own:
      // https://docs.aws.amazon.com/imagebuilder/latest/userguide/troubleshooting.html
      enhancedImageMetadataEnabled: false,
      imageRecipeArn: recipe.attrArn,
      infrastructureConfigurationArn: this.infrastructure(props, securityGroup).attrArn,
      distributionConfigurationArn: this.distribution(props).attrArn,
      imageTestsConfiguration: { imageTestsEnabled: true, timeoutMinutes: 60 },
    });
    const image = new BakedImage(this, 'BakedImage', {
      release,
      pipelineArn: pipeline.attrArn,
      recipe: { name: recipe.name, arn: recipe.attrArn },
      securityGroupId: securityGroup.securityGroupId,
      timeoutMinutes: props.buildTimeoutMinutes,
      contentDigest: this.contentDigest,
      baseImageId,
      pin: props.pin,
    });
    // The build needs its role's permissions and a way to the internet, and the pipeline names neither.
    image.node.addDependency(pipeline, this.node.findChild('BuildRole'), props.network.internetAccess);
    this.imageId = image.imageId;
  }

  private recipe(
    components: readonly RecipeComponent[],
    props: ReleaseImageProps,
  ): imagebuilder.CfnImageRecipe {
    return new imagebuilder.CfnImageRecipe(this, 'Recipe', {
      name: `${Aws.STACK_NAME}-recipe`,
      // A recipe never changes; with an x, a changed one gets the next version.
      version: '1.0.x',
      parentImage: props.baseImageId,
      components: components.map(({ id, document, parameters }) => ({
        componentArn: new imagebuilder.CfnComponent(this, id, {
          name: `${Aws.STACK_NAME}-${id}`,
          platform: 'Linux',
          // A component with other content becomes another build of the same version.
          version: '1.0.0',
          data: document,
        }).attrArn,
        // An empty list is refused.
        parameters: Object.keys(parameters).length
          ? Object.entries(parameters).map(([name, value]) => ({ name, value: [value] }))
          : undefined,
      })),
      blockDeviceMappings: [rootVolume(props.rootVolume)],
    });
  }

  private infrastructure(
    props: ReleaseImageProps,
    securityGroup: ec2.ISecurityGroup,
  ): imagebuilder.CfnInfrastructureConfiguration {
    const { network, artifact } = props;
    const role = new iam.Role(this, 'BuildRole', {
      description: 'Machines that build and test images',
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: BUILD_POLICIES.map((name) => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
    });
    role.addToPolicy(
      new iam.PolicyStatement({ sid: 'Artifact', actions: ['s3:GetObject'], resources: [artifact.arn] }),
    );
    for (const name of BUILD_POLICIES) {
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${name}]`,
        reason:
          "AWS keeps this policy for Image Builder's own agents, whose calls change with their versions.",
      });
    }
    const profile = new iam.CfnInstanceProfile(this, 'BuildProfile', { roles: [role.roleName] });
    return new imagebuilder.CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name: `${Aws.STACK_NAME}-infrastructure`,
      instanceProfileName: profile.ref,
      instanceTypes: [...buildInstanceTypes(props.instanceType)],
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      subnetId: network.machineSubnets[0]!.subnetId,
      securityGroupIds: [securityGroup.securityGroupId],
      terminateInstanceOnFailure: true,
    });
  }

  private distribution(props: ReleaseImageProps): imagebuilder.CfnDistributionConfiguration {
    const { release, baseImageId } = props;
    return new imagebuilder.CfnDistributionConfiguration(this, 'Distribution', {
      name: `${Aws.STACK_NAME}-distribution`,
      distributions: [
        {
          region: Stack.of(this).region,
          amiDistributionConfiguration: {
            // The schema has no shape for this property: its keys are those of the API.
            Name: `${release.application}-${release.version}-{{ imagebuilder:buildDate }}`,
            Description: `${release.application} ${release.version}`,
            AmiTags: {
              Name: `${release.application} ${release.version}`,
              'image-rollouts:application': release.application,
              'image-rollouts:version': release.version,
              'image-rollouts:content': this.contentDigest,
              'image-rollouts:base-image': baseImageId,
            },
          },
        },
      ],
    });
  }
}
