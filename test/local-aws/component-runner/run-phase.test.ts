import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planComponents } from '../../../local-aws/component-runner/plan';
import { ComponentRun } from '../../../local-aws/component-runner/run-phase';
import type { MachineShell } from '../../../local-aws/machines/nspawn/machine-shell';
import { FakeShell, LocalShell } from './shells';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'components-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A component's run of steps, each written as one YAML flow mapping. */
function running(shell: MachineShell, steps: readonly string[], parameters: Record<string, string> = {}) {
  const declared = Object.keys(parameters).map((name) => `  - ${name}: {type: string}\n`);
  const [component] = planComponents([
    {
      name: 'demo',
      document: `schemaVersion: 1.0\n${declared.length ? `parameters:\n${declared.join('')}` : ''}phases:
  - name: build\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`,
      parameters,
    },
  ]);
  const lines: string[] = [];
  let restarts = 0;
  let time = 0;
  const run = new ComponentRun(component!, {
    shell,
    restart: async () => void restarts++,
    workingFolder: join(folder, 'toe'),
    environment: { FROM_OUTSIDE: 'seen' },
    log: (line) => lines.push(line),
    now: () => (time += 250),
  });
  return { lines, restarts: () => restarts, done: run.phase('build') };
}

const bash = (command: string, others = '') =>
  `{name: Go, action: ExecuteBash, ${others}inputs: {commands: [${JSON.stringify(command)}]}}`;

