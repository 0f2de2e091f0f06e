import type { FailState, State } from './definition';
import { readPath, writePath } from './json-path';
import { StateError } from './state-error';
import { evaluate, type Scope } from './template';

/** How a state was left: to which one, none at the end, and with what. */
export interface Exit {
  readonly next: string | undefined;
  readonly output: unknown;
}

/** InputPath and OutputPath: null gives an empty object. */
export function select(path: string | null | undefined, data: unknown): unknown {
  if (path === null) return {};
  return path === undefined ? data : readPath(path, data);
}

/** ResultPath: null keeps the input as it was, and none replaces it. */
export function place(path: string | null | undefined, raw: unknown, result: unknown): unknown {
  if (path === null) return raw;
  return path === undefined ? result : writePath(path, raw, result);
}

/** The end of a state that goes on to its `Next`, with its OutputPath applied. */
export function leave(state: State, output: unknown): Exit {
  const { Next, OutputPath } = state as { Next?: string; OutputPath?: string | null };
  return { next: Next, output: select(OutputPath, output) };
}

/** What a Fail state fails with. */
export function failureOf(state: FailState, scope: Scope): StateError {
  const read = (path: string | undefined, value: string | undefined) =>
    path === undefined ? value : String(evaluate(path, scope, 'Error or Cause'));
  return new StateError(read(state.ErrorPath, state.Error) ?? '', read(state.CausePath, state.Cause) ?? '');
}
