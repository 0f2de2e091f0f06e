import { App } from 'aws-cdk-lib';
import { parseConfiguration } from '../lib/config';
import { ConfigurationError } from '../lib/configuration-error';
import { readRelease } from '../lib/release/manifest';
import { ImageBased } from '../lib/stacks/image-based';
import { InstanceBased } from '../lib/stacks/instance-based';

// The CDK's entry point: the only place where synthesis reads its context and the environment.
try {
  const app = new App();
  const configuration = parseConfiguration(app.node.getAllContext());
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  if (configuration.vpcId && !(account && region)) {
    throw new ConfigurationError(
      `vpcId is ${configuration.vpcId}, but no account and region are known to look it up in; set credentials and AWS_REGION.`,
    );
  }
  const release = readRelease(configuration.release, app.outdir);
  for (const Variant of [ImageBased, InstanceBased]) {
    const stackName = [configuration.stackPrefix, Variant.name].filter(Boolean).join('-');
    new Variant(app, Variant.name, { stackName, env: { account, region }, release, configuration });
  }
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
