import { App } from 'aws-cdk-lib';
import { parseConfiguration } from '../lib/config';
import { ConfigurationError } from '../lib/configuration-error';
import { LedgerStack } from '../lib/ledger/ledger-stack';
import { readRelease } from '../lib/release/manifest';
import { ImageBased } from '../lib/stacks/image-based';
import { InstanceBased } from '../lib/stacks/instance-based';
import { provenanceOf } from './git';

// The CDK's entry point: the only place where synthesis reads its context and the environment.
try {
  const app = new App({ autoSynth: false });
  const context = app.node.getAllContext();
  const { release: manifest } = parseConfiguration(context);
  const configuration = parseConfiguration({ ...provenanceOf(manifest), ...context });
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  if (configuration.vpcId && !(account && region)) {
    throw new ConfigurationError(
      `vpcId is ${configuration.vpcId}, but no account and region are known to look it up in; set credentials and AWS_REGION.`,
    );
  }
  const release = readRelease(configuration.release, app.outdir);
  const env = { account, region };
  const named = (name: string) => [configuration.stackPrefix, name].filter(Boolean).join('-');
  const ledger = new LedgerStack(app, 'Ledger', {
    stackName: named('Ledger'),
    env,
    tableName: configuration.ledgerTable,
  });
  for (const Variant of [ImageBased, InstanceBased]) {
    const stackName = named(Variant.name);
    new Variant(app, Variant.name, { stackName, env, release, configuration }).addStackDependency(ledger);
  }
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
