import { failedInstallation, quoteOf } from '../../lib/rollout/machine-console';

/** As a machine that boots writes it. */
const BOOT = `[  OK  ] Finished cloud-config.servi…ettings specified in cloud-config.
         Starting cloud-final.servi…xecute cloud user/final scripts...
[ 2480.821285] cloud-init[79]: Installing guestbook 1.1.0
[ 2481.368362] cloud-init[79]: E: Unable to locate package no-such-package
`;
const FAILED =
  'Installation of guestbook 1.1.0 failed at line 25: dnf --assumeyes --setopt=retries=10 install $PACKAGES';
const AFTER = `[ 2481.385963] cloud-init[79]: 2026-11-26 06:08:54,945 - cc_scripts_user.py[WARNING]: Failed to run module scripts-user
[ 2481.386001] cloud-init[79]: Cloud-init v. 22.4.2 finished at Thu, 26 Nov 2026 06:08:54 +0000.
[FAILED] Failed to start cloud-fina… Execute cloud user/final scripts.
`;

test('the line at which the boot script failed is told in its own words', () => {
  expect(failedInstallation(`${BOOT}[ 2481.385823] cloud-init[79]: ${FAILED}\r\n${AFTER}`)).toBe(FAILED);
  expect(failedInstallation(BOOT)).toBe('');
  expect(failedInstallation(`Installation of a 1 failed at line 1: ${'x'.repeat(1000)}`)).toHaveLength(300);
});

test.each([
  ['nothing', '', ''],
  ['blank lines alone', '\n\n', ''],
  ['little', 'guestbook: no database\n', 'End of its console: guestbook: no database'],
  [
    'much',
    `${'a'.repeat(5000)}\n${'b'.repeat(690)}`,
    `End of its console: ${'a'.repeat(9)}\n${'b'.repeat(690)}`,
  ],
  [
    'a failed boot script at its end',
    `${BOOT}${FAILED}\n${AFTER}`,
    `End of its console: ${`${BOOT}${FAILED}\n${AFTER}`.trimEnd().slice(-700)}`,
  ],
  [
    'a failed boot script, and what the boot went on to write',
    `${BOOT}[ 2481.385823] cloud-init[79]: ${FAILED}\n${AFTER.repeat(20)}`,
    `Its console, from where it failed: ${`[ 2481.368362] cloud-init[79]: E: Unable to locate package no-such-package
[ 2481.385823] cloud-init[79]: ${FAILED}\n${AFTER.repeat(20)}`.slice(0, 700)}`,
  ],
  [
    'a first line that says it',
    `${FAILED}\n${AFTER.repeat(20)}`,
    `Its console, from where it failed: ${`${FAILED}\n${AFTER.repeat(20)}`.slice(0, 700)}`,
  ],
])('of a console with %s is quoted what says most', (_, console, expected) => {
  expect(quoteOf(console)).toBe(expected);
});
