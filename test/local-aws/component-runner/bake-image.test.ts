import { type BakeMachines, bakeImage } from '../../../local-aws/component-runner/bake-image';
import type { MachineShell } from '../../../local-aws/machines/nspawn/machine-shell';
import { FakeShell } from './shells';

const DOCUMENT = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - {name: Make, action: ExecuteBash, inputs: {commands: [make]}}
  - name: validate
    steps:
      - {name: Look, action: ExecuteBash, inputs: {commands: [look]}}
  - name: test
    steps:
      - {name: Try, action: ExecuteBash, inputs: {commands: [try]}}
`;

/** Machines that write down what is done to them. */
function machines(shell: MachineShell = new FakeShell()) {
  const events: string[] = [];
  const machine = (name: string) => ({
    name,
    shell: {
      ...shell,
      run: (script: string, options: object) => {
        if (script.length < 200) events.push(`${name}: ${script}`);
        return shell.run(script, options);
      },
      writeFile: () => Promise.reject(new Error('not here')),
      readFile: (path: string) => shell.readFile(path),
    } satisfies MachineShell,
    restart: async () => {},
    remove: async () => void events.push(`${name} removed`),
  });
  const source: BakeMachines<ReturnType<typeof machine>, string> = {
    startBuild: async () => machine('builder'),
    freeze: async ({ name }) => {
      events.push(`${name} frozen`);
      return 'image-1';
    },
    startTest: async (image) => machine(`tester of ${image}`),
    discard: async (image) => void events.push(`${image} discarded`),
  };
  return { events, source };
}

const baking = (source: ReturnType<typeof machines>['source'], ...documents: string[]) =>
  bakeImage(
    {
      components: documents.map((document, index) => ({ name: `part-${index}`, document, parameters: {} })),
      log: () => {},
      logPlace: 'log group /aws/imagebuilder/demo, stream 1.0.0/1',
    },
    source,
    { now: () => 0 },
  );

test('build, validate, freeze; then test, on a machine from the image', async () => {
  const { events, source } = machines();
  const { image, seconds } = await baking(source, DOCUMENT, DOCUMENT);
  expect(image).toBe('image-1');
  expect(events).toEqual([
    ...['builder: make', 'builder: make', 'builder: look', 'builder: look'],
    ...['builder frozen', 'builder removed'],
    ...['tester of image-1: try', 'tester of image-1: try', 'tester of image-1 removed'],
  ]);
  expect(Object.keys(seconds)).toEqual(['start', 'build', 'validate', 'freeze', 'start test', 'test']);
});

test('without a test phase no test machine is started', async () => {
  const { events, source } = machines();
  await baking(source, DOCUMENT.slice(0, DOCUMENT.indexOf('  - name: test')));
  expect(events.at(-1)).toBe('builder removed');
});

test('a document that can not be carried out is refused before a machine is started', async () => {
  const { events, source } = machines();
  await expect(baking(source, DOCUMENT, DOCUMENT.replace('ExecuteBash', 'WebDownload'))).rejects.toThrow(
    /^Component part-1, line 5, step Make of phase build: the action WebDownload is not carried out here.* The whole log: log group \/aws\/imagebuilder\/demo, stream 1\.0\.0\/1\.$/,
  );
  expect(events).toEqual([]);
});

test('a failing validate phase: no image, and an error that says where and what', async () => {
  const output = [...Array.from({ length: 40 }, (_, index) => `line ${index}`), ''].join('\n');
  const { events, source } = machines(
    new FakeShell((script) => (script === 'look' ? { exitCode: 4, output } : {})),
  );
  await expect(baking(source, DOCUMENT)).rejects.toThrow(
    /^Component part-0, phase validate, step Look failed with exit code 4\. The whole log: log group \/aws\/imagebuilder\/demo, stream 1\.0\.0\/1\.\nIt wrote at last:\nline 20\n.*line 39$/s,
  );
  expect(events).toEqual(['builder: make', 'builder: look', 'builder removed']);
});

test('a failing test phase: the image is discarded, and no machine is left', async () => {
  const { events, source } = machines(new FakeShell((script) => ({ exitCode: script === 'try' ? 1 : 0 })));
  await expect(baking(source, DOCUMENT)).rejects.toThrow(
    /^Component part-0, phase test, step Try failed with exit code 1\..* It wrote nothing\.$/,
  );
  expect(events.slice(-2)).toEqual(['tester of image-1 removed', 'image-1 discarded']);
});

test('a test machine that does not start leaves no image', async () => {
  const { events, source } = machines();
  const failing = { ...source, startTest: () => Promise.reject(new Error('It does not boot.')) };
  await expect(baking(failing, DOCUMENT)).rejects.toThrow('It does not boot.');
  expect(events.at(-1)).toBe('image-1 discarded');
});
