import { hierarchies } from '../../../../local-aws/machines/nspawn/cgroup';
import { lineSplitter } from '../../../../local-aws/machines/nspawn/host-command';
import { mountsBelow } from '../../../../local-aws/machines/nspawn/layers';
import { fileName } from '../../../../local-aws/machines/nspawn/listeners';
import { RunNames, runOf } from '../../../../local-aws/machines/nspawn/names';
import { filterRules, freeThird } from '../../../../local-aws/machines/nspawn/network';
import { lackingCapabilities } from '../../../../local-aws/machines/nspawn/prerequisites';
import { needRoom } from '../../../../local-aws/machines/nspawn/room';

test('names fit into what the kernel allows for an interface, and say whose they are', () => {
  const names = new RunNames('0a1f');
  expect(names.machine(99_999).length).toBeLessThanOrEqual(15);
  expect(runOf(names.machine(12))).toBe('0a1f');
  expect(runOf(names.bridge)).toBe('0a1f');
  for (const other of ['eth0', 'imr', 'imr-xyz1', 'imr-0a1f-1x', 'docker0'])
    expect(runOf(other)).toBeUndefined();
  expect(() => new RunNames('eth0')).toThrow('four hexadecimal digits; found eth0');
});

test('a network is one to which no route leads', () => {
  expect(freeThird('default via 192.0.2.1 dev eth0\n')).toBe(0);
  expect(freeThird('10.213.0.0/24 dev imr-1 scope link\n10.213.1.0/24 dev imr-2 scope link\n')).toBe(2);
});

test('when all are taken, the error says of what', () => {
  const routes = Array.from({ length: 256 }, (_, third) => `10.213.${third}.0/24 dev imr-1 scope link`);
  expect(() => freeThird(routes.join('\n'))).toThrow('All networks 10.213.x.0/24 are taken');
});

test('a disk that is too full is an error that says how full, and where', async () => {
  await needRoom('/', 1);
  await expect(needRoom('/', 1e9)).rejects.toThrow(
    /^There is too little room in \/: \d+ MiB are free, 1000000000 are needed\.$/,
  );
});

test.each([
  ['all of them', '000001ffffffffff', []],
  ["Docker's own", '00000000a80425fb', ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']],
  ['none', '0000000000000000', ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']],
])('of capabilities, with %s', (_, mask, lacking) => {
  expect(lackingCapabilities(`Name:\tnode\nCapPrm:\t${mask}\nCapEff:\t${mask}\n`)).toEqual(lacking);
});

test('machines reach their own link-local address, and nothing beyond the bridge', () => {
  const rules = filterRules('imr-0a1f', '10.213.3.1', { metadata: 1111, aws: 2222, packages: 3333 });
  expect(rules).toContain('iifname "imr-0a1f" ip daddr 169.254.169.254 tcp dport 80 dnat to 10.213.3.1:1111');
  expect(rules).toContain('tcp dport 4599 dnat to 10.213.3.1:2222');
  expect(rules).toContain('tcp dport 4600 dnat to 10.213.3.1:3333');
  expect(rules).toContain('iifname "imr-0a1f" oifname != "imr-0a1f" drop');
});

test('mounts are found the innermost first, and none of a folder whose name only begins the same', () => {
  const mounts = [
    'overlay /var/lib/x/machines/a/root overlay rw 0 0',
    'proc /var/lib/x/machines/a/root/proc proc rw 0 0',
    'overlay /var/lib/xy/root overlay rw 0 0',
    'tmpfs /var/lib/x/with\\040blank tmpfs rw 0 0',
  ].join('\n');
  expect(mountsBelow('/var/lib/x', mounts)).toEqual([
    '/var/lib/x/with blank',
    '/var/lib/x/machines/a/root/proc',
    '/var/lib/x/machines/a/root',
  ]);
});

describe('control groups', () => {
  test('of version 1: those of systemd, memory and processor time, below our own', () => {
    const mounts = [
      'cgroup /sys/fs/cgroup/cpuacct cgroup rw,relatime,cpuacct 0 0',
      'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
      'cgroup /sys/fs/cgroup/freezer cgroup rw,relatime,freezer 0 0',
      'cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
    ].join('\n');
    const own = '4:memory:/parent/own\n2:cpuacct:/\n9:name=systemd:/\n0::/\n';
    expect(hierarchies(mounts, own).map(({ parent }) => parent)).toEqual([
      '/sys/fs/cgroup/cpuacct',
      '/sys/fs/cgroup/memory/parent/own',
      '/sys/fs/cgroup/systemd',
      '/sys/fs/cgroup/unified',
    ]);
  });

  test('of version 2: the one tree, at its root', () => {
    const mounts = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n';
    expect(hierarchies(mounts, '0::/user.slice/session-1.scope\n')).toEqual([
      { parent: '/sys/fs/cgroup', version: 2, controllers: [] },
    ]);
  });
});

test.each([
  ['/./Packages', 'Packages'],
  ['/nodejs_18.20.4%2bdfsg_amd64.deb', 'nodejs_18.20.4+dfsg_amd64.deb'],
  ['/../owner', undefined],
  ['/%2e%2e', undefined],
  ['/a/b', undefined],
  ['/%2fetc%2fpasswd', undefined],
  ['/%zz', undefined],
  ['/', undefined],
])('of the repository, %s is %s', (url, expected) => {
  expect(fileName(url)).toBe(expected);
});

test('lines are told when they are whole', () => {
  const lines: string[] = [];
  const write = lineSplitter((line) => lines.push(line));
  write('one\r\ntw');
  expect(lines).toEqual(['one']);
  write('o\nthree');
  expect(lines).toEqual(['one', 'two']);
});
