import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'app-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { app: command, context: flags } = JSON.parse(readFileSync('cdk.json', 'utf8'));

/** Runs the app as the CDK CLI does. */
function synthesize(context: Readonly<Record<string, unknown>> = {}, environment: NodeJS.ProcessEnv = {}) {
  const output = join(folder, 'cdk.out');
  rmSync(output, { recursive: true, force: true });
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify({ ...flags, ...context }),
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'eu-central-1',
      ...environment,
    },
  });
  return { status, stdout, stderr, output };
}

test('both stacks are synthesized, and CloudFormation has nothing against their templates', () => {
  const { status, stderr, output } = synthesize({ stackPrefix: 'staging' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { artifacts } = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'));
  expect(
    [artifacts.ImageBased, artifacts.InstanceBased].map(({ properties }) => properties.stackName),
  ).toEqual(['staging-ImageBased', 'staging-InstanceBased']);
  const release = /asset\.([0-9a-f]{64})\.tar/.exec(readdirSync(output).join())!;
  for (const stack of ['ImageBased', 'InstanceBased'])
    expect(readFileSync(join(output, `${stack}.assets.json`), 'utf8')).toContain(
      `"objectKey": "${release[1]}.tar"`,
    );
});

test.each<[string, Record<string, unknown>, NodeJS.ProcessEnv, string]>([
  [
    'an unknown context value',
    { mincapacity: 1 },
    {},
    'Unknown context value "mincapacity" (did you mean "minCapacity"?); known are ',
  ],
  [
    'a VPC and no account',
    { vpcId: 'vpc-12345678' },
    { CDK_DEFAULT_ACCOUNT: '' },
    'vpcId is vpc-12345678, but no account and region are known',
  ],
  [
    'a playbook that there is not, which is found in the middle of a stack',
    { playbooks: 'nope' },
    {},
    'playbooks names "nope"; image-recipes/playbooks/ has harden-kernel.',
  ],
])('%s is refused in one line', (_, context, environment, message) => {
  const { status, stderr } = synthesize(context, environment);
  expect(status).toBe(1);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
});

test('a manifest that is no JSON is refused in one line', () => {
  const release = join(folder, 'release.json');
  writeFileSync(release, '{ "version": 1.0.0 }');
  const { status, stderr } = synthesize({ release });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `${release} is not JSON: line 1, column 14: "1" is out of place.\n`,
  });
});
