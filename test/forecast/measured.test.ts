import { ConfigurationError } from '../../lib/configuration-error';
import type { Flags } from '../../lib/forecast/flags';
import type { Known } from '../../lib/forecast/known';
import { measuredOf } from '../../lib/forecast/measured';
import {
  AROUND_COMPONENTS_SECONDS,
  BAKE_SECONDS,
  BOOT_SECONDS,
  LAUNCH_SECONDS,
} from '../../lib/forecast/modelled';
import { planVariants } from '../../lib/forecast/settings';
import { PENDING_MINUTES, STAGES } from '../../local-aws/imagebuilder/timing';
import { MACHINE_TIMING } from '../../local-aws/machines/timing';
import type { Boot } from '../../local-aws/rehearsal/boots';
import { machineFiguresOf } from '../../local-aws/rehearsal/machine-figures';

const boot = (variant: Boot['variant'], healthySeconds: number): Boot => ({
  ...{ variant, healthySeconds, instanceId: 'i-1', beside: 0, fetchedBytes: 0, processorSeconds: null },
});
const bake = { start: 100, build: 200, validate: 10, freeze: 100, 'start test': 100, test: 5.4 };

/** Figures as the rehearsal on real machines writes and a forecast reads them. */
const figures = (
  boots: readonly Boot[] = [
    boot('ImageBased', 1.21),
    boot('InstanceBased', 5.38),
    boot('InstanceBased', 5.4),
  ],
  bakes: readonly Readonly<Record<string, number>>[] = [bake],
): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(
      machineFiguresOf({
        boots,
        bakes,
        report: { startedAt: '2026-11-26T23:59:59.000Z' },
        processors: [{ model: 'any' }],
      }),
    ),
  );

const group = { value: 77, from: "the group's past" };
const known: Known = {
  variant: 'image-based',
  min: { value: 100, from: 'stack' },
  max: { value: 150, from: 'stack' },
  bootSeconds: group,
  notes: [],
};
const measured = {
  image: "15 s of EC2's, modelled, and 1.2 s measured on 1 real image-based machine on 2026-11-26",
  instance: "15 s of EC2's, modelled, and 5.4 s measured on 2 real instance-based machines on 2026-11-26",
  bake: "16 min of EC2's and Image Builder's, modelled, and 3 min 35 s measured in 1 real bake on 2026-11-26",
};
const NOTE =
  "Measured were containers on a computer with 1 processor: they start no firmware and no kernel, and read no volume from a snapshot. EC2's machines need longer for that.";

/** Boot and bake of each variant, with their origins. */
const paces = (flags: Flags, found: Record<string, unknown> | undefined, past?: Known) =>
  planVariants(flags, past, found && measuredOf('machines.json', found)).map(({ settings, notes }) => ({
    ...Object.fromEntries(
      settings
        .filter(({ name }) => name === 'boot' || name === 'bake')
        .map(({ name, value, from }) => [name, `${value}: ${from}`]),
    ),
    ...(notes.length > 0 ? { notes } : {}),
  }));

describe('boot and bake come from the first that says it: flag, past, measured, modelled', () => {
  it.each<[string, Flags, Record<string, unknown> | undefined, Known | undefined, object[]]>([
    [
      'measured on both',
      { compare: 'true' },
      figures(),
      undefined,
      [
        { boot: `16 s: ${measured.image}`, bake: `19 min 35 s: ${measured.bake}`, notes: [NOTE] },
        { boot: `20 s: ${measured.instance}`, notes: [NOTE] },
      ],
    ],
    ['flags', { boot: '50', bake: '0' }, figures(), known, [{ boot: '50 s: --boot', bake: '0 s: --bake' }]],
    [
      "the group's past, which knows of no bake",
      {},
      figures(),
      known,
      [{ boot: "1 min 17 s: the group's past", bake: `19 min 35 s: ${measured.bake}`, notes: [NOTE] }],
    ],
    [
      'the past of one variant, and what was measured of the other',
      { compare: 'true', bake: '0' },
      figures(),
      known,
      [
        { boot: "1 min 17 s: the group's past", bake: '0 s: --bake' },
        { boot: `20 s: ${measured.instance}`, notes: [NOTE] },
      ],
    ],
    [
      'the model where nothing was measured',
      { compare: 'true' },
      undefined,
      undefined,
      [
        { boot: '40 s: modelled, image-based', bake: '22 min: modelled; 15 to 45 min are published' },
        { boot: '1 min 50 s: modelled, instance-based' },
      ],
    ],
    [
      'the model where no such machine came up, and no bake ended',
      {},
      figures([boot('InstanceBased', 5)], []),
      undefined,
      [{ boot: '40 s: modelled, image-based', bake: '22 min: modelled; 15 to 45 min are published' }],
    ],
  ])('%s', (_, flags, found, past, expected) => {
    expect(paces(flags, found, past)).toEqual(expected);
  });
});

describe('what can not be read is refused', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no schema', {}, 'machines.json has no schemaVersion; 1 is expected.'],
    [
      'another schema',
      { ...figures(), schemaVersion: 2 },
      'machines.json has the schemaVersion 2; 1 is expected.',
    ],
    [
      'no time',
      { ...figures(), startedAt: 'today' },
      'machines.json has the startedAt "today"; a time such as "2026-11-26T05:32:43.086Z" is expected.',
    ],
    [
      'a variant that is missing',
      { ...figures(), boot: { ImageBased: { boots: 1, healthySeconds: 1 } } },
      'machines.json has no boot.InstanceBased.boots; a whole number is expected.',
    ],
    [
      'seconds that are none',
      { ...figures(), boot: { ImageBased: { boots: 1, healthySeconds: '1.2' } } },
      'machines.json has the boot.ImageBased.healthySeconds "1.2"; seconds, a day at most, are expected.',
    ],
    [
      'seconds below nothing',
      { ...figures(), boot: { ImageBased: { boots: 1, healthySeconds: -1 } } },
      'machines.json has the boot.ImageBased.healthySeconds -1; seconds, a day at most, are expected.',
    ],
    [
      'a bake without its parts',
      { ...figures(), bake: { bakes: 1, seconds: 3, parts: { validate: 1, test: 1 } } },
      'machines.json has no bake.parts.build; seconds, a day at most, are expected.',
    ],
    [
      'a bake that is none',
      { ...figures(), bake: 'none' },
      'machines.json has no bake.bakes; a whole number is expected.',
    ],
  ])('%s', (_, found, message) => {
    expect(() => measuredOf('machines.json', found)).toThrow(new ConfigurationError(message));
  });
});

it('models what the local AWS models, and takes the part that was measured out of it', () => {
  const { bootMs, servicesMs, installMs } = MACHINE_TIMING;
  const steps = STAGES.flatMap((stage) => stage.steps);
  const minutes = (of: typeof steps) => of.reduce((sum, step) => sum + step.minutes, 0);
  const components = steps.filter(({ action }) => action === 'ExecuteComponents');
  expect({ LAUNCH_SECONDS, ...BOOT_SECONDS, BAKE_SECONDS, AROUND_COMPONENTS_SECONDS }).toEqual({
    LAUNCH_SECONDS: bootMs / 1000,
    'image-based': (bootMs + servicesMs) / 1000,
    'instance-based': (bootMs + servicesMs + installMs) / 1000,
    BAKE_SECONDS: 60 * (PENDING_MINUTES + minutes(steps)),
    AROUND_COMPONENTS_SECONDS: 60 * (PENDING_MINUTES + minutes(steps) - minutes(components)),
  });
});
