import {
  DocumentError,
  type DocumentStep,
  type PhaseName,
  parseComponentDocument,
} from '../imagebuilder/component-document';
import { fillIn, type Reference, referencesIn } from '../imagebuilder/component-references';
import type { BakeRequest } from '../machines/driver';
import { type Action, type Form, Inputs } from './action';
import { ACTIONS } from './actions';

/** A component that can be carried out. */
export interface PlannedComponent {
  readonly name: string;
  /** Values of its parameters and constants, by name. */
  readonly variables: Readonly<Record<string, string>>;
  readonly phases: readonly { readonly name: PhaseName; readonly steps: readonly PlannedStep[] }[];
}

export interface PlannedStep extends DocumentStep {
  readonly component: string;
  readonly phase: PhaseName;
  /** Whether a later step refers to what it wrote. */
  readonly isReadLater: boolean;
}

/**
 * Reads all components of a recipe, and refuses what can't be carried out, before anything is.
 * @throws Error naming component, line, phase and step, and what would be right
 */
export function planComponents(components: BakeRequest['components']): readonly PlannedComponent[] {
  return components.map(planComponent);
}

function planComponent({ name, document, parameters }: BakeRequest['components'][number]): PlannedComponent {
  const parsed = inComponent(name, () => parseComponentDocument(document));
  const missing = parsed.parameters.find(
    (declared) => declared.default === undefined && parameters[declared.name] === undefined,
  );
  if (missing)
    throw new Error(`Component ${name}: the parameter ${missing.name} has neither a value nor a default.`);
  const declared = parsed.parameters.map((parameter) => parameter.name);
  const undeclared = Object.keys(parameters).find((given) => !declared.includes(given));
  if (undeclared !== undefined)
    throw new Error(
      `Component ${name}: a value is given for the parameter ${undeclared}, which the document does not declare.`,
    );
  const values = parsed.parameters.map((parameter) => [
    parameter.name,
    parameters[parameter.name] ?? parameter.default!,
  ]);
  const variables = { ...Object.fromEntries(values), ...parsed.constants } as Record<string, string>;

  const steps: PlannedStep[] = parsed.phases.flatMap((phase) =>
    phase.steps.map((step) => ({
      ...{ ...step, component: name, phase: phase.name },
      isReadLater: parsed.phases.some((other) =>
        other.steps.some((later) => reads(later, phase.name, step.name)),
      ),
    })),
  );
  for (const step of steps) {
    const refusal = refusalOf(step, steps, variables);
    if (refusal === undefined) continue;
    throw new Error(
      `Component ${name}, line ${step.line}, step ${step.name} of phase ${step.phase}: ${refusal}.`,
    );
  }
  return {
    ...{ name, variables },
    phases: parsed.phases.map((phase) => ({
      name: phase.name,
      steps: steps.filter((step) => step.phase === phase.name),
    })),
  };
}

/** The inputs of a step with what its references stand for, as the action takes them. */
export function inputsOf(step: DocumentStep, standIn: (reference: Reference) => string): readonly Inputs[] {
  const filled = fillIn(step.inputs ?? {}, standIn);
  return (Array.isArray(filled) ? filled : [filled]).map((inputs) => new Inputs(inputs));
}

/** What a step was given under a name, with its own references still in it. @returns undefined when nothing */
export function inputOf(
  step: DocumentStep,
  { index, variable }: { index?: number; variable: string },
): unknown {
  const { inputs } = step;
  const entry: unknown = Array.isArray(inputs) ? inputs[index ?? 0] : index ? undefined : inputs;
  return (entry as Readonly<Record<string, unknown>> | undefined)?.[variable];
}

