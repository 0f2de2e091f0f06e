import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../../local-aws/core/temporary-folder';

test('a local AWS that was closed leaves nothing behind: its process ends by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'closing-'));
  try {
    const program = [
      join(__dirname, '../../node_modules/tsx/dist/cli.mjs'),
      join(__dirname, 'closing-process.ts'),
    ];
    const child = spawn(process.execPath, program, {
      env: { ...process.env, TMPDIR: folder, TEMP: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const text of child.stdout) output += String(text);
    const { functionPid, machinePid, lastedMs } = JSON.parse(output);
    expect(lastedMs).toBeLessThan(1_000);
    expect(isAlive(functionPid)).toBe(false);
    expect(isAlive(machinePid)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('local-aws-'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what a killed one has left behind goes when the next one begins', () => {
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const left = mkdtempSync(join(tmpdir(), `local-aws-lambda-${dead}-`));
  const mine = temporaryFolder('lambda');
  const another = temporaryFolder('machines');
  const present = readdirSync(tmpdir()).map((name) => join(tmpdir(), name));
  expect(present).not.toContain(left);
  expect(present).toEqual(expect.arrayContaining([mine, another]));
  for (const folder of [mine, another]) rmSync(folder, { recursive: true });
});

function isAlive(pid: number): boolean {
  expect(pid).toBeGreaterThan(0);
  try {
    return process.kill(pid, 0);
  } catch {
    // There is none of that id.
    return false;
  }
}
