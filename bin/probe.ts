import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseFlags } from '../lib/cli/flags';
import { ConfigurationError, didYouMean } from '../lib/configuration-error';
import { accountLab, findAccount } from '../probes/account-lab';
import { PROBES } from '../probes/all';
import { compare } from '../probes/compare';
import type { Lab } from '../probes/lab';
import { localLab } from '../probes/local-lab';
import type { Probe } from '../probes/probe';
import { ASSUMPTIONS } from '../probes/register';
import { type Finding, localReport, report } from '../probes/report';
import { type Result, runProbe } from '../probes/run';

const HELP = `npm run probe -- [flags]

Asks a real AWS account what its documentation leaves open, each question by a small stack of its own that is
removed afterwards, and compares the answers with what the local AWS does. docs/assumptions.md says what rests
on each. Results: out/probes.json.

  --local           asks the local AWS alone, without an account, and prints all assumptions
  --only NAME,NAME  these probes alone: ${PROBES.map(({ id }) => id).join(', ')}
  --yes             starts without a question

It ends with exit code 1 when a probe failed, and 2 when AWS does other than the local AWS.`;

async function main(): Promise<number> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { flags } = parseFlags(process.argv.slice(2), { local: 'switch', only: 'value', yes: 'switch' });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const probes = chosen(flags.only);
  if (flags.local) return onlyLocal(probes, flags.only !== undefined);
  const account = await findAccount(process.env);
  const usd = probes.reduce((sum, probe) => sum + probe.usd, 0);
  const minutes = Math.max(...probes.map((probe) => probe.minutes));
  console.log(`Account ${account.id}, region ${account.region}, as ${account.arn}.`);
  for (const { id, usd, minutes, question } of probes)
    console.log(`  ${id}: at most ${usd.toFixed(2)} US dollars, ${minutes} minutes. ${question}`);
  console.log(
    `In all at most ${usd.toFixed(2)} US dollars, and ${minutes} minutes: the probes run side by side.`,
  );
  if (!flags.yes && !(await confirmed())) return 1;
  const running = probes.map((probe) => ({ probe, lab: accountLab(account, probe.id, tell(probe)) }));
  removeWhenInterrupted(running.map(({ lab }) => lab));
  const onAws = await Promise.all(running.map(({ probe, lab }) => runProbe(probe, lab)));
  const findings = findingsOf(probes, await locally(probes), onAws);
  console.log(`\n${report(findings)}`);
  write({ at: new Date().toISOString(), account: account.id, region: account.region, findings });
  return exitCode(findings, onAws);
}

async function onlyLocal(probes: readonly Probe[], some: boolean): Promise<number> {
  const results = await locally(probes);
  const findings = findingsOf(probes, results);
  console.log(some ? report(findings) : localReport(ASSUMPTIONS, findings));
  write({ at: new Date().toISOString(), account: 'the local AWS', findings });
  return exitCode(findings, results);
}

/** One after the other, each on a local AWS of its own. */
async function locally(probes: readonly Probe[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const probe of probes) {
    const { lab, close } = await localLab(probe.id, () => undefined);
    results.push(await runProbe(probe, lab));
    await close();
  }
  return results;
}

function findingsOf(
  probes: readonly Probe[],
  local: readonly Result[],
  aws?: readonly Result[],
): readonly Finding[] {
  return probes.map((probe, index) => ({
    probe: probe.id,
    question: probe.question,
    answers: compare(probe, local[index]!, aws?.[index]),
    open: [...openOf('local AWS', local[index]!), ...(aws ? openOf('AWS', aws[index]!) : [])],
  }));
}

function openOf(where: string, { observation, error, left }: Result): string[] {
  return [
    ...(error === undefined ? [] : [`${where}: the probe failed: ${error}`]),
    ...(left === undefined ? [] : [`${where}: its stack is still there: ${left}`]),
    ...(observation?.unsettled === undefined ? [] : [`${where}: not settled: ${observation.unsettled}.`]),
  ];
}

function exitCode(findings: readonly Finding[], results: readonly Result[]): number {
  if (results.some(({ error, left }) => error !== undefined || left !== undefined)) return 1;
  return findings.some(({ answers }) => answers.some(({ agrees }) => agrees === false)) ? 2 : 0;
}

function chosen(only: string | undefined): readonly Probe[] {
  const ids = PROBES.map(({ id }) => id);
  return (only?.split(',') ?? ids).map((name) => {
    const probe = PROBES.find(({ id }) => id === name);
    if (!probe)
      throw new ConfigurationError(
        `There is no probe ${name}${didYouMean(name, ids)}; there are ${ids.join(', ')}.`,
      );
    return probe;
  });
}

function tell({ id }: Probe): (message: string) => void {
  return (message) => console.error(`${new Date().toISOString().slice(11, 19)}Z ${id}: ${message}`);
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new ConfigurationError('The probes cost money; without a terminal to ask on, give --yes.');
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await questions.question('Start? [y/N] ');
  questions.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Anyone who interrupts a run shall not pay for what it has created. */
function removeWhenInterrupted(labs: readonly Lab[]): void {
  const interrupted = async () => {
    process.off('SIGINT', interrupted);
    console.error('\nRemoving the stacks; interrupt again to leave them.');
    const removals = await Promise.allSettled(labs.map((lab) => lab.remove()));
    for (const removal of removals)
      if (removal.status === 'rejected') console.error((removal.reason as Error).message);
    process.exit(130);
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
}

function write(results: object): void {
  const folder = join(__dirname, '..', 'out');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'probes.json'),
    `${JSON.stringify({ schemaVersion: 1, ...results }, null, 2)}\n`,
  );
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error instanceof ConfigurationError ? error.message : error);
    process.exit(1);
  },
);
