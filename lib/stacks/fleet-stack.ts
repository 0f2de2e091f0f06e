import { createHash } from 'node:crypto';
import {
  Arn,
  ArnFormat,
  Aws,
  CfnOutput,
  CfnParameter,
  Fn,
  Lazy,
  Stack,
  type StackProps,
  Token,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../config';
import { ConfigurationError } from '../configuration-error';
import { Fleet, GROUP_NAME } from '../fleet/fleet';
import { machineImageId } from '../fleet/machine-image';
import { Network } from '../fleet/network';
import { ROOT_DEVICE_NAME, type RootVolume } from '../fleet/root-volume';
import type { SoftwareSource } from '../fleet/software-source';
import { BaseImage } from '../machines/base-image';
import { Preflight } from '../preflight/preflight';
import type { Release } from '../release/manifest';
import { type PublishedArtifact, publishArtifact } from '../release/published-artifact';
import { ReleasedVersion } from '../release/released-version';
import { PIN_PARAMETER, RESTART_PARAMETER } from '../rollout/pin';

export interface FleetStackProps extends StackProps {
  readonly release: Release;
  readonly configuration: Configuration;
}

/** What a variant has to make its machines' software from. */
export interface Parts extends FleetStackProps {
  readonly network: Network;
  readonly artifact: PublishedArtifact;
  /** The record of what was released: whatever changes with a release comes after it. */
  readonly released: ReleasedVersion;
  /** Text of the stack's parameter that pins the fleet to a kept revision. */
  readonly pin: string;
  /** AMI that releases are baked upon, or machines boot from. */
  readonly baseImageId: string;
  readonly rootVolume: RootVolume;
}

/**
 * One release on one fleet. A variant says where machines have the release from, and nothing else; what
 * the variants share has the same ids in both.
 */
export abstract class FleetStack extends Stack {
  readonly fleet: Fleet;
  /** Context value that names the variant's base image. */
  protected abstract baseImageKey(): 'baseImageId' | 'masterImageId';

  constructor(scope: Construct, id: string, props: FleetStackProps) {
    super(scope, id, props);
    const { release, configuration } = props;
    this.checkRegion('certificateArn', configuration);
    this.checkRegion('gateFunctionArn', configuration.rollout);
    this.checkRegion('kmsKeyArn', configuration);
    const network = new Network(this, 'Network', {
      vpcId: configuration.vpcId,
      autoScalingEndpoint: configuration.autoScalingEndpoint,
    });
    const released = new ReleasedVersion(this, 'Release', { release });
    const artifact = publishArtifact(this, release);
    const orders = {
      pin: this.order(PIN_PARAMETER, 'Set by "rollout undo": the kept revision that the fleet is to run'),
      restart: this.order(RESTART_PARAMETER, 'Set by "rollout restart": who asked for it, and when'),
    };
    const imageId = configuration[this.baseImageKey()];
    const found = machineImageId(this, { architecture: configuration.architecture, imageId });
    const baseImageId = imageId ? found : this.chosenBaseImage(found, props, orders.restart);
    let preflight: Preflight;
    const rootVolume = {
      sizeGiB: configuration.rootVolumeGiB,
      // Only the account knows where another image has its root volume, and the preflight asks it.
      deviceName: imageId ? Lazy.string({ produce: () => preflight.rootDeviceName }) : ROOT_DEVICE_NAME,
      kmsKeyArn: configuration.kmsKeyArn,
    };
    const parts = { ...props, network, artifact, released, pin: orders.pin, baseImageId, rootVolume };
    const source = this.softwareSource(parts);
    this.fleet = new Fleet(this, 'Fleet', {
      release,
      source,
      baseImageId,
      network,
      instanceType: configuration.instanceType,
      rootVolume,
      capacity: configuration.capacity,
      replacement: configuration.replacement,
      rollout: configuration.rollout,
      ledgerTable: configuration.ledgerTable,
      acceptFindings: configuration.acceptFindings,
      orders,
      certificateArn: configuration.certificateArn,
    });
    this.fleet.node.addDependency(released);
    preflight = new Preflight(this, 'Preflight', {
      release,
      ...orders,
      groupName: this.fleet.groupName,
      strategy: this.fleet.strategy,
      alarmNames: this.fleet.alarmNames,
      gates: configuration.rollout.gates,
      ledgerTable: configuration.ledgerTable,
      acceptFindings: configuration.acceptFindings,
      launch: {
        instanceType: configuration.instanceType,
        baseImage: { id: baseImageId, key: this.baseImageKey(), isConfigured: imageId !== undefined },
        rootVolumeGiB: configuration.rootVolumeGiB,
        kmsKeyArn: configuration.kmsKeyArn,
        network,
        capacity: configuration.capacity.desired ?? configuration.capacity.min,
        content: Lazy.string({ produce: () => this.contentOf(source) }),
      },
    });
    // Before a version is recorded: what it lives beside can be put right in a manifest that was refused.
    released.node.addDependency(preflight);
    this.output('Url', this.fleet.loadBalancer.url, 'Where the fleet serves');
    this.output('GroupName', this.fleet.groupName, 'Auto Scaling group');
    this.output(
      'LaunchTemplateId',
      this.fleet.launchTemplate.ref,
      'Launch template; its versions are the revisions',
    );
    this.output('ReleaseVersion', this.fleet.releaseName, 'The release that the fleet runs');
    this.output('LedgerTable', configuration.ledgerTable, 'Table that remembers every revision');
  }

  protected abstract softwareSource(parts: Parts): SoftwareSource;

  /** Which base image the release gets where none is configured. @param newestImageId as CloudFormation finds it */
  private chosenBaseImage(
    newestImageId: string,
    { release, configuration: { ledgerTable } }: FleetStackProps,
    restart: string,
  ): string {
    const settings = Lazy.string({ produce: () => this.settingsOfMachines() });
    const props = { newestImageId, release, groupName: GROUP_NAME, ledgerTable, restart, settings };
    return new BaseImage(this, 'BaseImage', props).imageId;
  }

  /** Chosen when the stack is deployed: the CDK would look them up, and keep them in a file. */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs(Aws.REGION)));
  }

  /** Digest over what a machine is started with, as far as it stands in the template. */
  private contentOf(source: SoftwareSource): string {
    return this.digestOf([this.fleet.launchTemplate.launchTemplateData, source.content]);
  }

  /** The same without what the variants differ in. */
  private settingsOfMachines(): string {
    const {
      imageId: _,
      userData: __,
      ...settings
    } = this.resolve(this.fleet.launchTemplate.launchTemplateData);
    return this.digestOf(settings);
  }

  private digestOf(content: unknown): string {
    return createHash('sha256')
      .update(JSON.stringify(this.resolve(content)))
      .digest('hex');
  }

  /** A load balancer takes certificates of its own region alone, a volume keys; Lambda is asked in the stack's. */
  private checkRegion<Key extends string>(key: Key, values: Readonly<Partial<Record<Key, string>>>): void {
    const arn = values[key];
    if (arn === undefined || Token.isUnresolved(this.region)) return;
    const { region } = Arn.split(arn, ArnFormat.NO_RESOURCE_NAME);
    if (region === this.region) return;
    throw new ConfigurationError(
      `${key} is ${arn}, in ${region}, but the stack is in ${this.region}: name one in ${this.region}.`,
    );
  }

  private order(id: string, description: string): string {
    return new CfnParameter(this, id, { type: 'String', default: '', description }).valueAsString;
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}
