import { Fault } from '../core/fault';
import { type ChoiceRule, operatorOf } from './choice';
import { parseIntrinsic } from './intrinsics';
import { parsePath } from './json-path';

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  /** FULL would wait a random part of the delay. It is taken as NONE here, so that every run is the same. */
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath?: string | null;
  readonly Next: string;
}

interface Common {
  readonly InputPath?: string | null;
  readonly OutputPath?: string | null;
  readonly Next?: string;
  readonly End?: boolean;
}

export interface TaskState extends Common {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Parameters?: unknown;
  readonly ResultSelector?: unknown;
  readonly ResultPath?: string | null;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface PassState extends Common {
  readonly Type: 'Pass';
  readonly Result?: unknown;
  readonly Parameters?: unknown;
  readonly ResultPath?: string | null;
}

export interface WaitState extends Common {
  readonly Type: 'Wait';
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
}

export interface ChoiceState extends Common {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface SucceedState extends Common {
  readonly Type: 'Succeed';
}

export interface FailState extends Common {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

/** A state of a definition. */
export type State = TaskState | PassState | WaitState | ChoiceState | SucceedState | FailState;

/** A state machine in the Amazon States Language, as far as it is served. */
export interface Definition {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

const common = ['Type', 'Comment', 'QueryLanguage', 'InputPath', 'OutputPath'];
const onward = [...common, 'Next', 'End'];

/** Fields by state type. Parallel, Map and JSONata are refused, as nothing here uses them. */
const fields: Readonly<Record<State['Type'], readonly string[]>> = {
  Task: [
    ...onward,
    'Resource',
    'Parameters',
    'ResultSelector',
    'ResultPath',
    'TimeoutSeconds',
    'Retry',
    'Catch',
  ],
  Pass: [...onward, 'Result', 'Parameters', 'ResultPath'],
  Wait: [...onward, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Choice: [...common, 'Choices', 'Default'],
  Succeed: common,
  Fail: ['Type', 'Comment', 'QueryLanguage', 'Error', 'ErrorPath', 'Cause', 'CausePath'],
};
const retrierFields = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];
const catcherFields = ['ErrorEquals', 'ResultPath', 'Next', 'Comment'];

/** Resource of the task that calls any function, with its name among the parameters. */
export const lambdaInvoke = 'arn:aws:states:::lambda:invoke';

/**
 * Parses and checks a state machine's definition: everything that it uses has to be served here.
 * @throws Fault InvalidDefinition naming the place and the problem
 */
export function parseDefinition(text: string): Definition {
  let definition: Definition;
  try {
    definition = JSON.parse(text) as Definition;
  } catch (error) {
    throw invalid('INVALID_JSON_DESCRIPTION', (error as Error).message, '/');
  }
  checkFields(
    definition,
    ['Comment', 'StartAt', 'Version', 'QueryLanguage', 'TimeoutSeconds', 'States'],
    '/',
  );
  checkQueryLanguage(definition, '/');
  const { StartAt, States } = definition;
  if (typeof States !== 'object' || States === null || Object.keys(States).length === 0)
    throw schema('States is an object with at least one state', '/States');
  checkTarget(States, StartAt, '/StartAt');
  for (const [name, state] of Object.entries(States)) checkState(States, name, state);
  return definition;
}

function checkState(states: Definition['States'], name: string, state: State): void {
  const place = `/States/${name}`;
  if (!Object.hasOwn(fields, state.Type))
    throw schema(`The local AWS serves no state of type ${state.Type}`, `${place}/Type`);
  checkFields(state, fields[state.Type], place);
  checkQueryLanguage(state, place);
  for (const field of ['InputPath', 'OutputPath', 'ResultPath', 'SecondsPath', 'TimestampPath'])
    checkPath((state as unknown as Record<string, unknown>)[field], `${place}/${field}`);

  if (state.Type === 'Choice') {
    if (!Array.isArray(state.Choices) || state.Choices.length === 0)
      throw schema('A Choice has at least one rule', `${place}/Choices`);
    state.Choices.forEach((rule, index) => {
      checkTarget(states, rule.Next, `${place}/Choices[${index}]/Next`);
      checkRule(rule, `${place}/Choices[${index}]`);
    });
    if (state.Default !== undefined) checkTarget(states, state.Default, `${place}/Default`);
    return;
  }
  if (state.Type === 'Succeed' || state.Type === 'Fail') return;

  if ((state.Next === undefined) === (state.End !== true))
    throw schema('Either Next or End is needed', place);
  if (state.Next !== undefined) checkTarget(states, state.Next, `${place}/Next`);
  if (state.Type === 'Wait') {
    const given = [state.Seconds, state.SecondsPath, state.Timestamp, state.TimestampPath];
    if (given.filter((value) => value !== undefined).length !== 1)
      throw schema('A Wait has one of Seconds, SecondsPath, Timestamp, TimestampPath', place);
    return;
  }
  checkTemplate(state.Parameters, `${place}/Parameters`);
  if (state.Type === 'Task') checkTask(states, state, place);
}

function checkTask(states: Definition['States'], state: TaskState, place: string): void {
  const isFunction = /^arn:aws:lambda:[^:]+:\d{12}:function:[^:]+(:\$LATEST)?$/.test(String(state.Resource));
  if (!isFunction && state.Resource !== lambdaInvoke)
    throw schema(
      `The local AWS serves tasks that are a function's ARN or ${lambdaInvoke}; found ${state.Resource}`,
      `${place}/Resource`,
    );
  checkTemplate(state.ResultSelector, `${place}/ResultSelector`);
  for (const [index, retrier] of (state.Retry ?? []).entries())
    checkFields(retrier, retrierFields, `${place}/Retry[${index}]`);
  for (const [index, catcher] of (state.Catch ?? []).entries()) {
    checkFields(catcher, catcherFields, `${place}/Catch[${index}]`);
    checkPath(catcher.ResultPath, `${place}/Catch[${index}]/ResultPath`);
    checkTarget(states, catcher.Next, `${place}/Catch[${index}]/Next`);
  }
}

function checkRule(rule: ChoiceRule, place: string): void {
  const parts = [...(rule.And ?? []), ...(rule.Or ?? []), ...(rule.Not ? [rule.Not] : [])];
  for (const part of parts) checkRule(part, place);
  if (parts.length > 0) return;
  checkPath(rule.Variable ?? '', `${place}/Variable`);
  attempt(() => operatorOf(rule), place);
}

function checkTemplate(template: unknown, place: string): void {
  if (typeof template !== 'object' || template === null) return;
  for (const [key, value] of Object.entries(template)) {
    if (!key.endsWith('.$')) checkTemplate(value, `${place}/${key}`);
    else if (String(value).startsWith('$')) checkPath(String(value).replace(/^\$\$/, '$'), `${place}/${key}`);
    else attempt(() => parseIntrinsic(String(value)), `${place}/${key}`);
  }
}

function checkPath(path: unknown, place: string): void {
  if (path === undefined || path === null) return;
  attempt(() => parsePath(String(path).replace(/^\$\$/, '$')), place);
}

function checkTarget(states: Definition['States'], name: string | undefined, place: string): void {
  if (name === undefined || !Object.hasOwn(states, name))
    throw invalid('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${name}`, place);
}

function checkFields(value: object, known: readonly string[], place: string): void {
  for (const field of Object.keys(value))
    if (!known.includes(field)) throw schema(`The local AWS does not serve the field ${field}`, place);
}

function checkQueryLanguage(value: object, place: string): void {
  const language = 'QueryLanguage' in value ? value.QueryLanguage : 'JSONPath';
  if (language !== 'JSONPath')
    throw schema(`The local AWS reads JSONPath; found ${language}`, `${place}/QueryLanguage`);
}

function attempt(check: () => unknown, place: string): void {
  try {
    check();
  } catch (error) {
    throw schema((error as Error).message, place);
  }
}

function schema(message: string, place: string): Fault {
  return invalid('SCHEMA_VALIDATION_FAILED', message, place);
}

function invalid(code: string, message: string, place: string): Fault {
  return new Fault(
    'InvalidDefinition',
    `Invalid State Machine Definition: '${code}: ${message} at ${place}'`,
  );
}