describe('by a real bash', () => {
  test('the log has every step with its output, exit code and duration', async () => {
    const { lines, done } = running(
      new LocalShell(folder),
      [
        `{name: Hello, action: ExecuteBash, inputs: {commands: ['echo "{{ Greeting }}"', 'echo $FROM_OUTSIDE >&2']}}`,
      ],
      { Greeting: "it's" },
    );
    await done;
    expect(lines).toEqual([
      ...['Document demo', 'Phase build', 'Step Hello', 'ExecuteBash: STARTED EXECUTION'],
      ...["Stdout: it's", 'Stdout: seen', 'CmdExecution: ExitCode 0'],
      'ExecuteBash: FINISHED EXECUTION after 0.3 s',
    ]);
  });

  test('commands are one script: its exit code is that of the last, unless it says otherwise', async () => {
    const shell = new LocalShell(folder);
    const step = (...commands: string[]) =>
      `{name: Go, action: ExecuteBash, inputs: {commands: ${JSON.stringify(commands)}}}`;
    await running(shell, [step('false', 'true')]).done;
    await expect(running(shell, [step('set -e', 'false', 'true')]).done).rejects.toThrow(
      'Component demo, phase build, step Go failed with exit code 1',
    );
  });

  test('files and folders', async () => {
    const content = "a 'quoted' $line\n{{ not a reference }}\n";
    const file = join(folder, 'deep/er/file');
    await running(new LocalShell(folder), [
      `{name: Create, action: CreateFile, inputs: [{path: ${file}, content: ${JSON.stringify(content)}, permissions: '600'}]}`,
      `{name: Append, action: AppendFile, inputs: [{path: '{{ build.Create.inputs.path }}', content: more}]}`,
      `{name: Folder, action: CreateFolder, inputs: [{path: ${folder}/a, permissions: 700}, {path: ${folder}/b}]}`,
      `{name: Copy, action: CopyFile, inputs: [{source: ${folder}/deep/er/*, destination: ${folder}/a/}]}`,
      `{name: Move, action: MoveFile, inputs: [{source: ${folder}/a/file, destination: ${folder}/b/moved}]}`,
      `{name: Link, action: CreateSymlink, inputs: [{path: ${folder}/c/link, target: ${file}}]}`,
      `{name: Mode, action: SetFilePermissions, inputs: [{path: ${folder}/b/moved, permissions: '640'}]}`,
      `{name: Delete, action: DeleteFile, inputs: [{path: ${folder}/deep/er/*}]}`,
      `{name: Rid, action: DeleteFolder, inputs: [{path: ${folder}/deep, force: true}]}`,
    ]).done;
    expect(readFileSync(join(folder, 'b/moved'), 'utf8')).toBe(`${content}more`);
    expect(statSync(join(folder, 'b/moved')).mode & 0o777).toBe(0o640);
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, 'deep'))).toBe(false);
  });

  test.each([
    ['CreateFile', 'overwrite: false', /there\.txt is there already\./],
    ['CreateFolder', 'overwrite: false', /there\.txt is there already\./],
    ['DeleteFolder', 'force: true', /There is no folder .*there\.txt\./],
  ])('%s tells why it can not', async (action, input, message) => {
    writeFileSync(join(folder, 'there.txt'), '');
    const { done } = running(new LocalShell(folder), [
      `{name: Go, action: ${action}, inputs: [{path: ${folder}/there.txt, ${input}}]}`,
    ]);
    await expect(done).rejects.toMatchObject({ output: expect.stringMatching(message) });
  });

  test('a list fails with the first entry that fails, and leaves out the others', async () => {
    const { done } = running(new LocalShell(folder), [
      `{name: Go, action: AppendFile, inputs: [{path: ${folder}/none}, {path: ${folder}/nil}]}`,
    ]);
    await expect(done).rejects.toMatchObject({ output: `There is no file ${folder}/none.\n` });
  });

  test('what a step wrote is handed on, without its errors', async () => {
    const { lines, done } = running(new LocalShell(folder), [
      bash('echo two words; echo oops >&2').replace('Go', 'Tell'),
      `{name: Use, action: ExecuteBash, inputs: {commands: ['echo "<{{ build.Tell.outputs.stdout }}>"']}}`,
    ]);
    await done;
    expect(lines).toContain('Stdout: oops');
    expect(lines).toContain('Stdout: <two words>');
  });

  test('a step whose output is handed on keeps its exit code', async () => {
    const { done } = running(new LocalShell(folder), [
      bash('echo half; exit 3').replace('Go', 'Tell'),
      `{name: Use, action: ExecuteBash, inputs: {commands: ['echo {{ build.Tell.outputs.stdout }}']}}`,
    ]);
    await expect(done).rejects.toThrow('step Tell failed with exit code 3');
  });

  test('an artifact whose digest does not match is told by the tool that found it', async () => {
    const file = join(folder, 'release.tar');
    writeFileSync(file, 'other content');
    const check = `echo '${'0'.repeat(64)}  ${file}' | sha256sum --check`;
    const { done } = running(new LocalShell(folder), [
      `{name: Install, action: ExecuteBash, inputs: {commands: ${JSON.stringify(['set -e', check, 'echo installed'])}}}`,
    ]);
    await expect(done).rejects.toMatchObject({
      message: 'Component demo, phase build, step Install failed with exit code 1',
      output: expect.stringMatching(/release\.tar: FAILED\n(?!.*installed)/s),
    });
  });

  test('a program with its arguments', async () => {
    const { lines, done } = running(new LocalShell(folder), [
      `{name: Go, action: ExecuteBinary, inputs: {path: /bin/echo, arguments: ["a  b", "$HOME", "it's"]}}`,
    ]);
    await done;
    expect(lines).toContain("Stdout: a  b $HOME it's");
  });

  test('a step that takes too long is ended', async () => {
    const { lines, done } = running(new LocalShell(folder), [
      bash('echo begun; sleep 60', 'timeoutSeconds: 1, '),
    ]);
    await expect(done).rejects.toThrow('Component demo, phase build, step Go timed out after 1 s');
    expect(lines).toContain('Stdout: begun');
  });
});

