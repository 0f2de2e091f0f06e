import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfiguration } from '../../lib/config';
import { readRelease } from '../../lib/release/manifest';
import { ImageBased } from '../../lib/stacks/image-based';
import { InstanceBased } from '../../lib/stacks/instance-based';

const FLAGS = JSON.parse(readFileSync(join(__dirname, '..', '..', 'cdk.json'), 'utf8')).context;

/** The app as bin/app.ts makes it, with the flags of cdk.json and further context values. */
export function makeApp(context: Readonly<Record<string, unknown>> = {}): {
  app: App;
  imageBased: ImageBased;
  instanceBased: InstanceBased;
} {
  const app = new App({ context: { ...FLAGS, ...context } });
  const configuration = parseConfiguration(context);
  const props = {
    configuration,
    release: readRelease(configuration.release, app.outdir),
    env: { account: '000000000000', region: 'eu-central-1' },
  };
  return {
    app,
    imageBased: new ImageBased(app, 'ImageBased', props),
    instanceBased: new InstanceBased(app, 'InstanceBased', props),
  };
}

/** Both templates. */
export function templates(context: Readonly<Record<string, unknown>> = {}) {
  const { imageBased, instanceBased } = makeApp(context);
  return { imageBased: Template.fromStack(imageBased), instanceBased: Template.fromStack(instanceBased) };
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
}

/** The only resource of a type, with its logical id. */
export function only(template: Template, type: string): { readonly id: string } & Resource {
  const found = Object.entries(template.findResources(type) as Record<string, Resource>);
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}; one was expected.`);
  const [[id, resource]] = found as [[string, Resource]];
  return { id, ...resource };
}
