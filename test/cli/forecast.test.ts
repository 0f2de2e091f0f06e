import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Surroundings } from '../../lib/cli/command';
import { FORECAST_HELP, forecastCommand } from '../../lib/cli/forecast';
import { ConfigurationError } from '../../lib/configuration-error';

const surroundings = (template?: Record<string, unknown>, more: Partial<Surroundings['terminal']> = {}) => ({
  terminal: { columns: 80, colours: false, ...more },
  readJsonObject: (file: string) => {
    if (template) return template;
    throw new ConfigurationError(`${file} does not exist.`);
  },
});
const words = (text: string) => text.split(' ').filter((each) => each !== '');
const run = (flags: string) => forecastCommand(words(flags), surroundings()).output;
const json = (flags: string) => JSON.parse(run(`${flags} --json`));

describe('refusals, in one sentence that names the flag', () => {
  it.each([
    ['--mni 90', 'Unknown flag --mni (did you mean "--min"?); --help lists the flags.'],
    ['-x', 'Unknown flag -x; --help lists the flags.'],
    ['fleet', '"fleet" is no flag; --help lists the flags.'],
    ['--min', '--min needs a value.'],
    ['--min --max 100', '--min needs a value.'],
    ['--min 90 --min 80', '--min is given twice.'],
    ['--json=yes', '--json takes no value; found "yes".'],
    ['--capacity many', '--capacity is "many"; expected is a whole number from 0 to 100000.'],
    ['--min 101', '--min is "101"; expected is a whole percentage from 0 to 100.'],
    ['--min 90 --max 201', '--max is "201"; expected is a whole percentage from 100 to 200.'],
    ['--min 90 --max all', '--max is "all"; expected is a whole percentage from 100 to 200, or none.'],
    ['--max 120', 'AWS refuses this: --max needs --min beside it.'],
    [
      '--min 50 --max 200',
      'AWS refuses this: the difference between --max and --min cannot be greater than 100; found 200 and 50.',
    ],
    ['--checkpoints 50,20', 'AWS refuses this: --checkpoints must be unique and ascending; found 50, 20.'],
    [
      '--checkpoints 0,20',
      'AWS refuses this: each of --checkpoints is a whole number from 1 to 100; found 0.',
    ],
    [
      '--checkpoints 20,x',
      '--checkpoints has "x"; expected are rising whole percentages from 1 to 100, as in 20,50,100.',
    ],
    ['--checkpoint-delay 60', 'AWS refuses this: --checkpoint-delay needs --checkpoints beside it.'],
    [
      '--checkpoints 50 --checkpoint-delay 3d',
      '--checkpoint-delay is "3d"; expected is a duration of at most 48 hours, such as 40, 40s, 22m or 1h.',
    ],
    [
      '--boot soon',
      '--boot is "soon"; expected is a duration of at most 24 hours, such as 40, 40s, 22m or 1h.',
    ],
    ['--price-per-hour 2c', '--price-per-hour is "2c"; expected is an amount such as 0.0208.'],
    ['--fail-at 130%', '--fail-at is "130%"; expected is a whole percentage from 0 to 100.'],
    ['--variant ami', '--variant is "ami"; expected is image-based or instance-based.'],
    ['--compare --variant image-based', '--variant and --compare exclude each other.'],
    [
      '--compare --boot 40',
      '--boot is "40"; expected is two durations beside --compare: image-based, instance-based, as in 40,110.',
    ],
    [
      '--stack Nope',
      '--stack Nope: cdk.out/Nope.template.json does not exist. "npx cdk synth -q" writes it.',
    ],
    ['--stack ../x', '--stack is "../x"; expected is a stack\'s name, such as ImageBased.'],
  ])('%s', (flags, message) => {
    expect(() => run(flags)).toThrow(new ConfigurationError(message));
  });

  it('exits with 1', () => {
    const program = join(__dirname, '../../bin/rollout.mjs');
    const { status, stderr } = spawnSync(process.execPath, [program, 'forecast', '--max', '120'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'AWS refuses this: --max needs --min beside it.\n',
    });
  });
});

describe('warnings', () => {
  const hour = 'Without --checkpoint-delay AWS waits an hour';
  const stays = 'The last checkpoint is 50%: the rollout ends there, and 2 machines stay on the old release.';
  it.each([
    ['', []],
    ['--capacity 4 --checkpoints 50,100', [hour, 'it is longer than that hour']],
    ['--capacity 4 --checkpoints 50', [stays]],
    [
      '--capacity 4 --checkpoints 50,100 --checkpoint-delay 20m --warmup 10m',
      ['turns back after about 25 min'],
    ],
    ['--min 100 --max 100', ['A maximum of 100 is not the same as none']],
    ['--max none', ['Without a maximum a minimum of 100 is not kept']],
    ['--max none --capacity 1', ['A group of one machine without surge']],
    ['--min 0', ['For a while no machine serves.']],
    ['--capacity 4 --warmup 20h', ["CloudFormation's own update policy gives up after 36 hours"]],
    ['--capacity 40 --max none --warmup 12h', ['a minimum of 100 is not kept', 'after 14 days']],
    ['--fail-at 100%', ['Nothing fails']],
  ])('%s', (flags, expected) => {
    const { warnings } = json(flags);
    expect(warnings).toEqual(expected.map((each) => expect.stringContaining(each)));
  });
});

