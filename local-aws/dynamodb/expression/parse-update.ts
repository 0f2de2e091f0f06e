import { kindOf } from '../value';
import type { Placeholders } from './placeholders';
import { type Assigned, type Path, pathText, type Update } from './syntax';
import { Tokens } from './tokens';

/**
 * Parses an update expression, by
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 * @throws Fault ValidationException, in AWS's words
 */
export function parseUpdate(text: string, placeholders: Placeholders): Update {
  const tokens = new Tokens(text, 'UpdateExpression', placeholders);
  const set: { path: Path; value: Assigned }[] = [];
  const remove: Path[] = [];
  const add: Update['add'][number][] = [];
  const deleted: Update['delete'][number][] = [];
  const sections: Readonly<Record<string, () => void>> = {
    SET: () => {
      const path = tokens.path();
      tokens.expect('=');
      set.push({ path, value: assigned(tokens) });
    },
    REMOVE: () => remove.push(tokens.path()),
    ADD: () => add.push({ path: tokens.path(), value: operandOf(tokens, 'ADD', ['N', 'SS', 'NS', 'BS']) }),
    DELETE: () =>
      deleted.push({ path: tokens.path(), value: operandOf(tokens, 'DELETE', ['SS', 'NS', 'BS']) }),
  };
  const seen = new Set<string>();
  while (!tokens.isAtEnd) {
    const section = Object.keys(sections).find((name) => tokens.takeWord(name));
    if (!section) throw tokens.syntaxError();
    if (seen.has(section))
      throw tokens.fail(`The "${section}" section can only be used once in an update expression;`);
    seen.add(section);
    do sections[section]!();
    while (tokens.take(','));
  }
  const update = { set, remove, add, delete: deleted };
  checkPaths(tokens, pathsOf(update));
  return update;
}

/** All paths that an update changes. */
export function pathsOf(update: Update): Path[] {
  return [
    ...update.set.map(({ path }) => path),
    ...update.remove,
    ...update.add.map(({ path }) => path),
    ...update.delete.map(({ path }) => path),
  ];
}

function assigned(tokens: Tokens): Assigned {
  const left = term(tokens);
  const operator = tokens.takeOneOf(['+', '-'] as const);
  if (!operator) return left;
  const right = term(tokens);
  for (const side of [left, right])
    if (side.kind === 'value' && kindOf(side.value) !== 'N')
      throw tokens.fail(
        `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${kindOf(side.value)}`,
      );
  return { kind: 'sum', operator, left, right };
}

function term(tokens: Tokens): Assigned {
  const name = tokens.takeFunction();
  if (name === undefined) return tokens.pathOrValue();
  if (name === 'if_not_exists') {
    const path = tokens.path();
    tokens.expect(',');
    const otherwise = term(tokens);
    tokens.expect(')');
    return { kind: 'ifNotExists', path, otherwise };
  }
  if (name === 'list_append') {
    const left = term(tokens);
    tokens.expect(',');
    const right = term(tokens);
    tokens.expect(')');
    return { kind: 'listAppend', left, right };
  }
  throw tokens.fail(`Invalid function name; function: ${name}`);
}

function operandOf(tokens: Tokens, section: string, allowed: readonly string[]) {
  const value = tokens.value();
  if (!allowed.includes(kindOf(value)))
    throw tokens.fail(
      `Incorrect operand type for operator or function; operator: ${section}, operand type: ${kindOf(value)}`,
    );
  return value;
}

function checkPaths(tokens: Tokens, paths: readonly Path[]): void {
  for (const [index, one] of paths.entries()) {
    for (const other of paths.slice(index + 1)) {
      const shared = one.findIndex((part, at) => at >= other.length || part !== other[at]);
      const both = `path one: ${pathText(one)}, path two: ${pathText(other)}`;
      if (shared < 0 || shared >= other.length)
        throw tokens.fail(
          `Two document paths overlap with each other; must remove or rewrite one of these paths; ${both}`,
        );
      if (typeof one[shared] !== typeof other[shared])
        throw tokens.fail(
          `Two document paths conflict with each other; must remove or rewrite one of these paths; ${both}`,
        );
    }
  }
}
