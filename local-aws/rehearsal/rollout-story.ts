import { readFileSync } from 'node:fs';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListImageBuildVersionsCommand } from '@aws-sdk/client-imagebuilder';
import type { LocalAws } from '../local-aws';
import type { Cdk } from './cdk';
import type { Paint } from './paint';

/** A line of the story: what was typed, what it ended with, and what was found. */
export interface Told {
  readonly command: string;
  readonly exitCode: number;
  readonly seconds: number;
  readonly checks: readonly { readonly name: string; readonly found: string; readonly wanted: string }[];
}

export interface RolloutStoryOptions {
  readonly aws: LocalAws;
  readonly cdk: Cdk;
  readonly paint: Paint;
  readonly say: (line: string) => void;
}

const STACK = 'ImageBased';

interface History {
  readonly current?: number;
  readonly revisions: readonly {
    readonly number: number;
    readonly release: { readonly version: string; readonly changeCause: string };
    readonly outcome?: { readonly kind: string; readonly reason: string };
  }[];
}

/**
 * Releases with change causes, their history, going back, a release that is rolled back by itself, and a
 * rollout that stands at a gate until it is promoted: every step by `cdk deploy` or `npx rollout`.
 */
export class RolloutStory {
  readonly told: Told[] = [];
  private step = 0;

  constructor(private readonly options: RolloutStoryOptions) {}

  /** @throws Error when a command ends otherwise than wanted: what follows would mean nothing */
  async run(): Promise<void> {
    const { cdk } = this.options;
    const first = await cdk.synthesize('1.0.0');
    await this.command('cdk deploy Ledger', 0, () => cdk.deployLedger(first));
    for (const release of ['1.0.0', '1.1.0', '1.2.0']) await this.deploy(release);
    await this.check('style sheet of 1.2.0', () => this.statusOf('style.css'), '404');
    await this.history([1, 2, 3], 3);

    const builds = await this.builds();
    await this.rollout('undo', 0);
    await this.history([1, 3, 4], 4);
    await this.check('style sheet after the undo', () => this.statusOf('style.css'), '200');
    await this.check('images baked for it', async () => String((await this.builds()) - builds), '0');

    await this.deploy('2.0.0', 1);
    const { revisions } = await this.history([1, 3, 4, 5], 4);
    const failed = revisions.find(({ number }) => number === 5)?.outcome;
    await this.check('outcome of revision 5', async () => failed?.kind ?? 'none', 'RolledBack');
    await this.check(
      'its reason',
      async () =>
        /\[500\]/.test(failed?.reason ?? '') ? 'its machines answered 500' : String(failed?.reason),
      'its machines answered 500',
    );
    const said = await this.rollout('undo', 0);
    await this.check(
      'undo',
      async () => /There is nothing to undo/.exec(said)?.[0] ?? said,
      'There is nothing to undo',
    );
    await this.rollout('verify', 0);

    await this.gated();
  }

  /** Deploys with a gate at half of the fleet, and promotes it when it stands there. */
  private async gated(): Promise<void> {
    const { cdk } = this.options;
    const folder = await cdk.synthesize('1.0.0', { gates: '50' });
    const deployed = this.command(`cdk deploy ${STACK} -c release=sample-app/1.0.0.json -c gates=50`, 0, () =>
      cdk.deploy('gated', STACK, folder),
    );
    for (;;) {
      const log = `story-${++this.step}-status`;
      await cdk.rollout(log, ['status', STACK, '--json']);
      const { phase } = parsed<{ phase?: string }>(this.output(log));
      if (phase === 'Paused') break;
    }
    await this.rollout('status', 0);
    await this.rollout('promote', 0);
    await deployed;
    await this.rollout('status', 0);
  }

  private async deploy(release: string, exitCode = 0): Promise<void> {
    const { cdk } = this.options;
    const folder = await cdk.synthesize(release);
    await this.command(`cdk deploy ${STACK} -c release=sample-app/${release}.json`, exitCode, () =>
      cdk.deploy(`deploy-${release}`, STACK, folder),
    );
  }

  /** Runs a command of the operator's and shows what it says. @returns that */
  private async rollout(command: string, exitCode: number): Promise<string> {
    const log = `story-${++this.step}-${command}`;
    await this.command(`npx rollout ${command} ${STACK}`, exitCode, () =>
      this.options.cdk.rollout(log, [command, STACK]),
    );
    const said = this.output(log);
    for (const line of said.trimEnd().split('\n')) this.options.say(`    ${line}`);
    return said;
  }

  private async history(numbers: readonly number[], current: number): Promise<History> {
    await this.rollout('history', 0);
    const log = `story-${++this.step}-history`;
    await this.options.cdk.rollout(log, ['history', STACK, '--json']);
    const history = parsed<History>(this.output(log));
    const found = history.revisions.map(({ number }) => number).join(', ');
    await this.check('revisions in the history', async () => found, numbers.join(', '));
    await this.check('the one that runs', async () => String(history.current), String(current));
    return history;
  }

  private async command(command: string, exitCode: number, run: () => Promise<number>): Promise<void> {
    const { say, paint } = this.options;
    say(paint.bold(`$ ${command}`));
    const begun = performance.now();
    const found = await run();
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    this.told.push({ command, exitCode: found, seconds, checks: [] });
    await this.check('exit code', async () => String(found), String(exitCode));
    if (found !== exitCode) throw new Error(`"${command}" ended with ${found}; ${exitCode} was wanted.`);
  }

  private async check(name: string, find: () => Promise<string>, wanted: string): Promise<void> {
    const { say, paint } = this.options;
    const found = await find();
    const { command, exitCode, seconds, checks } = this.told.at(-1)!;
    this.told[this.told.length - 1] = {
      ...{ command, exitCode, seconds },
      checks: [...checks, { name, found, wanted }],
    };
    const line = `  ${name}: ${found}`;
    say(found === wanted ? paint.dim(line) : paint.alarm(`${line}; ${wanted} was wanted`));
  }

  private output(log: string): string {
    return readFileSync(this.options.cdk.logPath(log), 'utf8');
  }

  private async statusOf(path: string): Promise<string> {
    const { Stacks } = await this.options.aws.core.send(new DescribeStacksCommand({ StackName: STACK }));
    const url = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'Url')?.OutputValue;
    return String((await fetch(`${url}${path}`)).status);
  }

  private async builds(): Promise<number> {
    const { imageSummaryList = [] } = await this.options.aws.core.send(
      new ListImageBuildVersionsCommand({ maxResults: 100 }),
    );
    return imageSummaryList.length;
  }
}

function parsed<T>(output: string): T {
  return JSON.parse(output.slice(Math.max(0, output.indexOf('{')))) as T;
}
