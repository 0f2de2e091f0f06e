import { readFileSync } from 'node:fs';
import { ConfigurationError, quoted } from '../configuration-error';

/**
 * Reads a file that holds one JSON object.
 * @throws ConfigurationError naming the file, and line and column where it is no JSON
 */
export function readJsonObject(file: string): Record<string, unknown> {
  const text = readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigurationError(`${file} is not JSON: ${placeOfError(text)}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(`${file} holds ${quoted(value)}; a JSON object {…} is expected.`);
  }
  return value as Record<string, unknown>;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new ConfigurationError(`${file} does not exist.`);
    if (code === 'EISDIR') throw new ConfigurationError(`${file} is a folder; a JSON file is expected.`);
    throw new ConfigurationError(`${file} can't be read (${code ?? String(error)}).`);
  }
}

function placeOfError(text: string): string {
  const offset = offsetOfError(text);
  const before = text.slice(0, offset).split('\n');
  const found = offset < text.length ? `${quoted(text[offset])} is out of place` : 'the file ends too early';
  return `line ${before.length}, column ${before[before.length - 1]!.length + 1}: ${found}`;
}

/**
 * Offset of the first character that no JSON text could have there. Node's own message names the place in
 * some cases only.
 */
function offsetOfError(text: string): number {
  const token =
    /\s*(?:([{}[\],:])|("(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/y;
  let offset = 0;
  let start = 0;
  let kind = '';
  const next = () => {
    token.lastIndex = offset;
    const match = token.exec(text);
    start = offset + /\s*/y.exec(text.slice(offset))![0].length;
    kind = match ? (match[1] ?? (match[2] ? 'string' : 'scalar')) : '';
    if (match) offset = token.lastIndex;
  };
  const is = (...kinds: string[]) => kinds.includes(kind);
  // Each of these begins at the present token and leaves it at the one after; false where it can't go on.
  const value = (): boolean => {
    if (is('string', 'scalar')) return advance();
    if (is('{')) return list('}', () => is('string') && advance() && is(':') && advance() && value());
    return is('[') && list(']', value);
  };
  const list = (end: string, item: () => boolean): boolean => {
    next();
    if (is(end)) return advance();
    while (item()) {
      if (is(end)) return advance();
      if (!is(',')) return false;
      next();
    }
    return false;
  };
  const advance = (): boolean => {
    next();
    return true;
  };
  next();
  value();
  return start;
}
