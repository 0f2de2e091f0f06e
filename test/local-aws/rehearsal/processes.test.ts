import { allProcesses, strayProcesses } from '../../../local-aws/rehearsal/processes';

const process_ = (pid: number, parent: number, command: string) => ({ pid, parent, command });

test('machines and functions below this process are found, and nothing else', () => {
  const all = [
    process_(1, 0, 'init'),
    process_(10, 1, 'node rehearse'),
    process_(11, 10, 'node machines/keeper-process.mjs'),
    process_(12, 11, 'node server.js'),
    process_(13, 10, 'node local-aws/lambda/runtime.mjs handler'),
    process_(14, 10, 'esbuild --service'),
    process_(20, 1, 'node machines/keeper-process.mjs'),
    process_(21, 20, 'node server.js'),
  ];
  expect(strayProcesses(all, 10)).toEqual([
    '12 node server.js',
    '13 node local-aws/lambda/runtime.mjs handler',
  ]);
});

test('this process is among all', async () => {
  expect((await allProcesses()).map(({ pid }) => pid)).toContain(process.pid);
});
