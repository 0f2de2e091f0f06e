import type { Software } from './driver';

/** The parameters of an install component, and the names of the user data's variables for the same. */
const NAMES = {
  Application: 'APPLICATION',
  Version: 'VERSION',
  ArtifactUri: 'ARTIFACT_URI',
  ArtifactSha256: 'ARTIFACT_SHA256',
  Command: 'COMMAND',
  Port: 'PORT',
  LaunchHook: 'LAUNCH_HOOK',
} as const;

type Name = keyof typeof NAMES;

/** Those that tell an installation of a release from other components and scripts. */
const TELLING: readonly Name[] = ['ArtifactUri', 'ArtifactSha256'];

/**
 * Reads what a component installs off its parameters.
 * @returns undefined when the component installs no release: it has no parameter `ArtifactUri` or `ArtifactSha256`
 * @throws Error naming the parameter that is missing or wrong
 */
export function softwareFromParameters(parameters: Readonly<Record<string, string>>): Software | undefined {
  return software(
    (name) => parameters[name],
    (name) => `parameter ${name}`,
  );
}

/**
 * Reads what a boot script installs off the assignments in it: one to a line, the value in single quotes.
 * @returns undefined when the script installs no release: it assigns no `ARTIFACT_URI` or `ARTIFACT_SHA256`
 * @throws Error naming the variable that is missing or wrong
 */
export function softwareFromUserData(userData: string): Software | undefined {
  const values = new Map<string, string>();
  for (const [, variable, quoted] of userData.matchAll(/^([A-Z][A-Z0-9_]*)='((?:[^']|'\\'')*)'\s*$/gm))
    values.set(variable!, quoted!.replaceAll("'\\''", "'"));
  return software(
    (name) => values.get(NAMES[name]),
    (name) => `variable ${NAMES[name]}`,
  );
}

function software(
  value: (name: Name) => string | undefined,
  called: (name: Name) => string,
): Software | undefined {
  if (TELLING.every((name) => value(name) === undefined)) return undefined;
  const text = (name: Name, form: RegExp, expected: string): string => {
    const found = value(name);
    if (found === undefined) throw new Error(`The ${called(name)} is missing; it is ${expected}.`);
    if (!form.test(found)) throw new Error(`The ${called(name)} is '${found}'; it must be ${expected}.`);
    return found;
  };
  const port = Number(text('Port', /^\d{1,5}$/, 'a port from 1 to 65535'));
  if (port < 1 || port > 65535)
    throw new Error(`The ${called('Port')} is '${port}'; it must be a port from 1 to 65535.`);
  return {
    application: text('Application', /./, "the application's name"),
    version: text('Version', /./, "the release's version"),
    artifactUri: text('ArtifactUri', /^s3:\/\/[^/]+\/.+$/, 'an address of the form s3://BUCKET/KEY'),
    artifactSha256: text('ArtifactSha256', /^[0-9a-f]{64}$/, 'a SHA-256 of 64 hexadecimal digits'),
    command: command(text('Command', /./, 'a JSON array of strings'), called('Command')),
    port,
    // Left out, or left empty: the machine waits for nobody.
    launchHook: value('LaunchHook') || undefined,
  };
}

function command(json: string, called: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // Told below, with what was found.
    parsed = undefined;
  }
  const isCommand = (found: unknown): found is string[] =>
    Array.isArray(found) && found.length > 0 && found.every((word) => typeof word === 'string');
  if (!isCommand(parsed))
    throw new Error(`The ${called} is '${json}'; it must be a JSON array of one or more strings.`);
  return parsed;
}
