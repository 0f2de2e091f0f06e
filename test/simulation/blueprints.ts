import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseConfiguration } from '../../lib/config';
import { readRelease } from '../../lib/release/manifest';
import { ImageBased } from '../../lib/stacks/image-based';
import { InstanceBased } from '../../lib/stacks/instance-based';
import type { Template, Variant } from '../harness/virtual-aws';

process.env.CDK_VALIDATION = 'false';

/** What a stack needs in the bucket of assets before it is deployed. */
export interface Asset {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array;
}

/** A synthesized stack, from which releases and settings are made without synthesizing again. */
export interface Blueprint {
  readonly template: string;
  /** Of the release that the template names. */
  readonly digest: string;
  readonly assets: readonly Asset[];
}

/** What the network of a synthesized stack is called; the ids stand for those of a network that exists. */
export const PLACEHOLDERS = {
  vpc: 'vpc-12345',
  subnets: ['s-12345', 's-67890', 'p-12345', 'p-67890'],
} as const;

/** A release as the sample application has it; further versions are made of it. */
const SAMPLE = '1.0.0';

/** Stacks are synthesized once for each kind, and only when they are asked for. */
export class Blueprints {
  private readonly known = new Map<string, Blueprint>();

  /** @param timeoutMinutes how long a rollout may take in all: beyond an hour, the stack has several resources for it */
  get(variant: Variant, version: string, timeoutMinutes: number): Blueprint {
    const isBaked = variant === 'ImageBased';
    const key = `${variant} ${isBaked ? version : ''} ${timeoutMinutes}`;
    const known = this.known.get(key) ?? synthesize(variant, isBaked ? version : SAMPLE, timeoutMinutes);
    this.known.set(key, known);
    return isBaked ? known : asVersion(known, version);
  }
}

/** The same stack with another release: what tells releases apart is version, digest and boot script. */
function asVersion({ template, assets, digest }: Blueprint, version: string): Blueprint {
  if (version === SAMPLE) return { template, assets, digest };
  const other = createHash('sha256').update(version).digest('hex');
  return {
    // The range of versions that a release can serve beside stays as it is.
    template: template.replace(/(?<![\^\d.])1\.0\.0(?![\d.])/g, version).replaceAll(digest, other),
    digest: other,
    assets,
  };
}

function synthesize(variant: Variant, version: string, timeoutMinutes: number): Blueprint {
  const outdir = mkdtempSync(join(tmpdir(), 'simulation-'));
  try {
    const { context: flags } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object };
    const app = new App({ outdir, context: { ...flags } });
    const configuration = parseConfiguration({
      release: `sample-app/${version}.json`,
      vpcId: 'vpc-0123456789abcdef0',
      rolloutTimeoutMinutes: timeoutMinutes,
    });
    const release = readRelease(configuration.release, outdir);
    const Stack = variant === 'ImageBased' ? ImageBased : InstanceBased;
    const env = { account: '000000000000', region: 'eu-central-1' };
    const stack = new Stack(app, variant, { env, release, configuration });
    const template = app.synth().getStackByName(stack.stackName).template as Template;
    return {
      template: JSON.stringify({ ...template, ...withOutputs(template) }),
      digest: release.digest,
      assets: assetsOf(join(outdir, `${variant}.assets.json`)),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Lets CloudFormation itself say what it holds the fleet's version to be, and which one is the template's. */
function withOutputs(template: Template): object {
  const { Outputs = {} } = template as { Outputs?: object };
  const ids = Object.keys(template.Resources);
  const group = Object.values(template.Resources).find(
    ({ Type }) => Type === 'AWS::AutoScaling::AutoScalingGroup',
  )!;
  const launchTemplate = ids.find((id) => template.Resources[id]!.Type === 'AWS::EC2::LaunchTemplate')!;
  const { LaunchTemplate } = group.Properties as { LaunchTemplate: { Version: unknown } };
  return {
    Outputs: {
      ...Outputs,
      FleetVersion: { Value: LaunchTemplate.Version },
      TemplateVersion: { Value: { 'Fn::GetAtt': [launchTemplate, 'LatestVersionNumber'] } },
    },
  };
}

function assetsOf(manifest: string): Asset[] {
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    files: Record<
      string,
      {
        source: { path: string; packaging: string };
        destinations: Record<string, { objectKey: string; bucketName: string }>;
      }
    >;
  };
  return Object.values(files).flatMap(({ source, destinations }) => {
    // Functions run in this process; their code only has to be there.
    const body = source.packaging === 'zip' ? EMPTY_ZIP : readFileSync(join(manifest, '..', source.path));
    return Object.values(destinations).map(({ bucketName, objectKey: key }) => ({
      bucket: bucketName
        .replace('${AWS::AccountId}', '000000000000')
        .replace('${AWS::Region}', 'eu-central-1'),
      key,
      body,
    }));
  });
}

/** The end of a central directory with nothing in it. */
const EMPTY_ZIP = Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex');
