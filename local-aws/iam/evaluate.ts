import { Fault } from '../core/fault';
import { type Context, matchesWildcard, meetsCondition } from './conditions';
import type { PolicyDocument, Statement } from './document';

/** What a request asks for. */
export interface Request {
  /** `autoscaling:StartInstanceRefresh` */
  readonly action: string;
  /** ARN, or `*` where the action cannot be scoped. */
  readonly resource: string;
  /** Asked for where a statement has conditions or variables alone. */
  readonly context: () => Context;
  /** Whether a condition key that is absent is known to be so. @default always */
  readonly isFilled?: (key: string) => boolean;
}

/** What policies say of a request. */
export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/**
 * Evaluates policies of one kind together: a statement that denies wins, then one that allows.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(policies: readonly PolicyDocument[], request: Request): Decision {
  let known: LowerCased | undefined;
  const context = () => {
    known ??= lowerCaseKeys(request.context());
    return known;
  };
  let decision: Decision = 'implicitDeny';
  for (const { statements } of policies) {
    for (const statement of statements) {
      if (!applies(statement, request, context)) continue;
      if (statement.effect === 'Deny') return 'explicitDeny';
      decision = 'allowed';
    }
  }
  return decision;
}

/** Whether a statement's action, resource and conditions all match the request; its principals are not looked at. */
function applies(statement: Statement, request: Request, context: () => LowerCased): boolean {
  return (
    actionMatches(statement, request.action) &&
    resourceMatches(statement, request.resource, context) &&
    Object.entries(statement.conditions).every(([operator, keys]) =>
      Object.entries(keys).every(([key, expected]) => {
        const values = expected.map((value) => substitute(value, context));
        const known = values.filter((value) => value !== undefined);
        return known.length > 0 && meetsCondition(operator, valuesOf(request, context(), key), known);
      }),
    )
  );
}

/** @throws Fault naming a key that is never filled: a condition on it would mean another thing on AWS */
function valuesOf(
  { action, isFilled }: Request,
  context: LowerCased,
  key: string,
): readonly string[] | undefined {
  const values = context.get(key.toLowerCase());
  if (values === undefined && isFilled && !isFilled(key)) {
    throw new Fault(
      'NotImplemented',
      `The local AWS does not fill the condition key ${key}, which a policy names for ${action}.`,
      501,
    );
  }
  return values;
}

function actionMatches({ actions, notActions }: Statement, action: string): boolean {
  const matches = (pattern: string) => matchesWildcard(pattern, action, true);
  return actions ? actions.some(matches) : !(notActions ?? []).some(matches);
}

function resourceMatches(statement: Statement, resource: string, context: () => LowerCased): boolean {
  const matches = (pattern: string) => {
    const value = substitute(pattern, context);
    return value !== undefined && matchesWildcard(value, resource);
  };
  if (statement.resources) return statement.resources.some(matches);
  return !(statement.notResources ?? []).some(matches);
}

type LowerCased = ReadonlyMap<string, readonly string[]>;

function lowerCaseKeys(context: Context): LowerCased {
  return new Map(
    Object.entries(context).map(([key, value]) => [
      key.toLowerCase(),
      typeof value === 'string' ? [value] : value,
    ]),
  );
}

/** Puts in policy variables (`${aws:PrincipalArn}`); undefined when one has no value, and so matches nothing. */
function substitute(text: string, context: () => LowerCased): string | undefined {
  if (!text.includes('${')) return text;
  let known = true;
  const result = text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    const [key, fallback] = name.split(/\s*,\s*/);
    const values = context().get(key!.toLowerCase());
    if (values?.length === 1) return values[0]!;
    if (fallback !== undefined) return fallback.replace(/^'(.*)'$/, '$1');
    known = false;
    return '';
  });
  return known ? result : undefined;
}
