import { compare } from '../../probes/compare';
import type { Observation, Probe } from '../../probes/probe';
import { report } from '../../probes/report';
import type { Result } from '../../probes/run';

const PROBE: Probe = {
  id: 'delay',
  question: 'How late?',
  usd: 0,
  minutes: 1,
  ranges: { delaySeconds: [0, 180] },
  run: () => Promise.reject(new Error('Nobody runs it.')),
};

function saw(observation: Observation): Result {
  return { probe: 'delay', observation, seconds: 1 };
}

const LOCAL = saw({ facts: { answer: '503' }, figures: { delaySeconds: 60 } });

test.each<[name: string, aws: Observation, agreement: Record<string, boolean>]>([
  [
    'the same facts, and a figure within its range',
    { facts: { answer: '503' }, figures: { delaySeconds: 180 } },
    { answer: true, delaySeconds: true },
  ],
  [
    'another fact',
    { facts: { answer: '502' }, figures: { delaySeconds: 0 } },
    { answer: false, delaySeconds: true },
  ],
  [
    'a figure outside of its range',
    { facts: { answer: '503' }, figures: { delaySeconds: 181 } },
    { answer: true, delaySeconds: false },
  ],
  [
    'a fact that the local AWS does not have',
    { facts: { answer: '503', more: 'yes' }, figures: { delaySeconds: 1 } },
    { answer: true, more: false, delaySeconds: true },
  ],
])('compares with AWS: %s', (_name, observation, agreement) => {
  const answers = compare(PROBE, LOCAL, saw(observation));
  expect(Object.fromEntries(answers.map(({ name, agrees }) => [name, agrees]))).toEqual(agreement);
});

test('says nothing of agreement where AWS was not asked, or its probe failed', () => {
  for (const aws of [undefined, { probe: 'delay', error: 'denied', seconds: 1 }])
    for (const { agrees } of compare(PROBE, LOCAL, aws)) expect(agrees).toBeUndefined();
});

test('prints answers side by side, in 80 columns', () => {
  const aws = saw({ facts: { answer: '502' }, figures: { delaySeconds: 95 } });
  const open = [`AWS: the probe failed: ${'a long reason '.repeat(12)}`];
  const text = report([
    { probe: 'delay', question: PROBE.question, answers: compare(PROBE, LOCAL, aws), open },
  ]);
  expect(text).toContain('✗ answer        AWS: 502         local AWS: 503');
  expect(text).toContain('✓ delaySeconds  AWS: 95 seconds  local AWS: 60 seconds');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
