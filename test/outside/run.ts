import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlags } from '../../lib/cli/flags';
import { startLocalAws } from '../../local-aws/local-aws';
import { writeTemplates } from './templates';

// `npm run outside`: what others have written is held against the local AWS, the templates and the policies.

const HELP = `npm run outside -- [flags]

Holds this project against what others have written: every call of the end-to-end tests and of 20 seeds against
botocore's models; boto3 and the AWS CLI as clients of the local AWS; cfn-lint on the templates; the policies
against the service authorization reference; local-aws/core/constraints.json against the models that it is made
from. It needs Python 3.9 or later with venv, and PyPI.

  --if-possible          says that it was left out, and ends well, where there is no Python or no PyPI
  --write-constraints    writes local-aws/core/constraints.json instead, by botocore's models

Figures: out/outside.json. It ends with exit code 1 when something is wrong.`;

const ROOT = join(__dirname, '..', '..');
const OUT = join(ROOT, 'out', 'outside');
const REQUIREMENTS = join(__dirname, 'requirements.txt');
const CONSTRAINTS = join(ROOT, 'local-aws', 'core', 'constraints.json');
const SEEDS = 20;

/** What a part of the run found. */
interface Part {
  readonly name: string;
  readonly passed: boolean;
  /** The last line of JSON that it printed. */
  readonly figures: object;
}

async function main(): Promise<number> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { flags } = parseFlags(process.argv.slice(2), {
    'if-possible': 'switch',
    'write-constraints': 'switch',
  });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  mkdirSync(OUT, { recursive: true });
  const venv = environment();
  if (venv instanceof Error) {
    console.error(`LEFT OUT: outside clients and validators. ${venv.message}`);
    return flags['if-possible'] ? 0 : 1;
  }
  if (flags['write-constraints']) {
    const { passed, figures } = await constraints(venv, []);
    console.log(JSON.stringify(figures, null, 2));
    return passed ? 0 : 1;
  }
  const parts = [
    await constraints(venv, ['--check']),
    await calls(venv),
    await clients(venv),
    templates(venv),
    policies(venv),
  ];
  for (const { name, passed, figures } of parts)
    console.log(`${passed ? 'held' : 'WRONG'}  ${name}  ${JSON.stringify(figures)}`);
  writeFileSync(
    join(ROOT, 'out', 'outside.json'),
    `${JSON.stringify({ schemaVersion: 1, parts }, null, 2)}\n`,
  );
  return parts.every(({ passed }) => passed) ? 0 : 1;
}

