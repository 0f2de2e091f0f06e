import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { referencesIn, stageOf } from './component-references';

/** A component document that Image Builder accepts. */
export interface ComponentDocument {
  readonly parameters: readonly DocumentParameter[];
  /** Values of its constants, by name. */
  readonly constants: Readonly<Record<string, string>>;
  /** In the order in which they stand in it. */
  readonly phases: readonly DocumentPhase[];
}

export interface DocumentParameter {
  readonly name: string;
  readonly default?: string;
  readonly description?: string;
}

export interface DocumentPhase {
  readonly name: PhaseName;
  readonly steps: readonly DocumentStep[];
}

export interface DocumentStep {
  readonly name: string;
  /** An action module of AWSTOE: `ExecuteBash`. */
  readonly action: string;
  /** As they stand there: references are not filled in. */
  readonly inputs: unknown;
  /** -1 is without a limit. */
  readonly timeoutSeconds: number;
  readonly onFailure: OnFailure;
  readonly maxAttempts: number;
  /** What it has beside those: `if`, `loop`. */
  readonly constructs: readonly string[];
  /** Where it begins in the document, from 1. */
  readonly line: number;
}

const PHASES = ['build', 'validate', 'test', 'container-host-test'] as const;
export type PhaseName = (typeof PHASES)[number];
const ON_FAILURE = ['Abort', 'Continue', 'Ignore'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** A document that Image Builder refuses. The message says where it is wrong. */
export class DocumentError extends Error {}

/** What is wrong at a place such as `phases[0].steps[1].inputs`. */
class Refusal extends Error {
  constructor(
    readonly place: string,
    message: string,
  ) {
    super(place + message);
  }
}

// https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html
const ACTIONS = [
  ...['AppendFile', 'Assert', 'CopyFile', 'CopyFolder', 'CreateFile', 'CreateFolder', 'CreateSymlink'],
  ...['DeleteFile', 'DeleteFolder', 'ExecuteBash', 'ExecuteBinary', 'ExecuteDocument', 'ExecutePowerShell'],
  ...['InstallMSI', 'ListFiles', 'MoveFile', 'MoveFolder', 'ReadFile', 'Reboot', 'S3Download', 'S3Upload'],
  ...['SetFileEncoding', 'SetFileOwner', 'SetFilePermissions', 'SetFolderOwner', 'SetFolderPermissions'],
  ...['SetRegistry', 'UninstallMSI', 'UpdateOS', 'WebDownload'],
];
const FIELDS = ['name', 'description', 'schemaVersion', 'parameters', 'constants', 'phases'];
const CONSTRUCTS = ['if', 'loop'];
const STEP_FIELDS = [
  ...['name', 'action', 'timeoutSeconds', 'onFailure', 'maxAttempts', 'inputs'],
  ...CONSTRUCTS,
];
const TIMEOUT_SECONDS = 7200;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a component document (YAML) and checks what Image Builder checks when a component is created.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html
 * @throws DocumentError naming the line, the step where it is in one, and what would be right
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
  try {
    return readDocument(yaml, (place) => lineOf(yaml, lines, place) ?? 1);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const line = lineOf(yaml, lines, error.place);
    const step = stepAt(yaml, error.place);
    const where = line === undefined ? '' : `Line ${line}${step ? `, ${step}` : ''}: `;
    throw new DocumentError(where + error.message);
  }
}

