import { callIntrinsic } from './intrinsics';
import { findPath } from './json-path';
import { StateError } from './state-error';

/** What paths and intrinsic functions are evaluated on. */
export interface Scope {
  readonly input: unknown;
  /** The context object, `$$`. */
  readonly context: unknown;
}

/**
 * Fills a payload template (`Parameters`, `ResultSelector`): a field `x.$` becomes `x` with what its
 * path or intrinsic function gives.
 * @throws StateError States.ParameterPathFailure when a path leads to nothing
 */
export function fillTemplate(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, scope));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), evaluate(String(value), scope, key)]
        : [key, fillTemplate(value, scope)],
    ),
  );
}

/** A path (`$.a`), a path into the context object (`$$.a`), or an intrinsic function (`States.Format(…)`). */
export function evaluate(expression: string, scope: Scope, field: string): unknown {
  if (!expression.startsWith('$'))
    return callIntrinsic(expression, (argument) => evaluate(argument, scope, field));
  const [path, root] = expression.startsWith('$$')
    ? [expression.slice(1), scope.context]
    : [expression, scope.input];
  const found = findPath(path, root);
  if (found === undefined)
    throw new StateError(
      'States.ParameterPathFailure',
      `The JSONPath '${expression}' specified for the field '${field}' could not be found in the input '${JSON.stringify(root)}'`,
    );
  return found;
}
