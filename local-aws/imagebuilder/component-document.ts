import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';

/** A component document as far as Image Builder itself looks into it. */
export interface ComponentDocument {
  readonly parameters: readonly DocumentParameter[];
  /** Names of the phases it has, in order. */
  readonly phases: readonly string[];
}

export interface DocumentParameter {
  readonly name: string;
  readonly default?: string;
  readonly description?: string;
}

/** A document that Image Builder refuses. The message says where it is wrong. */
export class DocumentError extends Error {}

// https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html
const ACTIONS = [
  ...['AppendFile', 'Assert', 'CopyFile', 'CopyFolder', 'CreateFile', 'CreateFolder', 'CreateSymlink'],
  ...['DeleteFile', 'DeleteFolder', 'ExecuteBash', 'ExecuteBinary', 'ExecuteDocument', 'ExecutePowerShell'],
  ...['InstallMSI', 'ListFiles', 'MoveFile', 'MoveFolder', 'ReadFile', 'Reboot', 'S3Download', 'S3Upload'],
  ...['SetFileEncoding', 'SetFileOwner', 'SetFilePermissions', 'SetFolderOwner', 'SetFolderPermissions'],
  ...['SetRegistry', 'UninstallMSI', 'UpdateOS', 'WebDownload'],
];
const PHASES = ['build', 'validate', 'test', 'container-host-test'];
const ON_FAILURE = ['Abort', 'Continue', 'Ignore'];
const FIELDS = ['name', 'description', 'schemaVersion', 'parameters', 'constants', 'phases'];
const STEP_FIELDS = ['name', 'action', 'timeoutSeconds', 'onFailure', 'maxAttempts', 'inputs', 'if', 'loop'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a component document (YAML) and checks what Image Builder checks when a component is created.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html
 * @throws DocumentError naming the place and what would be right
 */
export function parseComponentDocument(text: string): ComponentDocument {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines });
  const syntax = yaml.errors[0];
  if (syntax) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw new DocumentError(`Line ${line}, column ${col}: ${syntax.message.split(/ at line \d+/)[0]}`);
  }
  if (!isMap(yaml.contents))
    throw new DocumentError('The document must be a mapping that begins with schemaVersion.');
  const version = yaml.get('schemaVersion', true);
  // YAML reads 1.0 as a number; the real parser looks at the text.
  if (!isScalar(version) || (version.source ?? String(version.value)) !== '1.0') {
    throw new DocumentError(
      `schemaVersion must be 1.0; found ${isScalar(version) ? version.source : 'none'}.`,
    );
  }
  const document = yaml.toJS() as Fields;
  onlyFields('', document, FIELDS);

  const parameters = list('parameters', document.parameters ?? []).map(parameter);
  const constants = list('constants', document.constants ?? []).map(
    (entry, index) => named(`constants[${index}]`, entry)[0],
  );
  const known = new Set([...parameters.map(({ name }) => name), ...constants]);
  const phases = list('phases', document.phases);
  if (phases.length === 0) throw new DocumentError('phases must have at least one phase.');

  const names: string[] = [];
  const steps = new Set<string>();
  phases.forEach((entry, index) => {
    const place = `phases[${index}]`;
    const phase = fields(place, entry);
    onlyFields(place, phase, ['name', 'steps']);
    const name = oneOf(`${place}.name`, phase.name, PHASES);
    if (names.includes(name)) throw new DocumentError(`${place}.name: there already is a phase ${name}.`);
    names.push(name);
    const entries = list(`${place}.steps`, phase.steps);
    if (entries.length === 0) throw new DocumentError(`${place}.steps must have at least one step.`);
    for (const [position, step] of entries.entries()) {
      checkStep(`${place}.steps[${position}]`, name, step, steps, known);
    }
  });
  return { parameters, phases: names };
}

