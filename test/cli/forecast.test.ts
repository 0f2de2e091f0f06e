import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Surroundings } from '../../lib/cli/command';
import { FORECAST_HELP, forecastCommand } from '../../lib/cli/forecast';
import { ConfigurationError } from '../../lib/configuration-error';

const surroundings = (template?: Record<string, unknown>, more: Partial<Surroundings['terminal']> = {}) => ({
  terminal: { columns: 80, colours: false, ...more },
  connect: async (): Promise<never> => {
    throw new Error('No account is asked.');
  },
  readJsonObject: (file: string) => {
    if (template) return template;
    throw new ConfigurationError(`${file} does not exist.`);
  },
  exists: () => false,
});
const words = (text: string) => text.split(' ').filter((each) => each !== '');
const run = async (flags: string) => (await forecastCommand(words(flags), surroundings())).output;
const json = async (flags: string) => JSON.parse(await run(`${flags} --json`));

/** What `npm run rehearse:machines` leaves, as far as it is read. */
const figures = {
  schemaVersion: 1,
  startedAt: '2026-11-26T05:32:43.086Z',
  computer: { processors: 2 },
  boot: {
    ImageBased: { boots: 9, healthySeconds: 1.2 },
    InstanceBased: { boots: 9, healthySeconds: 5.4 },
  },
  bake: { bakes: 0 },
};

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
    ['--deployed', '--deployed needs --stack beside it, the name of a deployed stack.'],
    ['--stack Web --region eu-west-1', '--region is for a deployed stack: give --deployed, too.'],
    ['--fail-as silent', '--fail-as needs --fail-at beside it: from which share on machines are sick.'],
    [
      '--variant instance-based --bake 10m',
      '--bake is for the image-based way; an instance-based release bakes nothing. Leave it out.',
    ],
    [
      '--timeout 90',
      '--timeout is "90"; expected is a duration of whole minutes, one at least, such as 15m or 1h.',
    ],
    [
      '--progress-deadline 0',
      '--progress-deadline is "0"; expected is a duration of whole minutes, one at least, such as 15m or 1h, or none.',
    ],
    [
      '--progress-deadline never',
      '--progress-deadline is "never"; expected is a duration of at most 24 hours, such as 40, 40s, 22m or 1h, or none.',
    ],
    [
      '--checkpoints 20,101',
      'AWS refuses this: each of --checkpoints is a whole number from 1 to 100; found 101.',
    ],
    ['--checkpoints 50,50', 'AWS refuses this: --checkpoints must be unique and ascending; found 50, 50.'],
    ['--fail-at 30% --fail-as loud', '--fail-as is "loud"; expected is unhealthy or silent.'],
    ['--deadline 30m --min 90', '--deadline chooses --min and --max, which are given; leave them out.'],
    ['--lowest-capacity 120', '--lowest-capacity is "120"; expected is a whole percentage from 0 to 100.'],
    ['--stack ../x', '--stack is "../x"; expected is a stack\'s name, such as ImageBased.'],
  ])('%s', async (flags, message) => {
    await expect(run(flags)).rejects.toThrow(new ConfigurationError(message));
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
    ['--capacity 4 --checkpoints 50,100', [hour, 'deploy with -c rolloutTimeoutMinutes=']],
    ['--capacity 4 --checkpoints 50', [stays]],
    [
      '--capacity 4 --checkpoints 50,100 --checkpoint-delay 40m --warmup 10m',
      ['deploy with -c rolloutTimeoutMinutes=69, or it turns back after 51 minutes'],
    ],
    ['--min 100 --max 100', ['A maximum of 100 is not the same as none']],
    ['--max none', ['Without a maximum a minimum of 100 is not kept']],
    ['--max none --capacity 1', ['A group of one machine without surge']],
    ['--min 0', ['For a while no machine serves.']],
    ['--capacity 4 --warmup 20h --progress-deadline none', ['no deployment of this project waits for more']],
    [
      '--capacity 40 --max none --warmup 12h --progress-deadline none',
      ['a minimum of 100 is not kept', 'after 14 days'],
    ],
    [
      '--warmup 20m',
      ['turns back all the same, after 15 min 40 s: For 15 minutes no further machine became healthy.'],
    ],
    ['--timeout 2m', ['turns back all the same, after 2 min: The time for the rollout is up: 2 minutes.']],
    ['--fail-at 100%', ['Nothing fails']],
  ])('%s', async (flags, expected) => {
    const { warnings } = await json(flags);
    expect(warnings).toEqual(expected.map((each) => expect.stringContaining(each)));
  });
});

