import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
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
    const load = createRequire(__filename);
    for (const [name, code] of bundle) {
      const handlers: { handler?: unknown } = {};
      // The SDK's clients are not needed to look at what a file exports.
      const anything: object = new Proxy(function Anything() {} as object, {
        get: () => anything,
        construct: () => anything,
        apply: () => anything,
      });
      new Function('module', 'exports', 'require', code)(
        Object.defineProperty({}, 'exports', {
          set: (value) => Object.assign(handlers, { handler: value.handler }),
        }),
        handlers,
        (module: string) => (module.startsWith('@aws-sdk/') ? anything : load(module)),
      );
      expect([name, typeof handlers.handler]).toEqual([name, 'function']);
    }
    expect([...bundle.keys()].sort()).toEqual([
      'answer.js',
      'baked-image.js',
      'entry.js',
      'release.js',
      'rollout.js',
      'verification.js',
    ]);
  });
});
