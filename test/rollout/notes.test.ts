import { isFinalNote, noteOfGlance, noteOfWayBack } from '../../lib/rollout/notes';

// What a rollout remembers of its machines, while the group replaces them.

const UNHEALTHY =
  'Machine i-1 is unhealthy in the target group: Health checks failed with these codes: [500].';
const SILENT =
  'Machine i-2 is Pending:Wait: its service has not answered yet. See its console: aws ec2 get-console-output --instance-id i-2';
const FAILED =
  'Machine i-3 is Pending:Wait: Installation of guestbook 1.1.0 failed at line 25: dnf install. See its console: aws ec2 get-console-output --instance-id i-3';

const seen = (machine: string) => `Seen on the way: ${machine}`;
const findings = (machine: string) => ({ machine, activity: '' });

test.each([
  ['nothing', '', '', ''],
  ['a silent machine', '', SILENT, seen(SILENT)],
  ['an unhealthy machine after a silent one', seen(SILENT), UNHEALTHY, seen(UNHEALTHY)],
  ['a silent machine in the place of an unhealthy one', seen(UNHEALTHY), SILENT, seen(UNHEALTHY)],
  ['a silent machine in the place of one whose installation failed', seen(FAILED), SILENT, seen(FAILED)],
  ['an unhealthy machine after one whose installation failed', seen(FAILED), UNHEALTHY, seen(UNHEALTHY)],
  ['all machines healthy after an unhealthy one', seen(UNHEALTHY), '', ''],
])('a glance that sees %s', (_, note, machine, left) => {
  expect(noteOfGlance(note, findings(machine))).toBe(left);
});

test('a glance between an unhealthy machine’s end and the next one’s start leaves what was seen', () => {
  const activity =
    'Terminating EC2 instance: i-1: an instance was taken out of service in response to an ELB check.';
  expect(noteOfGlance(seen(UNHEALTHY), { machine: '', activity })).toBe(seen(UNHEALTHY));
});

test('a rollback that meets only a machine in the place of the unhealthy one names the unhealthy one', () => {
  const alarm = 'CloudWatch alarm in ALARM state: fleet-unhealthy-hosts.';
  expect(noteOfWayBack(seen(UNHEALTHY), findings(SILENT), alarm)).toBe(
    `Seen before it went back: ${UNHEALTHY} ${alarm}`,
  );
});

test('why a refresh goes back is noted once, also where a glance had seen it', () => {
  const note = noteOfWayBack(seen(UNHEALTHY), findings(SILENT));
  expect(isFinalNote(note)).toBe(true);
  expect(noteOfWayBack(note, findings(UNHEALTHY), 'CloudWatch alarm in ALARM state: later.')).toBe(note);
});
