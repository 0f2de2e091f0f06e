import { readFileSync } from 'node:fs';
import { Aws } from 'aws-cdk-lib';
import { checkUserData } from '../../lib/fleet/install-script';

test('a script that EC2 would not take as user data is refused, in bytes and not in characters', () => {
  const message = /^The boot script has \d+ bytes, and EC2 takes 16384 as user data: shorten service.command/;
  expect(() => checkUserData('#'.repeat(16_384))).not.toThrow();
  expect(() => checkUserData('#'.repeat(16_385))).toThrow(message);
  expect(() => checkUserData('é'.repeat(8193))).toThrow(message);
});

test('what is known only at deployment counts as more than it can be', () => {
  expect(() => checkUserData(`${'#'.repeat(16_384 - 64)}${Aws.REGION}`)).not.toThrow();
  expect(() => checkUserData(`${'#'.repeat(16_384 - 63)}${Aws.REGION}`)).toThrow('16385 bytes');
});

test('the archive is not fetched into memory', () => {
  const script = readFileSync('userdata/install.sh', 'utf8');
  expect(script.match(/mktemp.*/g)).toEqual(['mktemp --tmpdir=/var/tmp)']);
});
