import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { parse } from 'yaml';
import { installScript } from '../../lib/fleet/install-script';
import { checkLength, contentDigest, recipeComponents } from '../../lib/image/recipe-documents';
import type { Release } from '../../lib/release/manifest';

const release: Release = {
  application: 'guestbook',
  version: '1.0.0',
  changeCause: 'First release',
  livesBeside: '^1.0.0',
  service: { packages: ['nodejs22'], command: ['node', 'server.js'], port: 8080, healthPath: '/health' },
  artifact: { file: 'artifact.tar', sha256: 'a'.repeat(64) },
  digest: 'd'.repeat(64),
};
const settings = { rootVolumeGiB: 8 };
const components = recipeComponents(release, 's3://bucket/key.tar');

function digest(change: Partial<Release>, uri = 's3://bucket/key.tar', others: object = settings): string {
  return contentDigest(recipeComponents({ ...release, ...change }, uri), { ...others });
}

test('the system is patched first, and sealed when the release is installed', () => {
  expect(components.map(({ id }) => id)).toEqual([
    ...['UpdateOs', 'Harden', 'InstallRelease', 'Services', 'Drift', 'Seal'],
  ]);
});

const withPlaybook = recipeComponents(release, 's3://bucket/key.tar', ['harden-kernel']);

test('playbooks are played before the release is installed, and Ansible does not stay', () => {
  expect(withPlaybook.map(({ id }) => id)).toEqual([
    ...['UpdateOs', 'Harden', 'AnsibleInstall', 'Playbook-harden-kernel', 'AnsibleRemove'],
    ...['InstallRelease', 'Services', 'Drift', 'Seal'],
  ]);
  const { phases } = parse(withPlaybook[3]!.document);
  const [, base64] = /<<PLAYBOOK\n(.*)\nPLAYBOOK\n/.exec(phases[0].steps[0].inputs.commands[0])!;
  const playbook = readFileSync('image-recipes/playbooks/harden-kernel.yaml', 'utf8');
  expect(Buffer.from(base64!, 'base64').toString()).toBe(playbook);
});

test('a playbook that is not there is refused, with those that are', () => {
  expect(() => recipeComponents(release, 's3://bucket/key.tar', ['harden-kernels'])).toThrow(
    'playbooks names "harden-kernels" (did you mean "harden-kernel"?); image-recipes/playbooks/ has harden-kernel.',
  );
});

const patched = recipeComponents(release, 's3://bucket/key.tar', [], '2023.9.20251117');

test('a release that the base image is patched to is named to dnf, in the first component', () => {
  expect(patched[0]).toMatchObject({ id: 'UpdateOs', parameters: { Release: '2023.9.20251117' } });
  expect(patched[0]!.document).toContain('--releasever={{ Release }} upgrade');
  expect(components[0]!.document).toContain('action: UpdateOS');
});

test.each(
  [...withPlaybook, { ...patched[0]!, id: 'PatchTo' }].map((component) => [component.id, component] as const),
)('%s is a document that declares its parameters and uses them all', (_, { document, parameters }) => {
  const { parameters: declared = [], phases } = parse(document);
  const names = declared.flatMap((parameter: object) => Object.keys(parameter));
  expect(names).toEqual(Object.keys(parameters));
  const body = JSON.stringify(phases);
  const used = [...body.matchAll(/{{ (\w+) }}/g)].map(([, name]) => name);
  expect(new Set(used)).toEqual(new Set(names));
  expect(document.length).toBeLessThanOrEqual(16_000);
});

test('the files that both ways of installing have are whole, in the image as in the boot script', () => {
  const written = components.flatMap(({ document }) => {
    const steps = parse(document).phases[0].steps as { action: string; inputs: unknown }[];
    const files = steps.filter(({ action }) => action === 'CreateFile').map(({ inputs }) => inputs);
    return files.flat() as { path: string; content: string; permissions?: string }[];
  });
  const stack = new Stack(new App(), 'Demo', { env: { region: 'eu-central-1' } });
  const script = installScript(stack, release, { uri: 's3://bucket/key.tar', arn: '', archivesArn: '' });
  const names = readdirSync('userdata').filter((name) => name !== 'install.sh');
  for (const name of names) {
    const path = name.endsWith('.sh')
      ? `/usr/local/sbin/${name.slice(0, -3)}`
      : `/etc/systemd/system/${name}`;
    const content = readFileSync(join('userdata', name), 'utf8');
    expect(written).toContainEqual({
      ...{ path, content, overwrite: true },
      ...(name.endsWith('.sh') ? { permissions: '755' } : {}),
    });
    const [, heredoc] = new RegExp(`^cat > ${path} <<'(?:UNIT|SCRIPT)'\n(.*?)^(?:UNIT|SCRIPT)\n`, 'ms').exec(
      script,
    )!;
    expect(heredoc).toBe(content.replace(/^ *#(?!!).*\n/gm, ''));
  }
});

describe('the content digest', () => {
  test.each<[string, Partial<Release>]>([
    ['the change cause', { changeCause: 'Another' }],
    ['what the release lives beside', { livesBeside: '*' }],
  ])('does not depend on %s', (_, change) => {
    expect(digest(change)).toBe(digest({}));
  });

  test('does not depend on where the artifact lies', () => {
    expect(digest({}, 's3://elsewhere/key.tar')).toBe(digest({}));
  });

  test.each<[string, Partial<Release>]>([
    ['the artifact', { artifact: { file: 'artifact.tar', sha256: 'b'.repeat(64) } }],
    ['the version', { version: '1.0.1' }],
    ['the port', { service: { ...release.service, port: 8081 } }],
    ['the packages', { service: { ...release.service, packages: ['nodejs24'] } }],
  ])('depends on %s', (_, change) => {
    expect(digest(change)).not.toBe(digest({}));
  });

  test('depends on the playbooks, and on their order', () => {
    const digestWith = (...playbooks: string[]) =>
      contentDigest(recipeComponents(release, 's3://bucket/key.tar', playbooks), settings);
    expect(digestWith('harden-kernel')).not.toBe(digest({}));
    const [first, second] = withPlaybook.filter(({ id }) => id.startsWith('Playbook')).concat(components[0]!);
    expect(contentDigest([first!, second!], settings)).not.toBe(contentDigest([second!, first!], settings));
  });

  test('depends on the release that the base image is patched to, and not where that is its own', () => {
    const digestOf = (...patchTo: [string?]) =>
      contentDigest(recipeComponents(release, 's3://bucket/key.tar', [], ...patchTo), settings);
    expect(digestOf('base')).toBe(digestOf());
    expect(digestOf('2023.9.20251117')).not.toBe(digestOf());
    expect(digestOf('2023.9.20251117')).not.toBe(digestOf('2023.10.20260105'));
  });

  test('depends on the documents and on the settings', () => {
    const [first, ...others] = components;
    const changed = [{ ...first!, document: `${first!.document}# other\n` }, ...others];
    expect(contentDigest(changed, settings)).not.toBe(digest({}));
    expect(digest({}, undefined, { rootVolumeGiB: 9 })).not.toBe(digest({}));
  });
});

test.each([
  ['Harden', 'split the document into two components'],
  ['Playbook-long', 'split the playbook'],
])('a document %s that Image Builder would not take is refused', (id, remedy) => {
  const document = '#'.repeat(16_000);
  expect(() => checkLength({ id, document })).not.toThrow();
  expect(() => checkLength({ id, document: `${document}#` })).toThrow(
    `The component ${id} has 16001 characters, and Image Builder takes 16000: ${remedy}.`,
  );
});
