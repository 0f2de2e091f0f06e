import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseConfiguration } from '../../lib/config';
import { readRelease } from '../../lib/release/manifest';
import { ImageBased } from '../../lib/stacks/image-based';
import { InstanceBased } from '../../lib/stacks/instance-based';
import type { Template, Variant } from '../harness/virtual-aws';
import type { Asset, Blueprint } from './blueprints';

// The CDK checks every template against CloudFormation's schemas, which takes seconds: test/stacks/app.test.ts lets it.
process.env.CDK_VALIDATION = 'false';

/** Synthesizes a stack of the real ones, in a network that exists. */
export function synthesize(variant: Variant, version: string, timeoutMinutes: number): Blueprint {
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
