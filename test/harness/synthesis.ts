import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { App } from 'aws-cdk-lib';
import { zipSync } from 'fflate';
import { parseConfiguration } from '../../lib/config';
import { readRelease } from '../../lib/release/manifest';
import { ImageBased } from '../../lib/stacks/image-based';
import { InstanceBased } from '../../lib/stacks/instance-based';

// The CDK checks every template against CloudFormation's schemas, which takes seconds: test/stacks/app.test.ts lets it.
process.env.CDK_VALIDATION = 'false';

export type Variant = 'ImageBased' | 'InstanceBased';

/** A synthesized stack's template. */
export type Template = { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> };

/** What a deployment needs: the template as JSON, and what the CDK CLI uploads before it. */
export interface Synthesized {
  readonly template: string;
  readonly uploads: readonly { readonly Bucket: string; readonly Key: string; readonly Body: Uint8Array }[];
}

interface Assets {
  readonly files: Record<
    string,
    {
      readonly source: { readonly path: string; readonly packaging: string };
      readonly destinations: Record<string, { readonly objectKey: string; readonly bucketName: string }>;
    }
  >;
}

/** The stacks as the app makes them, each release and context once: synthesis takes longer than a deployment. */
export class Synthesis {
  private readonly known = new Map<string, Synthesized>();

  of(
    variant: Variant,
    version: string,
    context: Readonly<Record<string, unknown>>,
    env: { readonly account: string; readonly region: string },
  ): Synthesized {
    const key = JSON.stringify([variant, version, Object.entries(context).sort(), env]);
    const known = this.known.get(key) ?? onceInARun(key, () => synthesize(variant, version, context, env));
    this.known.set(key, known);
    return known;
  }
}

/** A run's test files share what they synthesize: each has modules of its own, and would do it again. */
function onceInARun(key: string, make: () => Synthesized): Synthesized {
  const folder = process.env.SYNTHESIZED;
  if (!folder) return make();
  const file = join(folder, createHash('sha256').update(key).digest('hex'));
  if (existsSync(file)) return deserialize(readFileSync(file)) as Synthesized;
  const made = make();
  // Another worker may be writing the same: a file is there whole or not at all.
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, serialize(made));
  renameSync(draft, file);
  return made;
}

function synthesize(
  variant: Variant,
  version: string,
  context: Readonly<Record<string, unknown>>,
  env: { readonly account: string; readonly region: string },
): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'virtual-'));
  try {
    const { context: flags } = JSON.parse(readFileSync('cdk.json', 'utf8'));
    const app = new App({ outdir, context: { ...flags, ...context } });
    const configuration = parseConfiguration({ release: `sample-app/${version}.json`, ...context });
    const release = readRelease(configuration.release, outdir);
    const Stack = variant === 'ImageBased' ? ImageBased : InstanceBased;
    const stack = new Stack(app, variant, { env, release, configuration });
    const { template } = app.synth().getStackByName(stack.stackName);
    return {
      template: JSON.stringify(template),
      uploads: uploadsOf(join(outdir, `${variant}.assets.json`), env),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function uploadsOf(
  manifest: string,
  { account, region }: { readonly account: string; readonly region: string },
): Synthesized['uploads'] {
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as Assets;
  return Object.values(files).flatMap(({ source, destinations }) => {
    // The functions run in this process; their code only has to be there.
    const Body =
      source.packaging === 'zip'
        ? zipSync({ [basename(source.path)]: new Uint8Array() })
        : readFileSync(join(manifest, '..', source.path));
    return Object.values(destinations).map(({ bucketName, objectKey: Key }) => ({
      Bucket: bucketName.replace('${AWS::AccountId}', account).replace('${AWS::Region}', region),
      ...{ Key, Body },
    }));
  });
}
