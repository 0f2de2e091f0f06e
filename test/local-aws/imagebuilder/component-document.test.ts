import { DocumentError, parseComponentDocument } from '../../../local-aws/imagebuilder/component-document';

const WHOLE = `
name: install
schemaVersion: 1.0
parameters:
  - ArtifactUri:
      type: string
      description: Where the release is.
  - Port:
      type: string
      default: '8080'
constants:
  - Folder:
      type: string
      value: /opt/app
phases:
  - name: build
    steps:
      - name: Fetch
        action: S3Download
        timeoutSeconds: 60
        maxAttempts: 3
        inputs:
          - source: '{{ ArtifactUri }}'
            destination: '{{ Folder }}/app.tar'
      - name: Unpack
        action: ExecuteBash
        onFailure: Abort
        inputs:
          commands:
            - tar -xf '{{ build.Fetch.inputs[0].destination }}'
            - echo '{{ build.Fetch.outputs.x }}' {{Port}}
  - name: validate
    steps:
      - name: Restart
        action: Reboot
`;

test('a whole document: parameters, constants, phases and steps with their defaults', () => {
  const { phases, ...variables } = parseComponentDocument(WHOLE);
  expect(variables).toEqual({
    parameters: [
      { name: 'ArtifactUri', description: 'Where the release is.' },
      { name: 'Port', default: '8080' },
    ],
    constants: { Folder: '/opt/app' },
  });
  expect(phases.map(({ name, steps }) => [name, ...steps.map((step) => step.name)])).toEqual([
    ['build', 'Fetch', 'Unpack'],
    ['validate', 'Restart'],
  ]);
  expect(phases[0]!.steps[0]).toEqual({
    name: 'Fetch',
    action: 'S3Download',
    inputs: [{ source: '{{ ArtifactUri }}', destination: '{{ Folder }}/app.tar' }],
    timeoutSeconds: 60,
    onFailure: 'Abort',
    maxAttempts: 3,
    constructs: [],
    line: 18,
  });
  expect(phases[1]!.steps[0]).toMatchObject({ timeoutSeconds: 7200, maxAttempts: 1, line: 34 });
});

const steps = (text: string) => `schemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n${text}`;

test.each([
  ['no YAML', 'schemaVersion: 1.0\nphases: [', /^Line 2, column \d+: /],
  ['a list', '- 1', /must be a mapping/],
  ['another schema version', 'schemaVersion: 2.0\nphases: []', /schemaVersion must be 1\.0; found 2\.0/],
  ['no phases', 'schemaVersion: 1.0', /phases must be a list; found nothing/],
  ['an unknown field', 'schemaVersion: 1.0\nphase: []', /phase is not known/],
  [
    'an unknown phase',
    'schemaVersion: 1.0\nphases:\n  - name: install\n    steps: []',
    /phases\[0\]\.name must be one of build/,
  ],
  [
    'no steps',
    'schemaVersion: 1.0\nphases:\n  - name: build\n    steps: []',
    /phases\[0\]\.steps must have at least one step/,
  ],
  [
    'an unknown action',
    steps('      - {name: A, action: RunBash, inputs: {}}'),
    /Line 5, step A of phase build: phases\[0\]\.steps\[0\]\.action must be one of.*found "RunBash"/,
  ],
  [
    'missing inputs',
    steps('      - {name: A, action: ExecuteBash}'),
    /phases\[0\]\.steps\[0\]\.inputs is missing; ExecuteBash needs it/,
  ],
  [
    'a step twice',
    steps('      - {name: A, action: Reboot}\n      - {name: A, action: Reboot}'),
    /steps\[1\]\.name: the phase build already has a step A/,
  ],
  [
    'a bad attempt count',
    steps('      - {name: A, action: Reboot, maxAttempts: 0}'),
    /maxAttempts must be an integer from 1 up; found 0/,
  ],
  [
    'an undeclared parameter',
    steps("      - {name: A, action: ExecuteBash, inputs: {commands: ['echo {{ Missing }}']}}"),
    /steps\[0\]\.inputs\.commands\[0\]: \{\{ Missing \}\} is not declared/,
  ],
  [
    'a later step',
    steps("      - {name: A, action: ExecuteBash, inputs: {commands: ['{{ build.B.outputs.stdout }}']}}"),
    /\{\{ build\.B\.outputs\.stdout \}\} is not an earlier step/,
  ],
  [
    'a reference to nothing of a step',
    steps(
      "      - {name: A, action: Reboot}\n      - {name: B, action: ExecuteBash, inputs: {commands: ['{{ build.A.result }}']}}",
    ),
    /Line 6, step B of phase build: .*\{\{ build\.A\.result \}\} is neither a name nor of the form/,
  ],
  [
    'a reference from one machine to another',
    `${steps('      - {name: A, action: ReadFile, inputs: [{path: /a}]}')}
  - name: test
    steps:
      - {name: B, action: ExecuteBash, inputs: {commands: ['{{ build.A.outputs.content }}']}}`,
    /Line 8, step B of phase test: .* can't be known here: the phase test runs on another machine/,
  ],
  [
    'no time at all',
    steps('      - {name: A, action: Reboot, timeoutSeconds: 0}'),
    /timeoutSeconds must be 1 or more, or -1 for no limit; found 0/,
  ],
  [
    'a name that is too short',
    `parameters:\n  - No: {type: string}\n${steps('      - {name: A, action: Reboot}')}`,
    /parameters\[0\]: a name has 3 to 128 letters.*found "No"/,
  ],
  [
    'a name twice',
    `parameters:\n  - Port: {type: string}\nconstants:\n  - Port: {type: string, value: '1'}\n${steps('      - {name: A, action: Reboot}')}`,
    /Port is declared more than once/,
  ],
  [
    'a parameter that is no string',
    `parameters:\n  - N: {type: number}\n${steps('      - {name: A, action: Reboot}')}`,
    /parameters\[0\]\.N\.type must be string; found "number"/,
  ],
])('%s is refused', (_name, text, message) => {
  expect(() => parseComponentDocument(text)).toThrow(DocumentError);
  expect(() => parseComponentDocument(text)).toThrow(message);
});
