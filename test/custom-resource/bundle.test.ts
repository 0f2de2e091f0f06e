import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleHandlers } from '../../lib/custom-resource/bundle';

describe('the bundle of functions', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  const build = () => {
    const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    folders.push(folder);
    bundleHandlers(folder);
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  };

  test('has the same bytes wherever it is built, and knows no path of this computer', () => {
    const bundle = build();
    expect(build()).toEqual(bundle);
    for (const code of bundle.values()) expect(code).not.toContain(resolve(__dirname, '../..'));
  });

  test('gives every function a handler, and leaves the SDK to the runtime', () => {
    const bundle = build();
    for (const code of bundle.values()) {
      expect(code).toMatch(/handler: \(\) => handler\b/);
      expect(code).not.toMatch(/node_modules\/@(aws-sdk|smithy)\//);
    }
    expect([...bundle.keys()].sort()).toEqual([
      'answer.js',
      'baked-image.js',
      'entry.js',
      'preflight.js',
      'release.js',
      'rollout.js',
      'verification.js',
    ]);
  });
});
