import { createHash } from 'node:crypto';
import { dirname, relative, resolve } from 'node:path';

import valid = require('semver/functions/valid');
import validRange = require('semver/ranges/valid');

import { ConfigurationError, didYouMean, quoted } from '../configuration-error';
import { type Artifact, packArtifact } from './artifact';
import { readJsonObject } from './json-file';

/** How a machine runs a release. */
export interface ServiceDefinition {
  /** Packages of the operating system that it needs, by their names in its repositories. */
  readonly packages: readonly string[];
  /** Program and arguments, run in the artifact's folder. */
  readonly command: readonly string[];
  /** TCP port that it answers HTTP on; the process finds it in `PORT`. */
  readonly port: number;
  /** Path that answers with status 200 while the release can serve. */
  readonly healthPath: string;
}

/** What is released: one version of one application. */
export interface Release {
  readonly application: string;
  /** Semantic version. What it names never changes: other content needs another version. */
  readonly version: string;
  /** Why this release replaces the one before, in a line. */
  readonly changeCause: string;
  /** Semver range of the versions that it can serve beside. */
  readonly livesBeside: string;
  readonly service: ServiceDefinition;
  readonly artifact: Artifact;
  /** SHA-256 over all of the above but the change cause, hexadecimal: the release's identity. */
  readonly digest: string;
}

const FIELDS = ['application', 'version', 'artifact', 'changeCause', 'livesBeside', 'service'] as const;
const SERVICE_FIELDS = ['packages', 'command', 'port', 'healthPath'] as const;

/** What a manifest's `service` need not say. */
export const DEFAULT_SERVICE: ServiceDefinition = {
  packages: ['nodejs22'],
  command: ['node', 'server.js'],
  port: 8080,
  healthPath: '/health',
};

/**
 * Reads a release manifest and packs its artifact into `outputFolder`.
 * @param file path of the manifest; the artifact's path in it is relative to the manifest's own folder
 * @throws ConfigurationError naming the file, the field, what was found and what would be right
 */
export function readRelease(file: string, outputFolder: string): Release {
  const manifest = readJsonObject(file);
  const fields = new Fields(file, manifest, FIELDS);
  const version = fields.text('version', isVersion, 'a semantic version, such as "1.4.0"');
  const described = {
    application: fields.text(
      'application',
      (value) => /^[a-z][a-z0-9-]{0,31}$/.test(value),
      'a name of at most 32 small letters, digits and hyphens that begins with a letter, such as "guestbook"',
    ),
    version,
    livesBeside: fields.text(
      'livesBeside',
      (value) => validRange(value) !== null,
      'a range of semantic versions, such as "^1.0.0"',
      sameMajor(version),
    ),
    service: serviceOf(file, manifest.service),
  };
  const changeCause = fields.text(
    'changeCause',
    (value) => /^[^\p{Cc}]{1,160}$/u.test(value),
    'one line of at most 160 characters that says why, such as "New look"',
  );
  const folder = fields.text(
    'artifact',
    (value) => value !== '',
    'the path of the folder to release, such as "dist"',
  );
  const artifact = pack(file, folder, outputFolder);
  const identity = JSON.stringify({ ...described, artifact: artifact.sha256 });
  return { ...described, changeCause, artifact, digest: createHash('sha256').update(identity).digest('hex') };
}

/** What a release that says nothing can live beside: by semantic versioning, what is compatible has the same major number. */
function sameMajor(version: string): string {
  const [major = '0', minor = '0'] = version.split('.');
  return major === '0' ? `^0.${minor}.0` : `^${major}.0.0`;
}

function pack(file: string, folder: string, outputFolder: string): Artifact {
  try {
    const path = relative(process.cwd(), resolve(dirname(file), folder)) || '.';
    return packArtifact(path, outputFolder);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(
      `${file}: "artifact" is ${quoted(folder)}, but ${error.message}; expected is the path, relative to the manifest, of a folder with the release's files.`,
    );
  }
}

function serviceOf(file: string, service: unknown): ServiceDefinition {
  if (service === undefined) return DEFAULT_SERVICE;
  if (typeof service !== 'object' || service === null || Array.isArray(service)) {
    throw new ConfigurationError(
      `${file}: "service" is ${quoted(service)}; expected is an object with ${SERVICE_FIELDS.join(', ')}.`,
    );
  }
  const fields = new Fields(file, service as Record<string, unknown>, SERVICE_FIELDS, 'service.');
  return {
    packages: fields.value('packages', isPackages, PACKAGES_EXPECTED, DEFAULT_SERVICE.packages),
    command: fields.value('command', isCommand, COMMAND_EXPECTED, DEFAULT_SERVICE.command),
    port: fields.value(
      'port',
      isUnprivilegedPort,
      'a whole number from 1024 to 65535 (the service runs as an unprivileged user)',
      DEFAULT_SERVICE.port,
    ),
    healthPath: fields.text(
      'healthPath',
      (value) => /^\/[\w\-./~%?=&]{0,255}$/.test(value),
      'a path that begins with "/", such as "/health"',
      DEFAULT_SERVICE.healthPath,
    ),
  };
}

const COMMAND_EXPECTED =
  'a list of a program and its arguments, such as ["node","server.js"], each of letters, digits and . _ / = : @ + -';

const PACKAGES_EXPECTED = 'a list of package names, such as ["nodejs22"]';

function isPackages(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string' && /^[A-Za-z0-9][\w.+-]*$/.test(name))
  );
}

/** The words end up in a systemd unit, in YAML and in a shell script: none needs quoting in any of them. */
function isCommand(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((word) => typeof word === 'string' && /^[\w./=:@+-]+$/.test(word)) &&
    /^[\w./]/.test(value[0])
  );
}

function isUnprivilegedPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1024 && Number(value) <= 65535;
}

/** Build metadata is left out: it would name one version in two ways. */
function isVersion(value: string): boolean {
  return valid(value) === value && value.length <= 64;
}

/** The fields of one object of the manifest. Every complaint names the file and the field. */
class Fields {
  constructor(
    private readonly file: string,
    private readonly object: Record<string, unknown>,
    known: readonly string[],
    private readonly prefix = '',
  ) {
    for (const name of Object.keys(object)) {
      if (known.includes(name)) continue;
      throw new ConfigurationError(
        `${file}: unknown field "${prefix}${name}"${didYouMean(name, known)}; known are ${known.map((each) => prefix + each).join(', ')}.`,
      );
    }
  }

  value<T>(name: string, isRight: (value: unknown) => value is T, expected: string, otherwise?: T): T {
    const value = this.object[name];
    if (value === undefined && otherwise !== undefined) return otherwise;
    if (value !== undefined && isRight(value)) return value;
    const found = value === undefined ? 'is missing' : `is ${quoted(value)}`;
    throw new ConfigurationError(`${this.file}: "${this.prefix}${name}" ${found}; expected is ${expected}.`);
  }

  text(name: string, isRight: (value: string) => boolean, expected: string, otherwise?: string): string {
    const isText = (value: unknown): value is string => typeof value === 'string' && isRight(value);
    return this.value(name, isText, expected, otherwise);
  }
}
