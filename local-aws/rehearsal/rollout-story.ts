import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Core } from '../core/core';
import type { Cdk } from './cdk';
import { allImages } from './images';
import type { Narrator } from './narrator';

export interface StoryParts {
  readonly core: Core;
  readonly cdk: Cdk;
  readonly narrator: Narrator;
}

interface History {
  readonly current?: number;
  readonly revisions: readonly {
    readonly number: number;
    readonly outcome?: { readonly kind: string; readonly reason: string };
  }[];
}

const STACK = 'ImageBased';

/**
 * Releases with change causes, their history, going back, a release that is rolled back by itself, and a
 * rollout that stands at a gate until it is promoted: every step by `cdk deploy` or `npx rollout`.
 * @throws Error when a command ends otherwise than wanted
 */
export async function tellRevisions(parts: StoryParts): Promise<void> {
  const { cdk, narrator } = parts;
  const first = await cdk.synthesize('1.0.0');
  await narrator.command('cdk deploy Ledger', 0, () => cdk.deployLedger(first));
  for (const release of ['1.0.0', '1.1.0', '1.2.0']) await deploy(parts, release);
  narrator.check('style sheet of 1.2.0', await answer(parts, 'style.css'), '404');
  await history(parts, [1, 2, 3], 3);

  const builds = await bakes(parts);
  await narrator.rollout(['undo', STACK]);
  narrator.check('images baked for it', String((await bakes(parts)) - builds), '0');
  narrator.check('style sheet', await answer(parts, 'style.css'), '200');
  await history(parts, [1, 3, 4], 4);

  await deploy(parts, '2.0.0', 1);
  const { revisions } = await history(parts, [1, 3, 4, 5], 4);
  const { kind = 'none', reason = '' } = revisions.find(({ number }) => number === 5)?.outcome ?? {};
  narrator.check('outcome of revision 5', kind, 'RolledBack');
  narrator.check('its reason names the status', String(/\[500\]/.test(reason)), 'true');
  const said = await narrator.rollout(['undo', STACK]);
  narrator.check('there is nothing to undo', String(/There is nothing to undo/.test(said)), 'true');
  await narrator.rollout(['verify', STACK]);
  await standAtGate(parts);
}

/** Deploys with a gate at half of the fleet, and promotes it when it stands there. */
async function standAtGate({ cdk, narrator }: StoryParts): Promise<void> {
  const folder = await cdk.synthesize('1.0.0', { gates: '50' });
  const deployed = narrator.command(
    `cdk deploy ${STACK} -c release=sample-app/1.0.0.json -c gates=50`,
    0,
    () => cdk.deploy('gated', STACK, folder),
  );
  await narrator.until(deployed, () => isPaused(narrator, STACK));
  await narrator.rollout(['status', STACK]);
  await narrator.rollout(['promote', STACK]);
  await deployed;
  await narrator.rollout(['status', STACK]);
}

/** Whether a rollout stands still, as the operator is told. */
export async function isPaused(narrator: Narrator, stack: string): Promise<boolean> {
  return (await narrator.ask<{ phase?: string }>(['status', stack])).phase === 'Paused';
}

async function deploy({ cdk, narrator }: StoryParts, release: string, wanted = 0): Promise<void> {
  const folder = await cdk.synthesize(release);
  await narrator.command(`cdk deploy ${STACK} -c release=sample-app/${release}.json`, wanted, () =>
    cdk.deploy(`deploy-${release}`, STACK, folder),
  );
}

async function history(
  { narrator }: StoryParts,
  numbers: readonly number[],
  current: number,
): Promise<History> {
  await narrator.rollout(['history', STACK]);
  const found = await narrator.ask<History>(['history', STACK]);
  narrator.check(
    'revisions in the history',
    found.revisions.map(({ number }) => number).join(', '),
    numbers.join(', '),
  );
  narrator.check('the one that runs', String(found.current), String(current));
  return found;
}

async function answer({ core }: StoryParts, path: string): Promise<string> {
  const { Stacks } = await core.send(new DescribeStacksCommand({ StackName: STACK }));
  const url = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'Url')?.OutputValue;
  return String((await fetch(`${url}${path}`)).status);
}

async function bakes({ core }: StoryParts): Promise<number> {
  return (await allImages(core)).length;
}
