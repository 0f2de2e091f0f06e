import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { RuleRecord } from './state';

/** What rules look at in a request. */
export interface RequestView {
  readonly method: string;
  readonly host: string;
  /** Path with its query string. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A rule with all of whose conditions a request agrees; the default rule has none and is the last. */
export function ruleFor(rules: readonly RuleRecord[], request: RequestView): RuleRecord | undefined {
  return rules.find(({ conditions }) => conditions.every((condition) => agrees(condition, request)));
}

/** Chooses by weight. @param chance from 0 to just below 1 */
export function chooseByWeight(groups: ReadonlyMap<string, number>, chance: number): string | undefined {
  const total = [...groups.values()].reduce((sum, weight) => sum + weight, 0);
  let left = chance * total;
  for (const [arn, weight] of groups) {
    if (left < weight) return arn;
    left -= weight;
  }
  return undefined;
}

/** What is wrong with a condition, if something is. */
export function conditionProblem(condition: sdk.RuleCondition): string | undefined {
  if (
    !['path-pattern', 'host-header', 'http-header', 'http-request-method', 'query-string'].includes(
      condition.Field ?? '',
    )
  )
    return `Condition field '${condition.Field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string]'`;
  const isEmpty =
    condition.Field === 'query-string'
      ? !condition.QueryStringConfig?.Values?.length
      : !valuesOf(condition).length;
  return isEmpty ? 'A condition value must be specified' : undefined;
}

function agrees(condition: sdk.RuleCondition, request: RequestView): boolean {
  const values = valuesOf(condition);
  const [path = '/', query = ''] = request.url.split('?', 2);
  const any = (text: string, isCaseSensitive = false) =>
    values.some((value) => pattern(value, isCaseSensitive).test(text));
  switch (condition.Field) {
    case 'path-pattern':
      return any(path, true);
    case 'host-header':
      return any(request.host.replace(/:\d+$/, ''));
    case 'http-header': {
      const header = request.headers[condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() ?? ''];
      return [header ?? []].flat().some((text) => any(text));
    }
    case 'http-request-method':
      return values.includes(request.method);
    case 'query-string': {
      const found = [...new URLSearchParams(query)];
      return (condition.QueryStringConfig?.Values ?? []).some(({ Key, Value }) =>
        found.some(
          ([key, value]) =>
            (Key === undefined || pattern(Key, false).test(key)) && pattern(Value ?? '', false).test(value),
        ),
      );
    }
    default:
      return false;
  }
}

function valuesOf(condition: sdk.RuleCondition): readonly string[] {
  return (
    condition.PathPatternConfig?.Values ??
    condition.HostHeaderConfig?.Values ??
    condition.HttpHeaderConfig?.Values ??
    condition.HttpRequestMethodConfig?.Values ??
    condition.Values ??
    []
  );
}

/** AWS's patterns: `*` for any number of characters, `?` for one. */
function pattern(value: string, isCaseSensitive: boolean): RegExp {
  const source = value
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, isCaseSensitive ? '' : 'i');
}
