import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../value';
import type { Placeholders } from './placeholders';
import type { Path } from './syntax';
import { Tokens } from './tokens';

/** What stands at a place in an item. */
export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value: AttributeValue | undefined = item[path[0] as string];
  for (let at = 1; at < path.length && value !== undefined; at++) {
    const part = path[at]!;
    value = typeof part === 'number' ? value.L?.[part] : value.M?.[part];
  }
  return value;
}

/** Parses a projection. @throws Fault ValidationException, in AWS's words */
export function parseProjection(text: string, placeholders: Placeholders): Path[] {
  const tokens = new Tokens(text, 'ProjectionExpression', placeholders);
  const paths = [tokens.path()];
  while (tokens.take(',')) paths.push(tokens.path());
  tokens.expectEnd();
  return paths;
}

/** A part of an item: what stands at some of its places. Lists close the gaps between their elements. */
export function project(item: Item, paths: readonly Path[] | undefined): Item {
  return paths ? (projectMap(item, paths, 0) ?? {}) : item;
}

function projectValue(
  value: AttributeValue | undefined,
  paths: readonly Path[],
  depth: number,
): AttributeValue | undefined {
  if (value === undefined || paths.some((path) => path.length === depth)) return value;
  if (value.M) {
    const M = projectMap(value.M, paths, depth);
    return M && { M };
  }
  if (!value.L) return undefined;
  const L = value.L.flatMap((element, index) => {
    const inside = paths.filter((path) => path[depth] === index);
    return (inside.length > 0 && projectValue(element, inside, depth + 1)) || [];
  });
  return L.length > 0 ? { L } : undefined;
}

function projectMap(
  map: Item,
  paths: readonly Path[],
  depth: number,
): Record<string, AttributeValue> | undefined {
  const kept: Record<string, AttributeValue> = {};
  for (const name of new Set(paths.map((path) => path[depth]))) {
    if (typeof name !== 'string') continue;
    const value = projectValue(
      map[name],
      paths.filter((path) => path[depth] === name),
      depth + 1,
    );
    if (value !== undefined) kept[name] = value;
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}
