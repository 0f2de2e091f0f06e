import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from '../faults';
import { accept } from '../value';
import type { ExpressionKind } from './syntax';

/** The part of a request that gives its expressions their names and values. */
export interface PlaceholderInput {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>;
}

/** What `#name` and `:value` stand for in a request's expressions; whatever is given has to be used. */
export class Placeholders {
  private readonly names: Readonly<Record<string, string>>;
  private readonly values: Readonly<Record<string, AttributeValue>>;
  private readonly unusedNames: Set<string>;
  private readonly unusedValues: Set<string>;

  /**
   * @param expressions texts of the request's expressions, as far as it has them
   * @throws Fault ValidationException when there are placeholders and no expressions
   */
  constructor(input: PlaceholderInput, expressions: readonly (string | undefined)[]) {
    this.names = input.ExpressionAttributeNames ?? {};
    this.values = input.ExpressionAttributeValues ?? {};
    this.unusedNames = new Set(Object.keys(this.names));
    this.unusedValues = new Set(Object.keys(this.values));
    const without = expressions.every((text) => text === undefined);
    check('ExpressionAttributeNames', input.ExpressionAttributeNames, without);
    check('ExpressionAttributeValues', input.ExpressionAttributeValues, without);
  }

  /** @throws Fault ValidationException when it is not given */
  name(placeholder: string, kind: ExpressionKind): string {
    const name = this.names[placeholder];
    if (name === undefined)
      throw invalid(
        `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
      );
    this.unusedNames.delete(placeholder);
    return name;
  }

  /** @throws Fault ValidationException when it is not given, or is no value */
  value(placeholder: string, kind: ExpressionKind): AttributeValue {
    const value = this.values[placeholder];
    if (value === undefined)
      throw invalid(
        `Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${placeholder}`,
      );
    this.unusedValues.delete(placeholder);
    return accept(value);
  }

  /** To be called after all expressions were parsed. @throws Fault ValidationException naming what is left over */
  checkUsed(): void {
    for (const [parameter, unused] of [
      ['ExpressionAttributeNames', this.unusedNames],
      ['ExpressionAttributeValues', this.unusedValues],
    ] as const) {
      if (unused.size > 0)
        throw invalid(
          `Value provided in ${parameter} unused in expressions: keys: {${[...unused].join(', ')}}`,
        );
    }
  }
}

function check(parameter: string, given: object | undefined, withoutExpressions: boolean): void {
  if (given === undefined) return;
  if (withoutExpressions) throw invalid(`${parameter} can only be specified when using expressions`);
  if (Object.keys(given).length === 0) throw invalid(`${parameter} must not be empty`);
}
