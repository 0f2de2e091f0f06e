import { matchesPattern, parsePattern } from '../../../local-aws/events/pattern';

const event = {
  source: 'aws.states',
  resources: ['arn:a', 'arn:b'],
  detail: { status: 'FAILED', count: 5, output: null, items: [{ k: 1 }, { k: 2 }] },
};

test.each<[object, boolean]>([
  [{ source: ['aws.states'] }, true],
  [{ source: ['aws.ec2', 'aws.states'], detail: { status: ['FAILED', 'ABORTED'] } }, true],
  [{ source: ['aws.states'], detail: { status: ['SUCCEEDED'] } }, false],
  [{ resources: ['arn:b'] }, true],
  [{ detail: { items: { k: [2] } } }, true],
  [{ detail: { count: [5] } }, true],
  [{ detail: { count: ['5'] } }, false],
  [{ detail: { output: [null] } }, true],
  [{ detail: { missing: { deep: ['x'] } } }, false],
  [{ source: [{ prefix: 'aws.' }] }, true],
  [{ source: [{ suffix: '.ec2' }] }, false],
  [{ source: [{ wildcard: 'aws.*s' }] }, true],
  [{ detail: { status: [{ 'equals-ignore-case': 'failed' }] } }, true],
  [{ detail: { status: [{ 'anything-but': ['SUCCEEDED', 'RUNNING'] }] } }, true],
  [{ detail: { status: [{ 'anything-but': { prefix: 'FAIL' } }] } }, false],
  [{ detail: { status: [{ exists: true }], none: [{ exists: false }] } }, true],
  [{ detail: { none: [{ 'anything-but': 'x' }] } }, false],
  [{ detail: { count: [{ numeric: ['>', 4, '<=', 5] }] } }, true],
  [{ detail: { count: [{ numeric: ['<', 5] }] } }, false],
])('%j', (pattern, expected) => {
  expect(matchesPattern(parsePattern(JSON.stringify(pattern)), event)).toBe(expected);
});

test.each<[object, string]>([
  [{}, 'at least one field'],
  [{ source: 'aws.states' }, '"source" must be an object or an array'],
  [{ detail: { status: [{ cidr: '10.0.0.0/8' }] } }, "The matcher 'cidr' is not known. (at /detail/status)"],
  [{ source: [{ prefix: 5 }] }, 'takes a string; found 5'],
  [{ detail: { n: [{ numeric: ['~', 1] }] } }, "numeric operator '~'"],
  [{ $or: [{ a: [1] }] }, 'does not serve $or'],
])('%j is refused', (pattern, message) => {
  expect(() => parsePattern(JSON.stringify(pattern))).toThrow(message);
});
