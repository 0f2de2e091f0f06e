import { recipeComponents } from '../../../lib/image/recipe-documents';
import type { Release } from '../../../lib/release/manifest';
import { planComponents } from '../../../local-aws/component-runner/plan';

const document = (steps: string, head = '') =>
  `schemaVersion: 1.0\n${head}phases:\n  - name: build\n    steps:\n${steps}`;
const planOf = (text: string, parameters: Readonly<Record<string, string>> = {}) =>
  planComponents([{ name: 'stack-demo', document: text, parameters }]);

test("the recipe's own documents can all be carried out", () => {
  const release: Release = {
    ...{
      application: 'guestbook',
      version: '1.0.0',
      changeCause: '',
      livesBeside: '*',
      digest: 'd'.repeat(64),
    },
    service: { packages: ['nodejs22'], command: ['node', 'server.js'], port: 8080, healthPath: '/health' },
    artifact: { file: 'artifact.tar', sha256: 'a'.repeat(64) },
  };
  const components = recipeComponents(release, 's3://bucket/key.tar').map(({ id, ...others }) => ({
    name: id,
    ...others,
  }));
  expect(planComponents(components).map(({ name }) => name)).toEqual(components.map(({ name }) => name));
});

test('parameters have their values or defaults, constants theirs', () => {
  const head = `parameters:
  - Given: {type: string, default: one}
  - Left: {type: string, default: two}
constants:
  - Fixed: {type: string, value: three}
`;
  const [component] = planOf(document('      - {name: Restart, action: Reboot}', head), { Given: 'four' });
  expect(component!.variables).toEqual({ Given: 'four', Left: 'two', Fixed: 'three' });
});

test.each<[string, string, RegExp]>([
  [
    'what Image Builder refuses',
    document('      - {name: Go, action: RunBash, inputs: {}}'),
    /^Component stack-demo: Line 5, step Go of phase build: phases\[0\]\.steps\[0\]\.action must be one of .*; found "RunBash"\.$/,
  ],
  [
    'an action that is not carried out',
    document('      - name: Go\n        action: WebDownload\n        inputs: [{source: a, destination: b}]'),
    /^Component stack-demo, line 5, step Go of phase build: the action WebDownload is not carried out here; those that are: AppendFile, .*UpdateOS\.$/,
  ],
  [
    'a condition',
    document("      - {name: Go, action: Reboot, if: {binaryExists: 'apt-get'}}"),
    /step Go of phase build: if is not carried out here\.$/,
  ],
  [
    'a loop',
    document('      - {name: Go, action: Reboot, loop: {for: {start: 1, end: 2, updateBy: 1}}}'),
    /loop is not carried out here\.$/,
  ],
  [
    'tests of containers',
    document('      - {name: Go, action: Reboot}').replace('build', 'container-host-test'),
    /containers are not tested here\.$/,
  ],
  [
    'inputs that are no list',
    document('      - {name: Go, action: CreateFile, inputs: {path: /a}}'),
    /inputs must be a list\.$/,
  ],
  [
    'an unknown input',
    document('      - {name: Go, action: CreateFile, inputs: [{path: /a, mode: 755}]}'),
    /inputs\[0\]\.mode is not carried out here; known are path, content, /,
  ],
  [
    'a missing input',
    document('      - {name: Go, action: S3Download, inputs: [{source: s3://bucket/key}]}'),
    /inputs\[0\]\.destination is missing\.$/,
  ],
  [
    'commands that are no list',
    document('      - {name: Go, action: ExecuteBash, inputs: {commands: ls}}'),
    /inputs\.commands must be a list of texts; found "ls"\.$/,
  ],
  [
    'many objects at once',
    document('      - {name: Go, action: S3Download, inputs: [{source: s3://bucket/a*, destination: /a}]}'),
    /source is 's3:\/\/bucket\/a\*'; one object is fetched here, named s3:\/\/BUCKET\/KEY\.$/,
  ],
  [
    'another encoding',
    document('      - {name: Go, action: CreateFile, inputs: [{path: /a, encoding: UTF-16}]}'),
    /encoding is 'UTF-16'; utf8 alone is written here\.$/,
  ],
  [
    'the output of an action that has none',
    document(`      - {name: Make, action: CreateFile, inputs: [{path: /a}]}
      - {name: Go, action: ExecuteBash, inputs: {commands: ['{{ build.Make.outputs.stdout }}']}}`),
    /line 6, step Go of phase build: \{\{ build\.Make\.outputs\.stdout \}\} can't be known: CreateFile has no outputs\.$/,
  ],
  [
    'another output than there is',
    document(`      - {name: Make, action: ExecuteBash, inputs: {commands: [ls]}}
      - {name: Go, action: ExecuteBash, inputs: {commands: ['{{ build.Make.outputs.stderr }}']}}`),
    /can't be known: of ExecuteBash there is the output stdout alone\.$/,
  ],
  [
    'an input that a step does not have',
    document(`      - {name: Make, action: CreateFile, inputs: [{path: /a}]}
      - {name: Go, action: ExecuteBash, inputs: {commands: ['{{ build.Make.inputs[1].path }}']}}`),
    /\{\{ build\.Make\.inputs\[1\]\.path \}\} is not a text: the step Make has no such input\.$/,
  ],
  [
    'a parameter without a value',
    document('      - {name: Go, action: Reboot}', 'parameters:\n  - Port: {type: string}\n'),
    /^Component stack-demo: the parameter Port has neither a value nor a default\.$/,
  ],
])('%s is refused before anything runs', (_, text, message) => {
  expect(() => planOf(text)).toThrow(message);
});

test('a value for an undeclared parameter is refused', () => {
  expect(() => planOf(document('      - {name: Go, action: Reboot}'), { Prot: '80' })).toThrow(
    'Component stack-demo: a value is given for the parameter Prot, which the document does not declare.',
  );
});