function readDocument(yaml: Document, lineAt: (place: string) => number): ComponentDocument {
  const version = yaml.get('schemaVersion', true);
  // YAML reads 1.0 as a number; the real parser looks at the text.
  if (!isScalar(version) || (version.source ?? String(version.value)) !== '1.0') {
    throw new Refusal(
      'schemaVersion',
      ` must be 1.0; found ${isScalar(version) ? version.source : 'nothing'}.`,
    );
  }
  const document = yaml.toJS() as Fields;
  onlyFields('', document, FIELDS);
  const parameters = list('parameters', document.parameters ?? []).map(parameter);
  const constants = list('constants', document.constants ?? []).map(constant);
  const variables = [...parameters.map(({ name }) => name), ...constants.map(([name]) => name)];
  const twice = variables.find((name, index) => variables.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Refusal(
      '',
      `${twice} is declared more than once; parameters and constants need names of their own.`,
    );

  const entries = list('phases', document.phases);
  if (entries.length === 0) throw new Refusal('phases', ' must have at least one phase.');
  const phases: { name: PhaseName; steps: DocumentStep[] }[] = [];
  for (const [index, entry] of entries.entries()) {
    const place = `phases[${index}]`;
    const phase = fields(place, entry);
    onlyFields(place, phase, ['name', 'steps']);
    const name = oneOf(`${place}.name`, phase.name, PHASES);
    if (phases.some((earlier) => earlier.name === name))
      throw new Refusal(`${place}.name`, `: there already is a phase ${name}.`);
    const steps = list(`${place}.steps`, phase.steps);
    if (steps.length === 0) throw new Refusal(`${place}.steps`, ' must have at least one step.');
    const read: DocumentStep[] = [];
    phases.push({ name, steps: read });
    for (const [position, step] of steps.entries()) {
      const stepPlace = `${place}.steps[${position}]`;
      read.push(readStep(stepPlace, step, { name, phases, variables, line: lineAt(stepPlace) }));
    }
  }
  return { parameters, constants: Object.fromEntries(constants), phases };
}

/** What stands before a step, and where it stands. */
interface Surroundings {
  readonly name: PhaseName;
  readonly phases: readonly DocumentPhase[];
  readonly variables: readonly string[];
  readonly line: number;
}

function readStep(place: string, entry: unknown, surroundings: Surroundings): DocumentStep {
  const step = fields(place, entry);
  onlyFields(place, step, STEP_FIELDS);
  const { name } = step;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new Refusal(
      `${place}.name`,
      ` must be a name of letters, digits, hyphens and underscores; found ${show(name)}.`,
    );
  }
  if (surroundings.phases.at(-1)?.steps.some((earlier) => earlier.name === name))
    throw new Refusal(`${place}.name`, `: the phase ${surroundings.name} already has a step ${name}.`);
  const action = oneOf(`${place}.action`, step.action, ACTIONS);
  if (step.inputs === undefined && action !== 'Reboot' && action !== 'UpdateOS')
    throw new Refusal(`${place}.inputs`, ` is missing; ${action} needs it.`);
  for (const part of ['inputs', ...CONSTRUCTS])
    checkReferences(`${place}.${part}`, step[part], surroundings, step.loop !== undefined);
  const timeoutSeconds = integer(`${place}.timeoutSeconds`, step.timeoutSeconds ?? TIMEOUT_SECONDS, -1);
  if (timeoutSeconds === 0)
    throw new Refusal(`${place}.timeoutSeconds`, ' must be 1 or more, or -1 for no limit; found 0.');
  return {
    ...{ name, action, timeoutSeconds, line: surroundings.line },
    inputs: step.inputs,
    onFailure: oneOf(`${place}.onFailure`, step.onFailure ?? 'Abort', ON_FAILURE),
    maxAttempts: integer(`${place}.maxAttempts`, step.maxAttempts ?? 1, 1),
    constructs: CONSTRUCTS.filter((construct) => step[construct] !== undefined),
  };
}

