import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { LedgerStack } from '../../lib/ledger/ledger-stack';
import { Synthesis, type Variant } from '../harness/synthesis';

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';
const CERTIFICATE = `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef`;

/** Settings whose templates are checked, by a name for the file. */
const CONTEXTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  plain: {},
  https: { certificateArn: CERTIFICATE },
  arm64: { architecture: 'arm64' },
  recreate: { strategy: 'recreate' },
  gates: {
    gates: '25,50:10m',
    gateFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:gate`,
    rolloutTimeoutMinutes: 240,
  },
  'fixed-images': { baseImageId: 'ami-0123456789abcdef0', masterImageId: 'ami-0123456789abcdef0' },
  playbooks: { playbooks: 'harden-kernel' },
  'without-alarms': { ignoreAlarms: true },
  large: { minCapacity: 10, maxCapacity: 100, instanceType: 'm6i.large', rootVolumeGiB: 100 },
};

/** Writes the templates of both variants in all settings, and the ledger's. @returns how many */
export function writeTemplates(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const synthesis = new Synthesis();
  let count = 0;
  const write = (name: string, template: string) => {
    writeFileSync(join(folder, `${name}.json`), template);
    count++;
  };
  for (const [name, context] of Object.entries(CONTEXTS))
    for (const variant of ['ImageBased', 'InstanceBased'] satisfies Variant[])
      write(
        `${variant}-${name}`,
        synthesis.of(variant, '1.0.0', context, { account: ACCOUNT, region: REGION }).template,
      );
  const app = new App();
  const ledger = new LedgerStack(app, 'Ledger', {
    env: { account: ACCOUNT, region: REGION },
    tableName: 'image-rollouts-ledger',
  });
  write('Ledger', JSON.stringify(app.synth().getStackByName(ledger.stackName).template));
  return count;
}
