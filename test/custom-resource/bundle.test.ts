import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleHandlers } from '../../lib/custom-resource/bundle';

/** What a bundled file imports, at its beginning or later on. */
const IMPORT =
  /(?:^|[\s;}])(?:(?:import|export)\b[^'"();]*?\bfrom\s*|import\s*\(?\s*|require\()(["'])([^"']+)\1/g;

/** Whether a function finds it without the runtime's own SDK: in Node itself, or in the bundle. */
function isThere(name: string): boolean {
  return name.startsWith('./') || builtinModules.includes(name.replace(/^node:/, ''));
}

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
  const bundle = build();

  test('has the same bytes wherever it is built, and knows no path of this computer', () => {
    expect(build()).toEqual(bundle);
    for (const code of bundle.values()) expect(code).not.toContain(resolve(__dirname, '../..'));
  });

  test.each(['answer', 'baked-image', 'entry', 'preflight', 'release', 'rollout', 'verification'])(
    'gives the function %s a handler',
    (name) => {
      expect(bundle.get(`${name}.mjs`)).toMatch(/export \{\s*handler\s*\};?\s*$/);
    },
  );

  test("brings the SDK along, and leaves nothing to the runtime's own, which may be older", () => {
    const imported = [...bundle.values()].flatMap((code) =>
      [...code.matchAll(IMPORT)].map(([, , name]) => name!),
    );
    expect(imported).toContain('node:crypto');
    expect(imported.filter((name) => !isThere(name))).toEqual([]);
    expect([...bundle.values()].join('\n')).toContain('// node_modules/@aws-sdk/client-imagebuilder/');
  });

  test('stays small enough to be loaded quickly', () => {
    const bytes = [...bundle.values()].reduce((sum, code) => sum + Buffer.byteLength(code), 0);
    expect(bytes).toBeLessThan(6_000_000);
  });
});
