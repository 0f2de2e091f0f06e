import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** The parameter that an expression stands in; messages name it. */
export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression';

/** A place in an item: an attribute, and from there names in maps and positions in lists. */
export type Path = readonly (string | number)[];

export type PathOrValue =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue };

/** Something in a condition that has a value. */
export type Operand = PathOrValue | { readonly kind: 'size'; readonly path: Path };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A condition or filter, or the condition on a query's key. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly condition: Condition }
  | {
      readonly kind: 'compare';
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: 'exists'; readonly path: Path; readonly expected: boolean }
  | { readonly kind: 'type'; readonly path: Path; readonly type: string }
  | { readonly kind: 'beginsWith'; readonly operand: Operand; readonly prefix: Operand }
  | { readonly kind: 'contains'; readonly operand: Operand; readonly part: Operand };

/** The right side of an assignment. */
export type Assigned =
  | PathOrValue
  | { readonly kind: 'sum'; readonly operator: '+' | '-'; readonly left: Assigned; readonly right: Assigned }
  | { readonly kind: 'ifNotExists'; readonly path: Path; readonly otherwise: Assigned }
  | { readonly kind: 'listAppend'; readonly left: Assigned; readonly right: Assigned };

/** What an update expression does. */
export interface Update {
  readonly set: readonly { readonly path: Path; readonly value: Assigned }[];
  readonly remove: readonly Path[];
  readonly add: readonly { readonly path: Path; readonly value: AttributeValue }[];
  readonly delete: readonly { readonly path: Path; readonly value: AttributeValue }[];
}

/** A path as messages write it: `[outcome, reason, [0]]`. */
export function pathText(path: Path): string {
  return `[${path.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join(', ')}]`;
}