describe('after a failure', () => {
  const failing = (others: string) => [bash('broken', others), bash('later').replace('Go', 'Later')];
  const shell = () =>
    new FakeShell((script) => ({ exitCode: script === 'broken' ? 7 : 0, output: 'said\n' }));

  test('Abort ends the phase', async () => {
    const fake = shell();
    await expect(running(fake, failing('')).done).rejects.toThrow('step Go failed with exit code 7');
    expect(fake.scripts).toEqual(['broken']);
  });

  test('Continue goes on, and fails at the end', async () => {
    const fake = shell();
    await expect(running(fake, failing('onFailure: Continue, ')).done).rejects.toThrow('step Go failed');
    expect(fake.scripts).toEqual(['broken', 'later']);
  });

  test('Ignore goes on, and succeeds', async () => {
    const fake = shell();
    await running(fake, failing('onFailure: Ignore, ')).done;
    expect(fake.scripts).toEqual(['broken', 'later']);
  });

  test('it is tried as often as the document says', async () => {
    const fake = shell();
    const { lines, done } = running(fake, failing('maxAttempts: 3, '));
    await expect(done).rejects.toThrow('step Go');
    expect(fake.scripts).toEqual(['broken', 'broken', 'broken']);
    expect(lines).toContain('ExecuteBash: attempt 2 of 3 failed');
  });
});

test('a step has two hours, or what its document gives it; -1 is no limit', async () => {
  const fake = new FakeShell();
  await running(fake, [
    bash('a'),
    bash('b', 'timeoutSeconds: 60, ').replace('Go', 'B'),
    bash('c', 'timeoutSeconds: -1, ').replace('Go', 'C'),
  ]).done;
  expect(fake.options.map(({ timeoutMs }) => timeoutMs)).toEqual([7_200_000, 60_000, undefined]);
});

test('exit code 194 restarts the machine and runs the step again; Reboot goes on behind itself', async () => {
  let isRestarted = false;
  const fake = new FakeShell((script) => {
    if (script !== 'update' || isRestarted) return {};
    isRestarted = true;
    return { exitCode: 194 };
  });
  const { done, restarts } = running(fake, [bash('update'), '{name: Again, action: Reboot}']);
  await done;
  expect(fake.scripts).toEqual(['update', 'update', 'sleep 0']);
  expect(restarts()).toBe(2);
});

test('a machine that is gone is told with the step that it was at', async () => {
  const gone = new FakeShell(() => {
    throw new Error('The machine has ended.');
  });
  await expect(running(gone, [bash('update')]).done).rejects.toThrow(
    'Component demo, phase build, step Go was broken off: The machine has ended',
  );
});

test('a machine that asks for restarts for ever is given up', async () => {
  const { done, restarts } = running(new FakeShell(() => ({ exitCode: 194 })), [bash('again')]);
  await expect(done).rejects.toThrow('step Go failed with exit code 194');
  expect(restarts()).toBe(15);
});

test('UpdateOS upgrades by the package manager that is there', async () => {
  const fake = new FakeShell();
  await running(fake, [
    '{name: All, action: UpdateOS}',
    '{name: Some, action: UpdateOS, inputs: {include: [openssl], exclude: [kernel]}}',
  ]).done;
  expect(fake.scripts[0]).toContain('yum --assumeyes update \n');
  expect(fake.scripts[0]).toContain('--option Dpkg::Options::=--force-confold upgrade\n');
  expect(fake.scripts[1]).toContain("yum --assumeyes --exclude='kernel' update 'openssl'\n");
  expect(fake.scripts[1]).toContain("install --only-upgrade 'openssl'\n");
});

test('an S3 download is the machine’s own call, with its own role', async () => {
  const fake = new FakeShell();
  await running(
    fake,
    [`{name: Fetch, action: S3Download, inputs: [{source: '{{ From }}', destination: /var/tmp/a.tar}]}`],
    { From: 's3://bucket/a.tar' },
  ).done;
  expect(fake.scripts[0]).toContain(`aws s3 cp --only-show-errors 's3://bucket/a.tar' "$destination"`);
});