/** Every `{{ name }}` must be declared; every `{{ phase.step.outputs.x }}` must name an earlier step of its stage. */
function checkReferences(place: string, value: unknown, surroundings: Surroundings, inLoop: boolean): void {
  if (typeof value === 'string') {
    for (const reference of referencesIn(value)) {
      // A loop may have a name of its own, by which its steps refer to it.
      if (reference.kind === 'provided' || (reference.kind === 'malformed' && inLoop)) continue;
      const refused = (reason: string) => new Refusal(place, `: {{ ${reference.text} }} ${reason}`);
      if (reference.kind === 'malformed')
        throw refused('is neither a name nor of the form phase.step.inputs.name or phase.step.outputs.name.');
      if (reference.kind === 'variable') {
        if (surroundings.variables.includes(reference.name)) continue;
        throw refused('is not declared under parameters or constants.');
      }
      const earlier = surroundings.phases.find(({ name }) => name === reference.phase);
      if (!earlier?.steps.some(({ name }) => name === reference.step))
        throw refused('is not an earlier step of this document.');
      if (stageOf(earlier.name) !== stageOf(surroundings.name))
        throw refused(`can't be known here: the phase ${surroundings.name} runs on another machine.`);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const innerPlace = Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`;
      checkReferences(innerPlace, inner, surroundings, inLoop);
    }
  }
}

function parameter(entry: unknown, index: number): DocumentParameter {
  const [name, definition] = variable(`parameters[${index}]`, entry);
  const { default: fallback, description } = definition;
  return {
    name,
    ...(fallback === undefined ? {} : { default: String(fallback) }),
    ...(description === undefined ? {} : { description: String(description) }),
  };
}

function constant(entry: unknown, index: number): [name: string, value: string] {
  const place = `constants[${index}]`;
  const [name, { value }] = variable(place, entry);
  if (value === undefined) throw new Refusal(`${place}.${name}.value`, ' is missing.');
  return [name, String(value)];
}

/** A list's entry of the form `- Name: {type: string, …}`. */
function variable(place: string, entry: unknown): [name: string, definition: Fields] {
  const [only, ...more] = Object.entries(fields(place, entry));
  if (!only || more.length > 0) throw new Refusal(place, ' must have one name with its definition below it.');
  const [name, value] = only;
  const definition = fields(`${place}.${name}`, value);
  if (definition.type !== 'string')
    throw new Refusal(`${place}.${name}.type`, ` must be string; found ${show(definition.type)}.`);
  // https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-user-defined-variables.html
  if (!/^[A-Za-z0-9_-]{3,128}$/.test(name))
    throw new Refusal(
      place,
      `: a name has 3 to 128 letters, digits, hyphens and underscores; found ${show(name)}.`,
    );
  return [name, definition];
}

function fields(place: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(place, ` must be a mapping; found ${show(value)}.`);
  return value as Fields;
}

function list(place: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refusal(place, ` must be a list; found ${show(value)}.`);
  return value;
}

function onlyFields(place: string, value: Fields, allowed: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown === undefined) return;
  throw new Refusal(
    place ? `${place}.${unknown}` : unknown,
    ` is not known; known are ${allowed.join(', ')}.`,
  );
}

function oneOf<T extends string>(place: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new Refusal(place, ` must be one of ${allowed.join(', ')}; found ${show(value)}.`);
}

function integer(place: string, value: unknown, least: number): number {
  if (Number.isInteger(value) && Number(value) >= least) return Number(value);
  throw new Refusal(place, ` must be an integer from ${least} up; found ${show(value)}.`);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** The line of a place, or of the nearest thing around it that is there; undefined for the document itself. */
function lineOf(yaml: Document, lines: LineCounter, place: string): number | undefined {
  for (let path = pathOf(place); path.length > 0; path = path.slice(0, -1)) {
    const node = yaml.getIn(path, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** `step Fetch of phase build`, where a place is in a step that has a name. */
function stepAt(yaml: Document, place: string): string | undefined {
  const [phases, phase, steps, step] = pathOf(place);
  if (phases !== 'phases' || steps !== 'steps' || step === undefined) return undefined;
  const name = yaml.getIn([phases, phase, steps, step, 'name']);
  const phaseName = yaml.getIn([phases, phase, 'name']);
  return name === undefined ? undefined : `step ${name} of phase ${phaseName}`;
}

function pathOf(place: string): readonly (string | number)[] {
  return [...place.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? key! : Number(index),
  );
}
