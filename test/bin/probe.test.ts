import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findAccount } from '../../probes/account-lab';

const ROOT = join(__dirname, '..', '..');

/** `bin/probe.ts` in an environment without credentials, but for what is given. */
function probe(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'), 'bin/probe.ts', ...args],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
      },
    },
  );
  return { status, stdout, stderr: stderr.trim() };
}

test.each<[name: string, args: string[], environment: Record<string, string>, stderr: RegExp]>([
  [
    'no credentials',
    ['--yes'],
    { AWS_REGION: 'eu-central-1' },
    /^npm run probe needs credentials of an AWS account and a region.*"npm run probe -- --local" needs neither\.$/,
  ],
  [
    'a probe that there is not',
    ['--local', '--only', 'alarm-fil'],
    {},
    /^There is no probe alarm-fil \(did you mean "alarm-fill"\?\); there are [^\n]*$/,
  ],
])('refuses in one sentence: %s', (_name, args, environment, stderr) => {
  expect(probe(args, environment)).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(stderr) });
});

test('refuses a local AWS in the place of an account', async () => {
  await expect(findAccount({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).rejects.toThrow(
    /^AWS_ENDPOINT_URL is http:\/\/127\.0\.0\.1:1, but probes ask a real account[^\n]*$/,
  );
});
