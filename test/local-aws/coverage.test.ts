import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unservedMember } from '../../local-aws/core/accepts';
import type { Core } from '../../local-aws/core/core';
import { inputWith, type Member, membersOf } from '../../local-aws/core/coverage';
import { coveragePage } from '../../local-aws/core/coverage-page';
import type { Service } from '../../local-aws/core/service';
import { idleLocalAws } from '../../local-aws/local-aws';

let core: Core;
let operations: readonly { readonly service: Service; readonly name: string; readonly members: Member[] }[];

beforeAll(async () => {
  core = await idleLocalAws();
  operations = core.allServices().flatMap((service) =>
    Object.keys(service.operations).map((name) => ({
      service,
      name,
      members: membersOf(service, name),
    })),
  );
});

afterAll(() => core.close());

/** All members of a kind, named by service, operation and path. */
function each<Kind extends Member['meaning']['kind']>(
  kind: Kind,
  visit: (where: {
    readonly service: Service;
    readonly name: string;
    readonly path: string;
    readonly meaning: Extract<Member['meaning'], { kind: Kind }>;
  }) => unknown,
): string[] {
  return operations.flatMap(({ service, name, members }) =>
    members.flatMap(({ path, meaning }) => {
      if (meaning.kind !== kind) return [];
      const found = visit({
        service,
        name,
        path,
        meaning: meaning as Extract<Member['meaning'], { kind: Kind }>,
      });
      return found ? [`${service.signingName}:${name}: ${path}: ${String(found)}`] : [];
    }),
  );
}

const accepts = (service: Service, name: string) => service.operations[name]?.accepts ?? {};

test('every operation that is served declares its members', () => {
  expect(operations.length).toBeGreaterThan(300);
  const silent = operations.filter(({ service, name }) => !service.operations[name]?.accepts);
  expect(silent.map(({ service, name }) => `${service.signingName}:${name}`)).toEqual([]);
});

test('no declaration names a member that the service does not have', () => {
  expect(each('unknown', () => 'unknown')).toEqual([]);
});

test('a member that is used, or kept with a reason, passes', () => {
  const given = ({ service, name, path }: { service: Service; name: string; path: string }) =>
    unservedMember(accepts(service, name), inputWith(service, name, path));
  expect(each('used', given)).toEqual([]);
  expect(each('kept', given)).toEqual([]);
  expect(each('whole', given)).toEqual([]);
});

test('a member of which certain values are served passes with them, and with no other', () => {
  const wrong = each('only', ({ service, name, path, meaning }) => {
    const asked = (value: unknown) =>
      unservedMember(accepts(service, name), inputWith(service, name, path, value));
    const refused = meaning.values.map(asked).find((message) => message !== undefined);
    return refused ?? (asked('another value') === undefined ? 'another value passes' : undefined);
  });
  expect(wrong).toEqual([]);
});

test('every other member is refused by its name, before anything is done', async () => {
  const missed: string[] = [];
  let refused = 0;
  for (const { service, name, members } of operations) {
    for (const { path, meaning } of members) {
      if (meaning.kind !== 'refused') continue;
      if (service.hasDryRun && path === 'DryRun') continue;
      refused++;
      const input = inputWith(service, name, path);
      const message = await core.dispatch(service, name, input, core.root).then(
        () => 'it was answered',
        (error: Error) => error.message,
      );
      const last = path.split('.').findLast((part) => part !== '*');
      if (!(message.includes(`${last}`) && message.includes('is not served by the local AWS.')))
        missed.push(`${service.signingName}:${name}: ${path}: ${message}`);
    }
  }
  expect(missed).toEqual([]);
  expect(refused).toBeGreaterThan(500);
});

test('only structures that can hold themselves are waved through as a whole', () => {
  expect(each('whole', ({ meaning }) => (meaning.isRecursive ? undefined : 'not recursive'))).toEqual([]);
});

test('a reason is a reason', () => {
  expect(each('kept', ({ meaning }) => (meaning.why.length < 10 ? meaning.why : undefined))).toEqual([]);
});

test('every resource type declares its properties', () => {
  const silent = core
    .allServices()
    .flatMap(({ resourceTypes = {} }) => Object.entries(resourceTypes))
    .filter(([, { accepts }]) => !accepts);
  expect(silent.map(([type]) => type)).toEqual([]);
});

/** Folders of services whose signing name is another. */
const FOLDERS: Readonly<Record<string, string>> = {
  monitoring: 'cloudwatch',
  elasticloadbalancing: 'elb',
  states: 'stepfunctions',
};
const ROOT = join(__dirname, '..', '..');

/** A folder's code without its declarations and imports. */
function codeIn(folder: string): string {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'))
    .join('\n')
    .replace(/^import[\s\S]*?;$/gm, '')
    .replace(/\b\w+: true\b/g, '');
}

test('a member that is said to be used is named somewhere in its service, beside its declaration', () => {
  const refreshModel = codeIn('lib/refresh-model');
  const code = new Map(
    core.allServices().map(({ signingName }) => {
      const own = codeIn(join('local-aws', FOLDERS[signingName] ?? signingName));
      return [signingName, signingName === 'autoscaling' ? own + refreshModel : own];
    }),
  );
  const unread = each('used', ({ service, path }) => {
    const name = path.split('.').findLast((part) => part !== '*');
    return new RegExp(`\\b${name}\\b`).test(code.get(service.signingName)!) ? undefined : 'not read';
  });
  expect(unread).toEqual([]);
});

test('the page of what is served is up to date: npm run docs', () => {
  const page = readFileSync(join(ROOT, 'docs', 'local-aws-coverage.md'), 'utf8');
  expect(page).toBe(coveragePage(core.allServices()));
});
