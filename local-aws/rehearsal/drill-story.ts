import { createHash } from 'node:crypto';
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeImagesCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { Revision } from '../../lib/ledger/types';
import { leftWhenSettled, type Place } from './leftovers';
import { both, type PerVariant, perVariant, VARIANTS, type Variant } from './model';
import { groupName, Observer } from './observer';
import type { StoryParts } from './rollout-story';
import { manifestOf } from './story';

/** How long a command took, on the local AWS's clock and measured. */
export interface Took {
  readonly modelledSeconds: number;
  readonly realSeconds: number;
}

/** What a fleet serves, seen through its load balancer, and what it runs on. */
export interface Served {
  /** It is another one after the rebuild. */
  readonly url: string;
  /** Machines in service. */
  readonly machines: number;
  /** What `/version` answers. */
  readonly versions: readonly string[];
  /** Digests of what the front page answers, with the machine's id taken out. */
  readonly pages: readonly string[];
  /** Digests of the style sheet, or the status that it was refused with. */
  readonly styles: readonly string[];
  /** AMIs of the machines. */
  readonly imageIds: readonly string[];
  /** The whole ledger of the fleet, oldest first. */
  readonly revisions: readonly Revision[];
  /** Number of the revision that runs. */
  readonly current?: number;
}

/** What the drill has found of one fleet. */
export interface Rebuilt {
  readonly before: Served;
  readonly after: Served;
  /** The first deployment, with all that there is to bake. */
  readonly firstDeployment: Took;
  readonly destruction: Took;
  /** From the start of `cdk deploy` until it ends: every machine is verified then. */
  readonly recovery: Took;
}

const FIRST = '1.0.0';
const SERVED = '1.1.0';

/**
 * The rebuild drill: both fleets are destroyed, all but the ledger and the images, made anew by `cdk deploy`
 * alone, and what serves then is held against what served before.
 * @throws Error when a command ends otherwise than wanted
 */