/** The programs of a Python environment with what is required, made once for each version of that. */
function environment(): string | Error {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(ROOT, 'out', `python-${digest}`);
  const programs = join(folder, 'bin');
  if (existsSync(join(folder, 'complete'))) return programs;
  rmSync(folder, { recursive: true, force: true });
  console.error('Installing boto3, the AWS CLI, cfn-lint, parliament and policy_sentry (once) …');
  for (const [program, ...args] of [
    ['python3', '-m', 'venv', folder],
    [join(programs, 'pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
  ]) {
    const { status, stderr, error } = spawnSync(program!, args, { encoding: 'utf8' });
    if (status !== 0)
      return new Error(
        `${program} ${args[0]} ${args[1]} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`,
      );
  }
  writeFileSync(join(folder, 'complete'), '');
  return programs;
}

/** What values the local AWS takes, by botocore's models. */
async function constraints(venv: string, flags: readonly string[]): Promise<Part> {
  const served = await run('npx', ['tsx', join(__dirname, 'served-operations.ts')]);
  const script = join(__dirname, 'write_constraints.py');
  const written = await run(
    join(venv, 'python'),
    [script, CONSTRAINTS, ...flags],
    process.env,
    served.output,
  );
  return {
    ...partOf('constraints of values', written),
    passed: served.code === 0 && written.code === 0,
  };
}

/** Calls of the end-to-end tests and of some seeds, against botocore's models. */
async function calls(venv: string): Promise<Part> {
  const folder = join(OUT, 'calls');
  rmSync(folder, { recursive: true, force: true });
  const environment = { ...process.env, RECORD_CALLS: folder };
  const tests = await run('npx', ['jest', 'test/end-to-end'], environment);
  const seeds = await run('npm', ['run', '-s', 'simulate', '--', '--seeds', String(SEEDS)], environment);
  const validation = await run(join(venv, 'python'), [join(__dirname, 'validate_calls.py'), folder]);
  return {
    ...partOf('calls against botocore', validation),
    passed: [tests, seeds, validation].every(({ code }) => code === 0),
  };
}

/** boto3 and the AWS CLI, as clients of a local AWS over HTTP. */
async function clients(venv: string): Promise<Part> {
  // Calm: these are clients' protocols, and a permission that spreads late is no business of theirs.
  const aws = await startLocalAws({ speed: 300, variations: {} });
  try {
    const environment = {
      ...process.env,
      ...aws.environment,
      PATH: `${venv}:${process.env.PATH}`,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    return partOf(
      'boto3 and the AWS CLI',
      await run(join(venv, 'python'), [join(__dirname, 'clients.py')], environment),
    );
  } finally {
    await aws.close();
  }
}

/** cfn-lint on all templates: errors count, warnings are told. */
function templates(venv: string): Part {
  const folder = join(OUT, 'templates');
  rmSync(folder, { recursive: true, force: true });
  const count = writeTemplates(folder);
  const { stdout, stderr } = spawnSync(
    join(venv, 'cfn-lint'),
    ['--format', 'json', '--include-checks', 'W', '--regions', 'eu-central-1', '--', join(folder, '*.json')],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  // Without a finding it prints an empty list; without a list it did not get so far.
  if (!stdout.trim().startsWith('['))
    return { name: 'cfn-lint', passed: false, figures: { failed: stderr.trim().slice(-400) } };
  const found = JSON.parse(stdout) as {
    readonly Level: string;
    readonly Rule: { readonly Id: string };
    readonly Message: string;
    readonly Filename: string;
  }[];
  const errors = found.filter(({ Level }) => Level === 'Error');
  for (const { Filename, Rule, Message } of errors)
    console.log(`${Filename.split('/').at(-1)} ${Rule.Id} ${Message}`);
  const version = spawnSync(join(venv, 'cfn-lint'), ['--version'], { encoding: 'utf8' }).stdout.trim();
  const rules = [...new Set(found.filter(({ Level }) => Level === 'Warning').map(({ Rule }) => Rule.Id))];
  return {
    name: 'cfn-lint',
    passed: errors.length === 0,
    figures: { version, templates: count, errors: errors.length, warnings: rules.sort() },
  };
}

function policies(venv: string): Part {
  const { status, stdout, stderr } = spawnSync(
    join(venv, 'python'),
    [join(__dirname, 'check_policies.py'), join(OUT, 'templates')],
    { encoding: 'utf8' },
  );
  return partOf('policies against the service authorization reference', {
    code: status,
    output: `${stderr}${stdout}`,
  });
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program, shows what it says when it fails, and keeps its output. */
function run(program: string, args: readonly string[], env = process.env, input = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] });
    // A program that ends before it has read all says why by its code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let output = '';
    for (const stream of [child.stderr, child.stdout])
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => {
      if (code !== 0) console.log(`${program} ${args.join(' ')} ended with ${code}:\n${output}`);
      resolve({ code, output });
    });
  });
}

function partOf(name: string, { code, output }: Ended): Part {
  const last = output.trim().split('\n').at(-1) ?? '';
  const figures = last.startsWith('{') ? (JSON.parse(last) as object) : {};
  if (code !== 0) console.log(output);
  return { name, passed: code === 0, figures };
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error);
    process.exit(1);
  },
);
