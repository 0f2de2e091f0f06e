import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../lib/configuration-error';
import { DEFAULT_SERVICE, readRelease } from '../../lib/release/manifest';
import { temporaryFolders } from './folders';

const folder = temporaryFolders();
const least = { application: 'guestbook', version: '1.0.0', changeCause: 'First', artifact: 'app' };

/** Reads a manifest beside which lies `app/server.js`. */
function read(manifest: object | string) {
  const root = folder({ 'app/server.js': 'serve()', empty: '' });
  const file = join(root, 'release.json');
  writeFileSync(file, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return readRelease(file, join(root, 'out'));
}

/** The message of a refusal, with the file's folder left out. */
function refusal(manifest: object | string): string {
  try {
    read(manifest);
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.message.replaceAll(/[^\s"]*\/(?=release\.json)/g, '');
    throw error;
  }
  throw new Error('It was not refused.');
}

test('the least manifest has defaults for the rest', () => {
  expect(read(least)).toMatchObject({
    application: 'guestbook',
    version: '1.0.0',
    changeCause: 'First',
    livesBeside: '^1.0.0',
    service: DEFAULT_SERVICE,
    artifact: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a full manifest is taken as it is', () => {
  const service = {
    packages: [],
    command: ['./bin/serve', '--threads=4'],
    port: 9000,
    healthPath: '/up?deep=1',
  };
  expect(read({ ...least, livesBeside: '^1.0.0', service })).toMatchObject({
    livesBeside: '^1.0.0',
    service,
  });
});

test('the change cause is not part of the identity, and all else is', () => {
  const { digest } = read(least);
  expect(read({ ...least, changeCause: 'Another' }).digest).toBe(digest);
  for (const change of [
    { application: 'other' },
    { version: '1.0.1' },
    { livesBeside: '*' },
    { service: { port: 8081 } },
    { service: { healthPath: '/up' } },
    { service: { command: ['node', 'other.js'] } },
    { service: { packages: ['nodejs24'] } },
  ]) {
    expect(read({ ...least, ...change }).digest).not.toBe(digest);
  }
});

test('a byte order mark is no error', () => {
  expect(read(`\uFEFF${JSON.stringify(least)}`).version).toBe('1.0.0');
});

describe('refuses', () => {
  test.each<[name: string, manifest: object | string, message: string]>([
    ['an empty file', '', 'release.json is not JSON: line 1, column 1: the file ends too early.'],
    [
      'a trailing comma',
      '{\n  "version": "1.0.0",\n}',
      'release.json is not JSON: line 3, column 1: "}" is out of place.',
    ],
    [
      'a missing quote',
      '{ version: "1" }',
      'release.json is not JSON: line 1, column 3: "v" is out of place.',
    ],
    ['a missing comma', '{"a": [1 2]}', 'release.json is not JSON: line 1, column 10: "2" is out of place.'],
    ['more than one value', '{}\n{}', 'release.json is not JSON: line 2, column 1: "{" is out of place.'],
    ['a leading zero', '{"port": 080}', 'release.json is not JSON: line 1, column 10: "0" is out of place.'],
    ['a list', '[]', 'release.json holds []; a JSON object {…} is expected.'],
    ['null', 'null', 'release.json holds null; a JSON object {…} is expected.'],
    [
      'an unknown field',
      { ...least, chnageCause: 'x' },
      'release.json: unknown field "chnageCause" (did you mean "changeCause"?); known are application, version, artifact, changeCause, livesBeside, service.',
    ],
    [
      'an unknown field unlike any other',
      { ...least, database: 'x' },
      'release.json: unknown field "database"; known are',
    ],
    [
      'an unknown field of the service',
      { ...least, service: { prot: 1 } },
      'release.json: unknown field "service.prot" (did you mean "port"?); known are service.packages, service.command, service.port, service.healthPath.',
    ],
    [
      'no application',
      { ...least, application: undefined },
      'release.json: "application" is missing; expected is a name',
    ],
    [
      'a capital letter',
      { ...least, application: 'Guest' },
      'release.json: "application" is "Guest"; expected is a name',
    ],
    [
      'no version',
      { ...least, version: undefined },
      '"version" is missing; expected is a semantic version, such as "1.4.0".',
    ],
    [
      'half a version',
      { ...least, version: '1.0' },
      '"version" is "1.0"; expected is a semantic version, such as "1.4.0".',
    ],
    [
      'a version with a v',
      { ...least, version: 'v1.0.0' },
      '"version" is "v1.0.0"; expected is a semantic version',
    ],
    [
      'a version with build metadata',
      { ...least, version: '1.0.0+7' },
      '"version" is "1.0.0+7"; expected is',
    ],
    ['a number for a version', { ...least, version: 1 }, '"version" is 1; expected is a semantic version'],
    [
      'a range that is none',
      { ...least, livesBeside: 'all' },
      '"livesBeside" is "all"; expected is a range of semantic versions',
    ],
    [
      'no change cause',
      { ...least, changeCause: '' },
      '"changeCause" is ""; expected is one line of at most 160 characters',
    ],
    [
      'a change cause of two lines',
      { ...least, changeCause: 'a\nb' },
      '"changeCause" is "a\\nb"; expected is one line',
    ],
    [
      'an artifact that is not there',
      { ...least, artifact: 'dist' },
      '"artifact" is "dist", but the folder ',
    ],
    [
      'an artifact that is a file',
      { ...least, artifact: 'empty' },
      'empty is not a folder; expected is the path, relative to the manifest',
    ],
    [
      'an empty path',
      { ...least, artifact: '' },
      '"artifact" is ""; expected is the path of the folder to release',
    ],
    [
      'a service that is a text',
      { ...least, service: 'node' },
      '"service" is "node"; expected is an object with packages, command, port, healthPath.',
    ],
    [
      'an empty command',
      { ...least, service: { command: [] } },
      '"service.command" is []; expected is a list of a program and its arguments',
    ],
    [
      'a command line',
      { ...least, service: { command: 'node server.js' } },
      '"service.command" is "node server.js"; expected is',
    ],
    [
      'a word with a blank',
      { ...least, service: { command: ['a b'] } },
      '"service.command" is ["a b"]; expected is',
    ],
    [
      'a word with a quote',
      { ...least, service: { command: ["a'b"] } },
      '"service.command" is ["a\'b"]; expected is',
    ],
    [
      'a word that a shell would read',
      { ...least, service: { command: ['$(x)'] } },
      '"service.command" is ["$(x)"]; expected is',
    ],
    [
      'a word of a template',
      { ...least, service: { command: ['{{x}}'] } },
      '"service.command" is ["{{x}}"]; expected is',
    ],
    [
      'an option for a program',
      { ...least, service: { command: ['-x'] } },
      '"service.command" is ["-x"]; expected is',
    ],
    [
      'a privileged port',
      { ...least, service: { port: 80 } },
      '"service.port" is 80; expected is a whole number from 1024 to 65535',
    ],
    [
      'a port that is a text',
      { ...least, service: { port: '8080' } },
      '"service.port" is "8080"; expected is a whole number',
    ],
    [
      'a relative health path',
      { ...least, service: { healthPath: 'health' } },
      '"service.healthPath" is "health"; expected is a path',
    ],
    [
      'a health path with a quote',
      { ...least, service: { healthPath: "/'" } },
      '"service.healthPath" is "/\'"; expected is a path',
    ],
    [
      'a package with an option',
      { ...least, service: { packages: ['--x'] } },
      '"service.packages" is ["--x"]; expected is a list of package names',
    ],
  ])('%s', (_, manifest, message) => {
    expect(refusal(manifest)).toContain(message);
  });

  test('a manifest that does not exist', () => {
    expect(() => readRelease('no-such.json', folder())).toThrow(
      new ConfigurationError('no-such.json does not exist.'),
    );
  });

  test('a manifest that is a folder', () => {
    const root = folder();
    expect(() => readRelease(root, folder())).toThrow(`${root} is a folder; a JSON file is expected.`);
  });

  test('an artifact without files', () => {
    const root = folder({ 'release.json': JSON.stringify(least) });
    mkdirSync(join(root, 'app'));
    expect(() => readRelease(join(root, 'release.json'), folder())).toThrow(/app has no files in it/);
  });

  test('a manifest that can not be read', () => {
    const inner = join(folder({ 'release.json': '{}' }), 'release.json', 'inner.json');
    expect(() => readRelease(inner, folder())).toThrow(`${inner} can't be read (ENOTDIR).`);
  });
});

describe("the guestbook's own manifests", () => {
  test.each(['1.0.0', '1.1.0', '1.2.0', '2.0.0'])('%s is a release', (version) => {
    expect(readRelease(`sample-app/${version}.json`, folder())).toMatchObject({
      application: 'guestbook',
      version,
    });
  });

  test('the wanted release is one of them, with the same content', () => {
    const wanted = readRelease('release.json', folder());
    expect(readRelease(`sample-app/${wanted.version}.json`, folder()).digest).toBe(wanted.digest);
  });
});
