import { changeByHand, restartAll } from '../../../local-aws/rehearsal/change-by-hand';
import { machineStory } from '../../../local-aws/rehearsal/machine-story';
import type { Machine } from '../../../local-aws/rehearsal/model';
import type { Stage } from '../../../local-aws/rehearsal/story';
import { newcomerOf } from '../../../local-aws/rehearsal/week-of-updates';
import { sample } from './recording';

const machine = (id: string, state: Machine['state'] = 'serving'): Machine => ({
  id,
  state,
  version: '1.0.0',
});

test.each([
  ['one that has ended is still leaving', [machine('a', 'leaving'), machine('b'), machine('d')], undefined],
  ['nothing has come yet', [machine('b'), machine('c')], undefined],
  ['it still starts', [machine('b'), machine('c'), machine('d', 'starting')], undefined],
  ['it serves', [machine('b'), machine('c'), machine('d')], 'd'],
])('the machine that took the place of another: %s', (_, machines, newcomer) => {
  expect(newcomerOf({ desired: 3, machines }, ['a', 'b', 'c'])).toBe(newcomer);
});

test('the steps of machines alone stand before the end', () => {
  const host = { base: { root: '', repository: '' }, folder: '', repository: '' };
  const story = machineStory({ host, shellOf: () => shell(), boots: () => [], onDrift: () => undefined });
  expect(story.map(({ id }) => id)).toEqual([
    ...['first', 'next', 'broken', 'back'],
    ...['week', 'hand', 'restart', 'destroy'],
  ]);
});

const FILE = '/etc/application.env';

/** A machine whose root file system is read-only at first, or not. */
function shell(isSealed = false) {
  const run = async (script: string) => {
    if (script.includes('remount')) isSealed = false;
    const isRefused = isSealed && script.includes('>>');
    return isRefused
      ? { exitCode: 1, output: `/run/shell-1.sh: line 1: ${FILE}: Read-only file system\n` }
      : { exitCode: 0, output: '' };
  };
  return { run, writeFile: async () => undefined, readFile: async () => Buffer.from('') };
}

/** A stage on which `rollout verify` finds this to be changed, by machine. */
function stage(changed: Readonly<Record<string, readonly string[] | undefined>>, exitCode: number): Stage {
  const machines = [
    ...Object.entries(changed).map(([id, paths]) => ({ id, isInFleet: true, changed: paths })),
    { id: 'old', isInFleet: false },
  ];
  return {
    core: {} as Stage['core'],
    fleet: async () => ({ ...sample(1, 'UPDATE_COMPLETE'), machines: [machine('a'), machine('b')] }),
    rollout: async (_, [command]) =>
      command === 'verify'
        ? { exitCode, output: `A warning.\n${JSON.stringify({ machines, findings: [] })}` }
        : { exitCode: 0, output: '' },
    say: () => undefined,
  };
}

const failed = (findings: readonly { readonly name: string; readonly passed: boolean }[]) =>
  findings.filter(({ passed }) => !passed).map(({ name }) => name);

describe('a change by hand', () => {
  test('is refused by a machine from an image, made all the same, and found on both', async () => {
    const act = changeByHand(() => shell(true));
    const { ImageBased } = await act(stage({ a: ['/', FILE], b: [] }, 2));
    expect(failed(ImageBased)).toEqual([]);
    expect(ImageBased.find(({ name }) => name.startsWith('writing'))?.found).toBe('Read-only file system');
    const { InstanceBased } = await changeByHand(() => shell())(stage({ a: [FILE], b: [] }, 2));
    expect(failed(InstanceBased)).toEqual([]);
  });

  test('a machine from an image that can be written to is a failed check', async () => {
    const { ImageBased } = await changeByHand(() => shell())(stage({ a: ['/', FILE], b: [] }, 2));
    expect(failed(ImageBased)).toEqual([`writing to ${FILE} as root`]);
  });

  test.each([
    ['nothing', {}, 0, ['exit code of rollout verify', 'what it names']],
    ['another machine', { a: [], b: [FILE] }, 2, ['what it names']],
    ['one more', { a: [FILE], b: ['/usr/bin/node'] }, 2, ['what it names']],
  ])('it has to be found as it is: %s', async (_, changed, exitCode, names) => {
    const { InstanceBased } = await changeByHand(() => shell())(stage(changed, exitCode));
    expect(failed(InstanceBased)).toEqual(names);
  });

  test('a verify that says nothing readable ends the step', async () => {
    const silent = { ...stage({}, 1), rollout: async () => ({ exitCode: 1, output: 'No such stack.' }) };
    await expect(changeByHand(() => shell())(silent)).rejects.toThrow(
      'ended with 1 and no proof: No such stack.',
    );
  });
});

test.each([
  ['nothing is left', { a: [], b: [] }, 0, []],
  ['a change is left', { a: [FILE], b: [] }, 2, ['exit code of rollout verify', 'what it names']],
  ['a machine says nothing', { a: [], b: undefined }, 0, ['machines that say nothing of changes']],
])('after the restart: %s', async (_, changed, exitCode, names) => {
  expect(failed((await restartAll(stage(changed, exitCode))).ImageBased)).toEqual(names);
});