function checkStep(
  place: string,
  phase: string,
  entry: unknown,
  steps: Set<string>,
  known: ReadonlySet<string>,
): void {
  const step = fields(place, entry);
  onlyFields(place, step, STEP_FIELDS);
  if (typeof step.name !== 'string' || !/^[A-Za-z0-9_-]+$/.test(step.name)) {
    throw new DocumentError(
      `${place}.name must be a name of letters, digits, hyphens and underscores; found ${show(step.name)}.`,
    );
  }
  const id = `${phase}.${step.name}`;
  if (steps.has(id))
    throw new DocumentError(`${place}.name: the phase ${phase} already has a step ${step.name}.`);
  oneOf(`${place}.action`, step.action, ACTIONS);
  if (step.onFailure !== undefined) oneOf(`${place}.onFailure`, step.onFailure, ON_FAILURE);
  integer(`${place}.timeoutSeconds`, step.timeoutSeconds, -1);
  integer(`${place}.maxAttempts`, step.maxAttempts, 1);
  if (step.inputs === undefined && step.action !== 'Reboot' && step.action !== 'UpdateOS') {
    throw new DocumentError(`${place}.inputs is missing; ${step.action} needs it.`);
  }
  checkReferences(place, { inputs: step.inputs, if: step.if, loop: step.loop }, steps, known);
  steps.add(id);
}

/** Every `{{ name }}` must be declared; every `{{ phase.step.outputs.x }}` must name an earlier step. */
function checkReferences(
  place: string,
  value: unknown,
  steps: ReadonlySet<string>,
  known: ReadonlySet<string>,
): void {
  if (typeof value === 'string') {
    for (const [, reference = ''] of value.matchAll(/\{\{\s*([A-Za-z0-9_.:-]+)\s*\}\}/g)) {
      const [phase = '', step, part] = reference.split('.');
      if (phase === 'loop' || reference.startsWith('imagebuilder:')) continue;
      if (step === undefined ? known.has(reference) : steps.has(`${phase}.${step}`) || part === 'inputs')
        continue;
      throw new DocumentError(
        `${place}: {{ ${reference} }} is ${step === undefined ? 'not declared under parameters or constants' : 'not an earlier step of this document'}.`,
      );
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      checkReferences(Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`, inner, steps, known);
    }
  }
}

function parameter(entry: unknown, index: number): DocumentParameter {
  const place = `parameters[${index}]`;
  const [name, definition] = named(place, entry);
  const { type, default: fallback, description } = definition;
  if (type !== 'string')
    throw new DocumentError(`${place}.${name}.type must be string; found ${show(type)}.`);
  return {
    name,
    ...(fallback === undefined ? {} : { default: String(fallback) }),
    ...(description === undefined ? {} : { description: String(description) }),
  };
}

/** A list's entry of the form `- name: {…}`. */
function named(place: string, entry: unknown): [name: string, definition: Fields] {
  const [only, ...more] = Object.entries(fields(place, entry));
  if (!only || more.length > 0)
    throw new DocumentError(`${place} must have one name with its definition below it.`);
  return [only[0], fields(`${place}.${only[0]}`, only[1])];
}

function fields(place: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DocumentError(`${place} must be a mapping; found ${show(value)}.`);
  }
  return value as Fields;
}

function list(place: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new DocumentError(`${place} must be a list; found ${show(value)}.`);
  return value;
}

function onlyFields(place: string, value: Fields, allowed: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown !== undefined) {
    throw new DocumentError(
      `${place ? `${place}.` : ''}${unknown} is not known; known are ${allowed.join(', ')}.`,
    );
  }
}

function oneOf(place: string, value: unknown, allowed: readonly string[]): string {
  if (typeof value === 'string' && allowed.includes(value)) return value;
  throw new DocumentError(`${place} must be one of ${allowed.join(', ')}; found ${show(value)}.`);
}

function integer(place: string, value: unknown, least: number): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= least)) return;
  throw new DocumentError(`${place} must be an integer from ${least} up; found ${show(value)}.`);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