it('says where each value comes from', async () => {
  const { settings } = await json('--capacity 6 --min 50 --checkpoints 50,100');
  const origin = settings.map(({ name, value, from }: Record<string, string>) => `${name} ${value}: ${from}`);
  expect(origin).toEqual([
    'capacity 6: --capacity',
    'min 50%: --min',
    "max 150%: this project's default",
    "warmup 1 min: this project's default",
    'boot 40 s: modelled, image-based',
    'bake 22 min: modelled; 15 to 45 min are published',
    'checkpoints 50, 100%: --checkpoints',
    "checkpoint-delay 1 h: AWS's default",
    "bake-time 6 min: this project's default",
    "progress-deadline 15 min: this project's default",
    "leaving 30 s: this project's default",
  ]);
});

describe('what was measured', () => {
  /** @param there files that there are, with what they hold */
  const boot = async (flags: string, there: Readonly<Record<string, Record<string, unknown>>>) => {
    const readJsonObject = (file: string) => there[file] ?? surroundings().readJsonObject(file);
    const around = { ...surroundings(), readJsonObject, exists: (file: string) => file in there };
    const { output } = await forecastCommand(words(`--json ${flags}`), around);
    return JSON.parse(output).plan.bootSeconds;
  };
  const found = { 'out/machines.json': figures };

  it.each([
    ['is taken where it is', '', found, 16],
    ['is not needed', '', {}, 40],
    ['is taken from elsewhere', '--measured m.json --variant instance-based', { 'm.json': figures }, 20],
    ['can be left out', '--measured none', found, 40],
    ['yields to a flag', '--boot 33', found, 33],
  ])('%s', async (_, flags, there, seconds) => {
    expect(await boot(flags, there)).toBe(seconds);
  });

  const anew = '"npm run rehearse:machines" writes out/machines.json anew; --measured none goes without.';
  it.each([
    ['', { 'out/machines.json': {} }, `out/machines.json has no schemaVersion; 1 is expected. ${anew}`],
    ['--measured m.json', { ...found }, `--measured m.json: m.json does not exist. ${anew}`],
    [
      '--measured m.json',
      { 'm.json': { schemaVersion: 7 } },
      `--measured m.json: m.json has the schemaVersion 7; 1 is expected. ${anew}`,
    ],
  ])('is refused when it can not be read: %s', async (flags, there, message) => {
    await expect(boot(flags, there)).rejects.toThrow(new ConfigurationError(message));
  });
});