it('says where each value comes from', () => {
  const origin = json('--capacity 6 --min 50 --checkpoints 50,100').settings.map(
    ({ name, value, from }: Record<string, string>) => `${name} ${value}: ${from}`,
  );
  expect(origin).toEqual([
    'capacity 6: --capacity',
    'min 50%: --min',
    "max 150%: this project's default",
    "warmup 1 min: this project's default",
    'boot 40 s: modelled, image-based',
    'bake 22 min: modelled; 15 to 45 min are published',
    'checkpoints 50, 100%: --checkpoints',
    "checkpoint-delay 1 h: AWS's default",
    "leaving 30 s: this project's default",
  ]);
});

it('compares the two ways for the same fleet', () => {
  const found = json('--compare --capacity 4');
  expect(found).toMatchObject([
    { variant: 'image-based', bakeSeconds: 1320, rolloutSeconds: 200 },
    { variant: 'instance-based', bakeSeconds: 0, rolloutSeconds: 340 },
  ]);
  expect(
    json('--compare --boot 10,20').map(({ rolloutSeconds }: { rolloutSeconds: number }) => rolloutSeconds),
  ).toEqual([140, 160]);
});

describe('a synthesized stack', () => {
  const template = (rollout = {}, group = {}) => ({
    Resources: {
      Baked: { Type: 'Custom::BakedImage' },
      Rollout: {
        Type: 'Custom::Rollout',
        Properties: { MinHealthyPercentage: 50, MaxHealthyPercentage: '100', ...rollout },
      },
      Group: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: { MinSize: '4', DesiredCapacity: '6', DefaultInstanceWarmup: 90, ...group },
      },
    },
  });
  const of = (flags: string, found: Record<string, unknown>) =>
    JSON.parse(forecastCommand(words(`--stack Web --json ${flags}`), surroundings(found)).output);

  it('gives capacity, bounds and warmup', () => {
    expect(of('', template())).toMatchObject({
      variant: 'image-based',
      plan: { capacity: 6, minHealthyPercentage: 50, maxHealthyPercentage: 100, warmupSeconds: 90 },
    });
  });

  it("yields to flags, and takes the refresh's own warmup before the group's", () => {
    const found = of(
      '--capacity 8 --min 100 --variant instance-based',
      template({ InstanceWarmupSeconds: '30' }),
    );
    expect(found).toMatchObject({
      variant: 'instance-based',
      plan: { capacity: 8, minHealthyPercentage: 100, maxHealthyPercentage: 150, warmupSeconds: 30 },
    });
  });

  it('has the minimum that a maximum needs beside it', () => {
    expect(of('--max 120', template()).plan).toMatchObject({
      minHealthyPercentage: 50,
      maxHealthyPercentage: 120,
    });
    expect(() => of('--max 160', template())).toThrow('cannot be greater than 100; found 160 and 50.');
  });

  it.each([
    ['no fleet', { Resources: {} }, 'has no Custom::Rollout'],
    [
      'a value that only the deployment knows',
      template({}, { DesiredCapacity: { Ref: 'Size' } }),
      '{"Ref":"Size"}',
    ],
  ])('%s is refused', (_, found, message) => {
    expect(() => of('', found)).toThrow(message);
  });
});

describe('what is drawn', () => {
  const lines = (columns: number, colours = false) =>
    forecastCommand(['--capacity', '4'], surroundings(undefined, { columns, colours })).output.split('\n');
  const bars = (output: readonly string[]) =>
    output.filter((line) => /^(old|new|starting|leaving) +\d+( {2}|$)/.test(line));

  it('fits the terminal', () => {
    for (const columns of [30, 80, 120]) {
      expect(Math.max(...bars(lines(columns)).map(({ length }) => length))).toBeLessThanOrEqual(columns);
    }
  });

  it('shows each kind of machine by height over time', () => {
    expect(bars(lines(38)).map((line) => line.trimEnd())).toEqual([
      'old         4  ██████████▄▄▄▄▄▄▄▄▄▄',
      'new         4      ▄▄▄▄▄▄▄▄▄▄█████████',
      'starting    2  ▄▄▄▄      ▄▄▄▄',
      'leaving     2            ▄▄▄       ▄▄▄',
    ]);
  });

  it('is coloured where the terminal is', () => {
    expect(bars(lines(80)).join('')).not.toContain('\u001b');
    expect(bars(lines(80, true)).join('')).toContain('\u001b[32m');
  });

  it('goes into a file as SVG', () => {
    const { files } = forecastCommand(words('--compare --svg out.svg'), surroundings());
    expect(files).toEqual([{ path: 'out.svg', content: expect.stringMatching(/^<svg [\s\S]*<\/svg>\n$/) }]);
    expect(files[0]?.content).not.toMatch(/NaN|undefined|Infinity/);
  });
});

it('helps', () => {
  expect(run('--help')).toBe(FORECAST_HELP);
});
