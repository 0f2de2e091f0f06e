import { firstFailure } from '../../lib/image/bake/first-failure';

const TEAR_DOWN = [
  'TOE has completed execution with failure - Execution failed!',
  'Collecting logs from the instance',
  ...Array.from({ length: 30 }, (_, index) => `Waiting for command. Attempt number: ${index + 1}.`),
];
const succeeded = (what: string) => ['ExecuteBash: STARTED EXECUTION', what, 'CmdExecution: ExitCode 0'];
const failed = (what: string) => [
  'ExecuteBash: STARTED EXECUTION',
  `CmdExecution: Stderr: ${what}`,
  'CmdExecution: ExitCode 1',
];

test.each<[string, readonly string[], readonly string[]]>([
  [
    'a command that failed, with what it wrote, and not the tear-down behind it',
    [...succeeded('Errors: 0, failed: 0'), ...failed('Error: Unable to find a match: htpd'), ...TEAR_DOWN],
    failed('Error: Unable to find a match: htpd'),
  ],
  [
    'the command after whose failure the component failed, and not one that was repeated with success',
    [...failed('Connection reset'), ...succeeded('fetched'), ...failed('sha256 differs'), ...TEAR_DOWN],
    failed('sha256 differs'),
  ],
  [
    'the first command where nothing says that a component failed',
    [...failed('first'), ...failed('second')],
    failed('first'),
  ],
  [
    'what kept the machine from being launched, where no command was run',
    ['Launching instance', 'An error occurred (InsufficientInstanceCapacity)', 'Ended the workflow'],
    ['Launching instance', 'An error occurred (InsufficientInstanceCapacity)', 'Ended the workflow'],
  ],
])('finds %s', (_, lines, expected) => {
  expect(firstFailure(lines)).toEqual({ lines: expected, isFailure: true });
});

test('gives the end of a log that tells of no failure, and says so', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  expect(firstFailure(lines)).toEqual({ lines: lines.slice(-15), isFailure: false });
});

test('keeps to what fits into a reason', () => {
  const long = firstFailure([
    'ExecuteBash: STARTED EXECUTION',
    ...Array.from({ length: 14 }, () => 'x'.repeat(400)),
    'CmdExecution: ExitCode 1',
  ]);
  expect(long.lines.join('\n').length).toBeLessThanOrEqual(1501);
  expect(long.lines.at(-1)).toBe('CmdExecution: ExitCode 1');
});
