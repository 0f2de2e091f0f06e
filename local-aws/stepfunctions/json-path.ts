import { runtimeError } from './state-error';

type Step = { readonly name: string } | { readonly index: number } | 'all';

const stepPattern =
  /\.\*|\[\*\]|\.([^.[\]*'"\s()?@]+)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(-?\d+)\]/y;

/**
 * Parses a JSONPath of names, indexes and `*`. Filters, slices and `..` are not served.
 * @param path without the second `$` of a path into the context object
 * @throws Error saying which path is not understood
 */
export function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  let position = 1;
  while (path.startsWith('$') && position < path.length) {
    stepPattern.lastIndex = position;
    const match = stepPattern.exec(path);
    if (!match) break;
    const [text, plain, single, double, index] = match;
    const name = plain ?? single?.replace(/\\(.)/g, '$1') ?? double?.replace(/\\(.)/g, '$1');
    if (name !== undefined) steps.push({ name });
    else steps.push(index === undefined ? 'all' : { index: Number(index) });
    position += text.length;
  }
  if (!path.startsWith('$') || position !== path.length)
    throw new Error(
      `The path '${path}' is not one of names, indexes and *, beginning with $; the local AWS reads no other.`,
    );
  return steps;
}

/**
 * What a path leads to; with `*` in it, an array of all that it leads to.
 * @throws StateError States.Runtime when it leads to nothing
 */
export function readPath(path: string, root: unknown): unknown {
  const found = findPath(path, root);
  if (found === undefined)
    throw runtimeError(`The JSONPath '${path}' could not be found in the input '${JSON.stringify(root)}'`);
  return found;
}

/** The same; undefined when it leads to nothing. */
export function findPath(path: string, root: unknown): unknown {
  const steps = parsePath(path);
  let values: unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => follow(value, step));
  return steps.includes('all') ? values : values[0];
}

function follow(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === 'all') return Object.values(value);
  if ('index' in step) {
    const item = Array.isArray(value) ? value.at(step.index) : undefined;
    return item === undefined ? [] : [item];
  }
  return Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : [];
}

/**
 * A copy of the root in which the path leads to the value; objects on the way are made where they lack.
 * @throws StateError when something else than an object is on the way
 */
export function writePath(path: string, root: unknown, value: unknown): unknown {
  return write(parsePath(path), root, value, path);
}

function write([step, ...rest]: readonly Step[], target: unknown, value: unknown, path: string): unknown {
  if (step === undefined) return value;
  if (step === 'all') throw runtimeError(`The path '${path}' names more than one place to write to.`);
  if ('index' in step) {
    if (!Array.isArray(target) || step.index < 0 || step.index >= target.length)
      throw runtimeError(`The path '${path}' has no array item ${step.index} to write to.`);
    return target.map((item, index) => (index === step.index ? write(rest, item, value, path) : item));
  }
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  if (target !== undefined && !isObject)
    throw runtimeError(`The path '${path}' cannot be written: there is no object to hold ${step.name}.`);
  const object = (target ?? {}) as Record<string, unknown>;
  const before = Object.hasOwn(object, step.name) ? object[step.name] : undefined;
  return { ...object, [step.name]: write(rest, before, value, path) };
}
