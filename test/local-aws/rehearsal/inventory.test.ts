import {
  compareInventories,
  type Inventory,
  readInventory,
  takeInventory,
} from '../../../local-aws/rehearsal/inventory';

const DIGEST = 'a'.repeat(64);
const part = (...entries: readonly string[]) => entries.map((entry) => `${entry}\0`).join('') + '\0';

test('an inventory: versions by package, and what can be compared by path', () => {
  const text =
    part('nodejs 18.20.4+dfsg-1', 'tzdata 2026a-0') +
    part(
      ...['/etc', 'd 755 ', '/bin', 'l 777 usr/bin', '/opt/a name\nin two lines', 'f 640 '],
      ...['/usr/bin/node', 'f 755 '],
    ) +
    part(`${DIGEST}  /opt/a name\nin two lines`, `${'b'.repeat(64)}  /usr/bin/node`);
  const { packages, files } = readInventory(text);
  expect([...packages]).toEqual([
    ['nodejs', '18.20.4+dfsg-1'],
    ['tzdata', '2026a-0'],
  ]);
  expect([...files]).toEqual([
    ['/etc', 'd 755'],
    ['/bin', 'l 777 usr/bin'],
    ['/opt/a name\nin two lines', `f 640 ${DIGEST}`],
    ['/usr/bin/node', `f 755 ${'b'.repeat(64)}`],
  ]);
});

test('what makes a machine itself is left out, and nothing that is only called so', () => {
  const own = ['/etc/hostname', '/etc/hosts', '/etc/machine-id', '/etc/ssh/ssh_host_ed25519_key.pub'];
  const kept = ['/etc/hosts.allow', '/opt/etc/hostname', '/etc/ssh/sshd_config'];
  const text = part() + part(...[...own, ...kept].flatMap((path) => [path, 'f 644 '])) + part();
  expect([...readInventory(text).files.keys()]).toEqual(kept);
});

test.each([
  ['nothing', '', 0],
  ['no digests', part('nodejs 18') + part('/etc', 'd 755 '), 2],
  ['one part too many', part() + part() + part() + part(), 4],
])('an inventory that is not whole is refused: %s', (_, text, count) => {
  expect(() => readInventory(text)).toThrow(`three parts; found ${count}`);
});

test('a look that fails is no inventory', async () => {
  const shell = { run: async () => ({ exitCode: 1, output: 'find: /opt: Input/output error' }) };
  await expect(takeInventory(shell)).rejects.toThrow('ended with 1: find: /opt: Input/output error');
});

function inventory(packages: Record<string, string>, files: Record<string, string>): Inventory {
  return { packages: new Map(Object.entries(packages)), files: new Map(Object.entries(files)) };
}

test.each<[string, Inventory, Inventory, readonly string[], readonly string[]]>([
  ['the same', inventory({ a: '1' }, { '/a': 'f' }), inventory({ a: '1' }, { '/a': 'f' }), [], []],
  ['another version', inventory({ a: '1', b: '1' }, {}), inventory({ a: '1', b: '2' }, {}), ['b'], []],
  ['another content', inventory({}, { '/a': 'f 644 x' }), inventory({}, { '/a': 'f 644 y' }), [], ['/a']],
  [
    'on one alone, or the other',
    inventory({ z: '1' }, { '/z': 'f' }),
    inventory({ a: '1' }, { '/a': 'f' }),
    ['a', 'z'],
    ['/a', '/z'],
  ],
])('compared: %s', (_, one, other, packages, files) => {
  expect(compareInventories(one, other)).toEqual({ packages, files });
});
