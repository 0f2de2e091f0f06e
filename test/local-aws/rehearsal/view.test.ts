import { COLOURED, PLAIN } from '../../../local-aws/rehearsal/paint';
import { LineScreen, LiveScreen, screenFor } from '../../../local-aws/rehearsal/screen';
import { type Scene, viewOf } from '../../../local-aws/rehearsal/view';
import { sample } from './recording';

const rolling = sample(51, 'UPDATE_IN_PROGRESS', '3 1.0.0 serving', '1 1.0.0 leaving', '1 1.1.0 starting');
const scene: Scene = {
  step: '2 of 5: release 1.1.0',
  realMs: 51_000,
  modelledMs: 6_120_000,
  fleets: { ImageBased: rolling, InstanceBased: { ...rolling, build: undefined, phase: '', message: '' } },
  traffic: { ImageBased: { perSecond: 50, failed: 0 }, InstanceBased: undefined },
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the terminal's own
const visible = (text: string) => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');

test('both fleets stand side by side', () => {
  const lines = viewOf(scene, 100, PLAIN).map((line) => line.replace(/ +/g, ' '));
  expect(lines[0]).toBe('Step 2 of 5: release 1.1.0');
  expect(lines[1]).toBe('1:42:00 modelled, 0:51 real');
  expect(lines).toContain('ImageBased │ InstanceBased');
  expect(lines).toContain('1.0.0 ■ ■ ■ · │ 1.0.0 ■ ■ ■ ·');
  expect(lines).toContain('1.1.0 □ │ 1.1.0 □');
});

test.each([10, 30, 60, 84, 85, 200])('no line is wider than %i, and colour changes no width', (width) => {
  const coloured = viewOf(scene, width, COLOURED).map(visible);
  expect(coloured).toEqual(viewOf(scene, width, PLAIN));
  expect(Math.max(...coloured.map((line) => line.length))).toBeLessThanOrEqual(width);
});

test('the view keeps its height', () => {
  const empty: Scene = { ...scene, fleets: { ImageBased: undefined, InstanceBased: undefined } };
  expect(viewOf(empty, 100, PLAIN)).toHaveLength(viewOf(scene, 100, PLAIN).length);
});

function output(columns = 100, rows = 30) {
  const written: string[] = [];
  return { columns, rows, written, write: (text: string) => written.push(text) > 0 };
}

test('a terminal is drawn over in one write a frame, never cleared first, and gets its cursor back', () => {
  const out = output();
  const screen = new LiveScreen(out, PLAIN);
  screen.show(scene);
  screen.show(scene);
  screen.say('Step 3');
  expect(out.written).toHaveLength(4);
  const height = out.written[1]!.split('\n').length - 1;
  expect(out.written[2]).toContain(`\u001b[${height}A\r`);
  expect(out.written[3]).toMatch(new RegExp(`\\[${height}A\\rStep 3`));
  expect(out.written.join('')).not.toContain('\u001b[2J');
  screen.close();
  expect(out.written.at(-1)).toBe('\u001b[?25h');
});

test('a low terminal gets no more lines than it has', () => {
  const out = output(60, 8);
  new LiveScreen(out, PLAIN).show(scene);
  expect(out.written.at(-1)!.split('\n').length - 1).toBeLessThanOrEqual(7);
});

test('without a terminal: a line for each change, and none without', () => {
  const out = output();
  const screen = new LineScreen(out);
  screen.show(scene);
  expect(out.written).toEqual([
    '[0:51 real, 1:42:00 modelled] ImageBased: stack UPDATE_IN_PROGRESS\n',
    '[0:51 real, 1:42:00 modelled] ImageBased: rollout Progressing: Instance refresh r-1: 50% done, 2 to go.\n',
    '[0:51 real, 1:42:00 modelled] ImageBased: machines 1.0.0: 3 serving, 1 leaving; 1.1.0: 1 starting\n',
    '[0:51 real, 1:42:00 modelled] InstanceBased: stack UPDATE_IN_PROGRESS\n',
    '[0:51 real, 1:42:00 modelled] InstanceBased: machines 1.0.0: 3 serving, 1 leaving; 1.1.0: 1 starting\n',
  ]);
  out.written.length = 0;
  screen.show(scene);
  expect(out.written).toEqual([]);
  screen.show({ ...scene, traffic: { ...scene.traffic, ImageBased: { perSecond: 49, failed: 1 } } });
  expect(out.written).toEqual(['[0:51 real, 1:42:00 modelled] ImageBased: failed requests: 1\n']);
});

test('without a terminal: what is left of the bake time is no change', () => {
  const out = output();
  const screen = new LineScreen(out);
  const baking = (seconds: number): Scene => {
    const message = `All machines are replaced. Baking: ${seconds} seconds of 360 are left.`;
    return { ...scene, fleets: { ImageBased: { ...rolling, message }, InstanceBased: undefined } };
  };
  screen.show(baking(360));
  out.written.length = 0;
  screen.show(baking(342));
  expect(out.written).toEqual([]);
});

test.each([
  [{ isTTY: true }, {}, 'LiveScreen'],
  [{ isTTY: true }, { CI: '1' }, 'LineScreen'],
  [{ isTTY: true }, { TERM: 'dumb' }, 'LineScreen'],
  [{ isTTY: false }, {}, 'LineScreen'],
])('%j with %j is served by a %s', (tty, environment, name) => {
  const screen = screenFor(Object.assign(output(), tty) as never, environment);
  expect(screen.constructor.name).toBe(name);
});

test('NO_COLOR is respected', () => {
  const screen = screenFor(Object.assign(output(), { isTTY: true }) as never, { NO_COLOR: '1' });
  expect(screen.paint).toBe(PLAIN);
});