export async function tellDrill({ core, cdk, narrator }: StoryParts): Promise<PerVariant<Rebuilt>> {
  const observer = new Observer(core);
  const first = await cdk.synthesize(FIRST);
  const folder = await cdk.synthesize(SERVED);
  await narrator.command('cdk deploy Ledger', 0, () => cdk.deployLedger(first));
  const firstDeployment = await bothTook(observer, (variant) => deploy(variant, 'first', FIRST, first));
  await bothTook(observer, (variant) => deploy(variant, 'next', SERVED, folder));
  const before = await both(serves);
  const images = await keptImages();
  for (const variant of VARIANTS) {
    narrator.check(`${variant}: versions that serve`, list(before[variant].versions), SERVED);
    narrator.check(`${variant}: revisions in the ledger`, numbers(before[variant].revisions), '1, 2');
  }

  const destruction = await bothTook(observer, (variant) =>
    narrator.command(`cdk destroy ${variant}`, 0, () => cdk.destroy('destroy', variant, folder)),
  );
  const left = await leftWhenSettled(
    core,
    VARIANTS.map((variant) => placeOf(before[variant].url)),
  );
  for (const [kind, found] of Object.entries(left)) narrator.check(`${kind} left`, list(found), 'none');
  narrator.check('images kept', list(await keptImages()), list(images));

  const begun = observer.now();
  const recovery = await bothTook(observer, (variant) => deploy(variant, 'again', SERVED, folder));
  const after = await both(serves);
  for (const variant of VARIANTS) {
    const baked = await observer.builds(variant, begun);
    narrator.check(`${variant}: images baked for it`, String(baked.length), '0');
    compare(variant, before[variant], after[variant]);
    await narrator.rollout(['history', variant, '--all']);
    await narrator.rollout(['verify', variant]);
    await refuseUndo(variant);
  }
  return perVariant((variant) => ({
    before: before[variant],
    after: after[variant],
    firstDeployment: firstDeployment[variant],
    destruction: destruction[variant],
    recovery: recovery[variant],
  }));

  function deploy(variant: Variant, step: string, release: string, from: string): Promise<void> {
    return narrator.command(`cdk deploy ${variant} -c release=${manifestOf(release)}`, 0, () =>
      cdk.deploy(step, variant, from),
    );
  }

  function compare(variant: Variant, was: Served, is: Served): void {
    const check = (name: string, of: (served: Served) => string) =>
      narrator.check(`${variant}: ${name}`, of(is), of(was));
    check('machines', ({ machines }) => String(machines));
    check('versions that serve', ({ versions }) => list(versions));
    check('front page', ({ pages }) => list(pages));
    check('style sheet', ({ styles }) => list(styles));
    check('AMI', ({ imageIds }) => list(imageIds));
    narrator.check(`${variant}: revisions in the ledger`, numbers(is.revisions), '1, 2, 3');
    narrator.check(`${variant}: the one that runs`, String(is.current), '3');
    check('what the ledger says of the old ones', ({ revisions }) =>
      digest(JSON.stringify(revisions.slice(0, 2))),
    );
    const [, old, rebuilt] = is.revisions;
    narrator.check(`${variant}: release of revision 3`, named(rebuilt), named(old));
    narrator.check(`${variant}: its outcome`, rebuilt?.outcome?.kind ?? 'none', 'Complete');
  }

  /** What the old revisions were started from went with the stack: an undo says what to do instead. */
  async function refuseUndo(variant: Variant): Promise<void> {
    const said = await narrator.rollout(['undo', variant, '--to-revision', '1'], 1);
    narrator.check(
      `${variant}: it says what to do`,
      String(/is gone: deploy that release again/.test(said)),
      'true',
    );
  }

  async function serves(variant: Variant): Promise<Served> {
    const ids = await machinesOf(variant);
    const { Reservations = [] } = await core.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    const url = (await observer.url(variant)) ?? '';
    const asked = { url, times: 2 * ids.length };
    const { revisions, current } = await narrator.ask<Pick<Served, 'revisions' | 'current'>>([
      'history',
      variant,
      '--all',
    ]);
    return {
      url,
      machines: ids.length,
      versions: await answers(asked, 'version', (text) => JSON.parse(text).version),
      pages: await answers(asked, '', (text) =>
        digest(ids.reduce((page, id) => page.replaceAll(id, ''), text)),
      ),
      styles: await answers(asked, 'style.css', digest),
      imageIds: distinct(instances.map(({ ImageId }) => ImageId ?? 'none')),
      revisions,
      current,
    };
  }

  async function machinesOf(variant: Variant): Promise<string[]> {
    const { AutoScalingGroups = [] } = await core.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [groupName(variant)] }),
    );
    const machines = AutoScalingGroups[0]?.Instances ?? [];
    return machines
      .filter(({ LifecycleState }) => LifecycleState === 'InService')
      .map(({ InstanceId }) => InstanceId!);
  }

  async function keptImages(): Promise<readonly string[]> {
    const { Images = [] } = await core.send(new DescribeImagesCommand({ Owners: ['self'] }));
    return distinct(Images.map(({ ImageId }) => ImageId!));
  }
}

/** Different answers of a load balancer's machines, each asked in turn. */
async function answers(
  { url, times }: { readonly url: string; readonly times: number },
  path: string,
  of: (text: string) => string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let time = 0; time < times; time++) {
    const response = await fetch(new URL(path, url));
    const text = await response.text();
    found.push(response.ok ? of(text) : `HTTP ${response.status}`);
  }
  return distinct(found);
}

function bothTook(observer: Observer, run: (variant: Variant) => Promise<void>): Promise<PerVariant<Took>> {
  return both(async (variant) => {
    const begun = observer.now();
    await run(variant);
    const ended = observer.now();
    return {
      modelledSeconds: Math.round((ended.modelledMs - begun.modelledMs) / 1000),
      realSeconds: Math.round((ended.realMs - begun.realMs) / 100) / 10,
    };
  });
}

function placeOf(url: string): Place {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 80) };
}

function named(revision: Revision | undefined): string {
  return revision ? `${revision.release.application} ${revision.release.version}` : 'none';
}

function numbers(revisions: readonly Revision[]): string {
  return list(revisions.map(({ number }) => String(number)));
}

function list(entries: readonly string[]): string {
  return entries.length === 0 ? 'none' : entries.join(', ');
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

/** Enough of a SHA-256 to tell contents apart. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