/** Why a step can't be carried out, if so. */
function refusalOf(
  step: PlannedStep,
  steps: readonly PlannedStep[],
  variables: Readonly<Record<string, string>>,
): string | undefined {
  const action = ACTIONS[step.action];
  if (!action) {
    const carriedOut = Object.keys(ACTIONS).sort().join(', ');
    return `the action ${step.action} is not carried out here; those that are: ${carriedOut}`;
  }
  if (step.phase === 'container-host-test') return 'containers are not tested here';
  if (step.constructs.length > 0) return `${step.constructs.join(' and ')} is not carried out here`;
  const shape = shapeError(action, step.inputs ?? {});
  if (shape) return shape;
  const references = allReferences(step.inputs);
  for (const reference of references) {
    const wrong = referenceError(reference, steps);
    if (wrong) return `{{ ${reference.text} }} ${wrong}`;
  }
  // What only the run will tell is judged then.
  if (references.some(({ kind }) => kind === 'chain')) return undefined;
  return firstRefusal(
    action,
    inputsOf(step, ({ text }) => variables[text] ?? ''),
  );
}

/** Why an action refuses its inputs, if it does. */
export function firstRefusal(action: Action, inputs: readonly Inputs[]): string | undefined {
  return inputs.map((entry) => action.refusal?.(entry)).find((refusal) => refusal !== undefined);
}

function referenceError(reference: Reference, steps: readonly PlannedStep[]): string | undefined {
  if (reference.kind === 'provided') return 'is not filled in here';
  if (reference.kind !== 'chain') return undefined;
  const source = steps.find(({ phase, name }) => phase === reference.phase && name === reference.step);
  if (!source) return 'is not a step of this document';
  if (reference.part === 'inputs') {
    const input = inputOf(source, reference);
    if (typeof input === 'string' || typeof input === 'number') return undefined;
    return `is not a text: the step ${source.name} has no such input`;
  }
  const output = ACTIONS[source.action]?.output;
  if (reference.variable === output) return undefined;
  return output === undefined
    ? `can't be known: ${source.action} has no outputs`
    : `can't be known: of ${source.action} there is the output ${output} alone`;
}

function shapeError(action: Action, inputs: unknown): string | undefined {
  if (Array.isArray(inputs) !== (action.takes === 'list'))
    return `inputs must be a ${action.takes === 'list' ? 'list' : 'mapping'}`;
  const entries: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  if (entries.length === 0) return 'inputs must have at least one entry';
  for (const [index, entry] of entries.entries()) {
    const place = action.takes === 'list' ? `inputs[${index}]` : 'inputs';
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      return `${place} must be a mapping`;
    const found = entry as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(found).find((name) => !Object.hasOwn(action.fields, name));
    if (unknown !== undefined)
      return `${place}.${unknown} is not carried out here; known are ${Object.keys(action.fields).join(', ')}`;
    for (const [name, { form, required }] of Object.entries(action.fields)) {
      const value = found[name];
      if (value === undefined) {
        if (required) return `${place}.${name} is missing`;
      } else if (!FORMS[form].fits(value)) {
        return `${place}.${name} must be ${FORMS[form].called}; found ${JSON.stringify(value)}`;
      }
    }
  }
  return undefined;
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

const FORMS: Readonly<Record<Form, { readonly called: string; readonly fits: (value: unknown) => boolean }>> =
  {
    text: { called: 'a text', fits: isPlain },
    texts: {
      called: 'a list of texts',
      fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isPlain),
    },
    flag: { called: 'true or false', fits: (value) => ['true', 'false'].includes(String(value)) },
    number: { called: 'a whole number', fits: (value) => Number.isInteger(value) },
  };

function reads(later: DocumentStep, phase: string, step: string): boolean {
  return allReferences(later.inputs).some(
    (reference) =>
      reference.kind === 'chain' &&
      reference.part === 'outputs' &&
      reference.phase === phase &&
      reference.step === step,
  );
}

function allReferences(value: unknown): readonly Reference[] {
  if (typeof value === 'string') return referencesIn(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(allReferences);
}

function inComponent<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DocumentError) throw new Error(`Component ${name}: ${error.message}`);
    throw error;
  }
}
