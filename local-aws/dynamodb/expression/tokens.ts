import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Fault } from '../../core/fault';
import { invalid } from '../faults';
import type { Placeholders } from './placeholders';
import { RESERVED_WORDS } from './reserved-words';
import type { ExpressionKind, Path, PathOrValue } from './syntax';

interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'number' | 'symbol' | 'end';
  readonly text: string;
}

const TOKEN = /\s*(?:([A-Za-z_]\w*)|(#\w+)|(:\w+)|(\d+)|(<>|<=|>=|[<>=(),.[\]+-])|(\S))/y;
const END: Token = { kind: 'end', text: '<EOF>' };

/** An expression's text, read from left to right. All that is read wrongly ends in a ValidationException. */
export class Tokens {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(
    text: string,
    readonly kind: ExpressionKind,
    private readonly placeholders: Placeholders,
  ) {
    if (text.trim() === '') throw invalid(`Invalid ${kind}: The expression can not be empty;`);
    this.tokens = this.split(text);
  }

  /** Takes the next token if it is this symbol. */
  take(symbol: string): boolean {
    const found = this.next.kind === 'symbol' && this.next.text === symbol;
    if (found) this.position++;
    return found;
  }

  /** Takes the next token if it is this word, in any case of its letters. */
  takeWord(word: string): boolean {
    const found = this.next.kind === 'word' && this.next.text.toUpperCase() === word;
    if (found) this.position++;
    return found;
  }

  /** Takes the next two tokens if they are a function's name and the parenthesis after it. */
  takeFunction(): string | undefined {
    const { kind, text } = this.next;
    if (kind !== 'word' || this.at(this.position + 1).text !== '(') return undefined;
    this.position += 2;
    return text;
  }

  /** Takes whichever of the symbols comes next. */
  takeOneOf<S extends string>(symbols: readonly S[]): S | undefined {
    return symbols.find((symbol) => this.take(symbol));
  }

  expect(symbol: string): void {
    if (!this.take(symbol)) throw this.syntaxError();
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.syntaxError();
  }

  expectEnd(): void {
    if (this.next !== END) throw this.syntaxError();
  }

  get isAtEnd(): boolean {
    return this.next === END;
  }

  /** `a`, `#a.b[2]` */
  path(): Path {
    const path: (string | number)[] = [this.attributeName()];
    for (;;) {
      if (this.take('.')) path.push(this.attributeName());
      else if (this.take('[')) {
        if (this.next.kind !== 'number') throw this.syntaxError();
        path.push(Number(this.next.text));
        this.position++;
        this.expect(']');
      } else return path;
    }
  }

  /** `:value` */
  value(): AttributeValue {
    if (this.next.kind !== 'value') throw this.syntaxError();
    const value = this.placeholders.value(this.next.text, this.kind);
    this.position++;
    return value;
  }

  /** A path or a value. */
  pathOrValue(): PathOrValue {
    if (this.next.kind === 'value') return { kind: 'value', value: this.value() };
    return { kind: 'path', path: this.path() };
  }

  fail(reason: string): Fault {
    return invalid(`Invalid ${this.kind}: ${reason}`);
  }

  syntaxError(): Fault {
    const from = Math.max(0, this.position - 1);
    const around = this.tokens.slice(from, this.position + 2).map(({ text }) => text);
    if (this.isAtEnd) around.push(END.text);
    return this.fail(`Syntax error; token: "${this.next.text}", near: "${around.join(' ')}"`);
  }

  private get next(): Token {
    return this.at(this.position);
  }

  private at(index: number): Token {
    return this.tokens[index] ?? END;
  }

  private attributeName(): string {
    const { kind, text } = this.next;
    if (kind !== 'word' && kind !== 'name') throw this.syntaxError();
    this.position++;
    if (kind === 'name') return this.placeholders.name(text, this.kind);
    if (RESERVED_WORDS.has(text.toUpperCase()))
      throw this.fail(`Attribute name is a reserved keyword; reserved keyword: ${text}`);
    return text;
  }

  private split(text: string): Token[] {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    const end = text.trimEnd().length;
    while (TOKEN.lastIndex < end) {
      const [found, word, name, value, number, symbol] = TOKEN.exec(text)!;
      if (word) tokens.push({ kind: 'word', text: word });
      else if (name) tokens.push({ kind: 'name', text: name });
      else if (value) tokens.push({ kind: 'value', text: value });
      else if (number) tokens.push({ kind: 'number', text: number });
      else if (symbol) tokens.push({ kind: 'symbol', text: symbol });
      else
        throw this.fail(`Syntax error; token: "${found.trim()}", near: "${text.slice(0, TOKEN.lastIndex)}"`);
    }
    return tokens;
  }
}