it('compares the two ways for the same fleet', async () => {
  const found = await json('--compare --capacity 4');
  expect(found).toMatchObject([
    { variant: 'image-based', bakeSeconds: 1320, rolloutSeconds: 200 + 360 },
    { variant: 'instance-based', bakeSeconds: 0, rolloutSeconds: 340 + 360 },
  ]);
  expect(
    (await json('--compare --boot 10,20 --bake-time 0')).map(
      ({ rolloutSeconds }: { rolloutSeconds: number }) => rolloutSeconds,
    ),
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
  const of = async (flags: string, found: Record<string, unknown>) =>
    JSON.parse((await forecastCommand(words(`--stack Web --json ${flags}`), surroundings(found))).output);

  it('gives capacity, bounds and warmup', async () => {
    expect(await of('', template())).toMatchObject({
      variant: 'image-based',
      plan: { capacity: 6, minHealthyPercentage: 50, maxHealthyPercentage: 100, warmupSeconds: 90 },
    });
  });

  it("yields to flags, and takes the refresh's own warmup before the group's", async () => {
    const found = await of(
      '--capacity 8 --min 100 --variant instance-based',
      template({ InstanceWarmupSeconds: '30' }),
    );
    expect(found).toMatchObject({
      variant: 'instance-based',
      plan: { capacity: 8, minHealthyPercentage: 100, maxHealthyPercentage: 150, warmupSeconds: 30 },
    });
  });

  it('gives gates, and when the rollout turns back', async () => {
    const limits = { ProgressDeadlineSeconds: 600, TimeoutSeconds: 7200 };
    const found = await of('', template({ Gates: ['25:10m', '50'], ...limits }));
    expect(found).toMatchObject({
      plan: {
        checkpointPercentages: [25, 50, 100],
        checkpointDelaySeconds: 300,
        progressDeadlineSeconds: 600,
        timeoutSeconds: 7200,
      },
      deployment: { timeoutMinutes: 120, waitingResources: 2 },
      notes: ['How long somebody takes to promote the rollout at a gate is not counted.'],
    });
  });

  it('has the minimum that a maximum needs beside it', async () => {
    expect((await of('--max 120', template())).plan).toMatchObject({
      minHealthyPercentage: 50,
      maxHealthyPercentage: 120,
    });
    await expect(of('--max 160', template())).rejects.toThrow(
      'cannot be greater than 100; found 160 and 50.',
    );
  });

  it.each([
    ['no fleet', { Resources: {} }, 'has no Custom::Rollout'],
    [
      'a value that only the deployment knows',
      template({}, { DesiredCapacity: { Ref: 'Size' } }),
      '{"Ref":"Size"}',
    ],
    ['a gate that is none', template({ Gates: ['half'] }), 'Gates in cdk.out/Web.template.json is ["half"]'],
  ])('%s is refused', async (_, found, message) => {
    await expect(of('', found)).rejects.toThrow(message);
  });
});

describe('what is drawn', () => {
  const lines = async (columns: number, colours = false, flags = '--capacity 4') =>
    (await forecastCommand(words(flags), surroundings(undefined, { columns, colours }))).output.split('\n');
  const bars = (output: readonly string[]) =>
    output.filter((line) => /^(old|new|starting|leaving) +\d+( {2}|$)/.test(line));

  it('fits the terminal', async () => {
    for (const columns of [80, 120]) {
      const flags = '--capacity 40 --compare --price-per-hour 0.02 --checkpoints 20,100 --deadline 30m';
      const widest = Math.max(...(await lines(columns, false, flags)).map(({ length }) => length));
      expect(widest).toBeLessThanOrEqual(columns);
    }
    const measured = {
      ...surroundings(),
      exists: () => true,
      readJsonObject: () => ({
        ...figures,
        bake: { bakes: 3, parts: { build: 3.6, validate: 0.3, test: 0.2 } },
      }),
    };
    const { output } = await forecastCommand(['--compare'], measured);
    expect(Math.max(...output.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    const narrow = bars(await lines(30)).map(({ length }) => length);
    expect(Math.max(...narrow)).toBeLessThanOrEqual(30);
  });

  it('shows when both releases serve, where it waits, and round times', async () => {
    const drawn = await lines(
      60,
      false,
      '--capacity 4 --bake-time 0 --checkpoints 50,100 --checkpoint-delay 5m',
    );
    expect(drawn.filter((line) => /^(two versions|waits) .*[─·]|^ +0:00/.test(line))).toEqual([
      'two versions       ───────────────────────────────────────',
      'waits                   ··························',
      '                0:00                    5:00            8:50',
    ]);
  });

  it('shows each kind of machine by height over time', async () => {
    expect(bars(await lines(39, false, '--capacity 4 --bake-time 0')).map((line) => line.trimEnd())).toEqual([
      'old          4  ██████████▄▄▄▄▄▄▄▄▄▄',
      'new          4      ▄▄▄▄▄▄▄▄▄▄█████████',
      'starting     2  ▄▄▄▄      ▄▄▄▄',
      'leaving      2            ▄▄▄       ▄▄▄',
    ]);
  });

  it('is coloured where the terminal is', async () => {
    expect(bars(await lines(80)).join('')).not.toContain('\u001b');
    expect(bars(await lines(80, true)).join('')).toContain('\u001b[32m');
  });

  it('says why it turns back when machines are to fail', async () => {
    const reason = 'Why it turns back: CloudWatch alarm in ALARM state: unhealthy machines.';
    expect(await lines(80, false, '--compare --fail-at 30%')).toContain(reason);
    expect((await lines(80, false, '--timeout 2m')).join()).not.toContain('Why it turns back');
  });

  it('says of what was chosen for which of two ways', async () => {
    const chosen = await lines(80, false, '--capacity 12 --compare --deadline 40m --warmup 5m');
    expect(chosen.filter((line) => /^min /.test(line))).toEqual([
      expect.stringMatching(/^min +\d+% +chosen, image-based$/),
      expect.stringMatching(/^min +\d+% +chosen, instance-based$/),
    ]);
  });

  it('goes into a file as SVG', async () => {
    const { files } = await forecastCommand(words('--compare --svg out.svg'), surroundings());
    expect(files).toEqual([{ path: 'out.svg', content: expect.stringMatching(/^<svg [\s\S]*<\/svg>\n$/) }]);
    expect(files[0]?.content).not.toMatch(/NaN|undefined|Infinity/);
  });

  describe('as SVG', () => {
    const drawn = async (flags: string) =>
      (await forecastCommand(words(`${flags} --svg out.svg`), surroundings())).files[0]?.content ?? '';
    const texts = (content: string) => [...content.matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text);

    it('shows the machines of a quicker rollout until the slower one ends', async () => {
      const polygons = [...(await drawn('--compare')).matchAll(/points="([^"]+)"/g)].map(([, points = '']) =>
        Math.max(...points.split(' ').map((point) => Number(point.split(',')[0]))),
      );
      expect(polygons).toHaveLength(8);
      expect(new Set(polygons)).toEqual(new Set([880]));
    });

    it.each([
      ['their names where there is room', '50,100', ['checkpoint 50%']],
      ['their shares where there is little', '10,20,30,40,50,60,70,80,90', ['10%', '40%', '80%']],
    ])('gives checkpoints %s', async (_, shares, expected) => {
      const found = texts(await drawn(`--capacity 20 --checkpoints ${shares} --checkpoint-delay 1m`));
      expect(found).toEqual(expect.arrayContaining(expected));
    });

    it('says that what is starting may be sick, and that capacity does not fall', async () => {
      const found = texts(await drawn('--capacity 6 --fail-at 50%'));
      expect(found).toEqual(expect.arrayContaining(['starting, or sick', 'never fewer than 6 serve']));
    });

    it('stays small, however many batches there are', async () => {
      const content = await drawn('--capacity 3000 --max none --warmup 5 --boot 5 --progress-deadline none');
      expect(content.length).toBeLessThan(400_000);
    });

    it('is written into a folder that is not there yet', () => {
      const file = join(mkdtempSync(join(tmpdir(), 'forecast-')), 'new', 'a.svg');
      const program = join(__dirname, '../../bin/rollout.mjs');
      const { status } = spawnSync(process.execPath, [
        program,
        'forecast',
        '--measured',
        'none',
        '--svg',
        file,
      ]);
      expect(status).toBe(0);
      expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
    });
  });
});

it('helps', async () => {
  expect(await run('--help')).toBe(FORECAST_HELP);
});
