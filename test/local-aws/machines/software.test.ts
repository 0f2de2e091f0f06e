import { softwareFromParameters, softwareFromUserData } from '../../../local-aws/machines/software';

const PARAMETERS = {
  Application: 'guestbook',
  Version: '1.0.0',
  ArtifactUri: 's3://assets/a/b.tar',
  ArtifactSha256: 'ab'.repeat(32),
  Command: '["node","server.js"]',
  Port: '8080',
};
const SOFTWARE = {
  application: 'guestbook',
  version: '1.0.0',
  artifactUri: 's3://assets/a/b.tar',
  artifactSha256: 'ab'.repeat(32),
  command: ['node', 'server.js'],
  port: 8080,
};
const USER_DATA = `#!/bin/bash
set -euo pipefail
APPLICATION='guestbook'
VERSION='1.0.0'
ARTIFACT_URI='s3://assets/a/b.tar'
ARTIFACT_SHA256='${'ab'.repeat(32)}'
COMMAND='["node","server.js"]'
PORT='8080'
echo "$PORT"
`;

describe('what a machine runs', () => {
  test('is read off a component’s parameters', () => {
    expect(softwareFromParameters({ ...PARAMETERS, Other: 'x' })).toEqual(SOFTWARE);
    expect(softwareFromParameters({ Version: '1.0.0' })).toBeUndefined();
  });

  test('is read off the user data’s assignments', () => {
    expect(softwareFromUserData(USER_DATA)).toEqual(SOFTWARE);
    expect(softwareFromUserData('#!/bin/bash\n')).toBeUndefined();
    expect(softwareFromUserData('')).toBeUndefined();
  });

  test('may have a quote in it, as a shell writes it', () => {
    const quoted = USER_DATA.replace('["node","server.js"]', `["it'\\''s"]`);
    expect(softwareFromUserData(quoted)?.command).toEqual(["it's"]);
  });

  test('may name a launch hook; an empty one is none', () => {
    const hook = { launchHook: 'serving' };
    expect(softwareFromParameters({ ...PARAMETERS, LaunchHook: 'serving' })).toMatchObject(hook);
    expect(softwareFromUserData(`${USER_DATA}LAUNCH_HOOK='serving'\n`)).toMatchObject(hook);
    expect(softwareFromParameters({ ...PARAMETERS, LaunchHook: '' })?.launchHook).toBeUndefined();
  });

  test.each([
    ['Version', undefined, "The parameter Version is missing; it is the release's version."],
    ['ArtifactUri', 'https://x/y', /ArtifactUri is 'https:\/\/x\/y'.*s3:\/\/BUCKET\/KEY/],
    ['ArtifactSha256', 'abc', /ArtifactSha256 is 'abc'.*64 hexadecimal digits/],
    ['Command', 'node server.js', /Command is 'node server.js'.*JSON array/],
    ['Command', '[]', /Command is '\[\]'.*JSON array/],
    ['Port', '0', /Port is '0'.*1 to 65535/],
    ['Port', 'http', /Port is 'http'.*1 to 65535/],
  ])('is refused when %s is %s', (name, value, message) => {
    const parameters = { ...PARAMETERS, [name]: value } as Record<string, string>;
    expect(() => softwareFromParameters(parameters)).toThrow(message);
  });

  test('is refused by the variable’s name in user data', () => {
    expect(() => softwareFromUserData(USER_DATA.replace(/^PORT=.*$/m, ''))).toThrow(
      'The variable PORT is missing; it is a port from 1 to 65535.',
    );
  });
});
