import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from '../faults';
import { calculate, type Item, kindOf, membersOf } from '../value';
import { valueAt } from './paths';
import type { Assigned, Path, Update } from './syntax';

/**
 * The item after an update. All values are read from the item as it was.
 * @throws Fault ValidationException, in AWS's words
 */
export function applyUpdate(item: Item, update: Update): Item {
  const values = update.set.map(({ path, value }) => ({ path, value: evaluate(value, item) }));
  let next = item;
  for (const { path, value } of values) next = replaced(next, path, value);
  for (const { path, value } of update.add) next = replaced(next, path, added(valueAt(item, path), value));
  for (const { path, value } of update.delete) {
    const rest = without(valueAt(item, path), value);
    next = rest === 'nothing' ? next : replaced(next, path, rest);
  }
  // From the back, so that the positions in a list stay what they were.
  for (const path of [...update.remove].sort(fromTheBack)) next = replaced(next, path, undefined);
  return next;
}

function evaluate(assigned: Assigned, item: Item): AttributeValue {
  switch (assigned.kind) {
    case 'value':
      return assigned.value;
    case 'ifNotExists':
      return valueAt(item, assigned.path) ?? evaluate(assigned.otherwise, item);
    case 'listAppend': {
      const left = evaluate(assigned.left, item).L;
      const right = evaluate(assigned.right, item).L;
      if (!left || !right) throw wrongType();
      return { L: [...left, ...right] };
    }
    case 'sum': {
      const left = evaluate(assigned.left, item).N;
      const right = evaluate(assigned.right, item).N;
      if (left === undefined || right === undefined) throw wrongType();
      return { N: calculate(left, assigned.operator, right) };
    }
    case 'path': {
      const value = valueAt(item, assigned.path);
      if (value === undefined)
        throw invalid('The provided expression refers to an attribute that does not exist in the item');
      return value;
    }
  }
}

function added(value: AttributeValue | undefined, addend: AttributeValue): AttributeValue {
  if (value === undefined) return addend;
  const kind = kindOf(addend);
  if (kindOf(value) !== kind) throw wrongType();
  if (kind === 'N') return { N: calculate(value.N!, '+', addend.N!) };
  const members = new Set(membersOf(value));
  if (kind === 'BS') {
    const texts = membersOf(addend);
    return { BS: [...value.BS!, ...addend.BS!.filter((_, index) => !members.has(texts[index]!))] };
  }
  const union = [...new Set([...members, ...membersOf(addend)])];
  return kind === 'SS' ? { SS: union } : { NS: union };
}

/** A set without some of its members; undefined when none is left, `nothing` when there is nothing to do. */
function without(
  value: AttributeValue | undefined,
  removed: AttributeValue,
): AttributeValue | undefined | 'nothing' {
  if (value === undefined) return 'nothing';
  const kind = kindOf(removed);
  if (kindOf(value) !== kind) throw wrongType();
  const gone = new Set(membersOf(removed));
  const texts = membersOf(value);
  const isKept = (_: unknown, index: number) => !gone.has(texts[index]!);
  if (texts.every((text) => gone.has(text))) return undefined;
  if (kind === 'SS') return { SS: value.SS!.filter(isKept) };
  if (kind === 'NS') return { NS: value.NS!.filter(isKept) };
  return { BS: value.BS!.filter(isKept) };
}

/** A copy of the item with another value at a place, or with none. */
function replaced(item: Item, path: Path, value: AttributeValue | undefined): Item {
  const name = path[0] as string;
  const inside = path.length === 1 ? value : replacedInside(item[name], path, 1, value);
  return withMember(item, name, inside);
}

function replacedInside(
  container: AttributeValue | undefined,
  path: Path,
  depth: number,
  value: AttributeValue | undefined,
): AttributeValue {
  const part = path[depth]!;
  const isLast = depth === path.length - 1;
  if (typeof part === 'string') {
    if (!container?.M) throw invalidPath();
    const inside = isLast ? value : replacedInside(container.M[part], path, depth + 1, value);
    return { M: withMember(container.M, part, inside) };
  }
  if (!container?.L) throw invalidPath();
  const inside = isLast ? value : replacedInside(container.L[part], path, depth + 1, value);
  if (inside === undefined) return { L: container.L.filter((_, index) => index !== part) };
  // A position behind the end means the end.
  const at = Math.min(part, container.L.length);
  return { L: [...container.L.slice(0, at), inside, ...container.L.slice(at + 1)] };
}

function withMember(
  map: Item,
  name: string,
  value: AttributeValue | undefined,
): Record<string, AttributeValue> {
  if (value !== undefined) return { ...map, [name]: value };
  const { [name]: _, ...rest } = map;
  return rest;
}

function fromTheBack(one: Path, other: Path): number {
  const at = one.findIndex((part, index) => part !== other[index]);
  const [a, b] = [one[at], other[at]];
  return typeof a === 'number' && typeof b === 'number' ? b - a : 0;
}

function wrongType() {
  return invalid('An operand in the update expression has an incorrect data type');
}

function invalidPath() {
  return invalid('The document path provided in the update expression is invalid for update');
}
