import type { WireRequest } from './http';
import type { HttpBinding, OperationModel } from './model';

/** The operation that a REST request is for, with the values of the labels in its path. */
export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Finds the operation that a REST request is for. Several can have the same path; then the one that
 * asks for most wins (`?list-type=2`, a header that it requires), and after that the one that is served.
 * @param request the path without S3's bucket, which is a label that stands in no path
 * @param bucket that bucket
 */
export function route(
  request: WireRequest,
  operations: Iterable<OperationModel>,
  bucket: string | undefined,
  isServed: (name: string) => boolean,
): RouteMatch | undefined {
  let best: { match: RouteMatch; rank: readonly number[] } | undefined;
  for (const operation of operations) {
    const { http } = operation;
    if (!http || http.method !== request.method) continue;
    const labels = matchPath(http.path, request.path);
    const demands = labels && demandsMet(operation, http, request, bucket);
    if (demands === undefined) continue;
    const literalSegments = http.path.split('/').filter((segment) => !segment.startsWith('{')).length;
    const rank = [literalSegments, demands, isServed(operation.name) ? 1 : 0];
    if (!best || isHigher(rank, best.rank)) best = { match: { operation, labels: labels! }, rank };
  }
  return best?.match;
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, position) => value !== b[position]);
  return index >= 0 && a[index]! > b[index]!;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  const wanted = pattern.split('/').slice(1);
  const found = path.split('/').slice(1);
  for (const [index, segment] of wanted.entries()) {
    const label = /^\{(\w+)(\+?)\}$/.exec(segment);
    const value = label?.[2] ? found.slice(index).join('/') : found[index];
    if (value === undefined) return undefined;
    if (label) {
      if (value === '') return undefined;
      labels[label[1]!] = decodeURIComponent(value);
      if (label[2]) return labels;
    } else if (segment !== value) return undefined;
  }
  // Some clients end a path with a slash where the model has none.
  const rest = found.slice(wanted.length);
  return rest.every((segment) => segment === '') ? labels : undefined;
}

/** How many parameters, headers and buckets the operation asks for; undefined when one is missing. */
function demandsMet(
  operation: OperationModel,
  http: HttpBinding,
  request: WireRequest,
  bucket: string | undefined,
): number | undefined {
  let demands = 0;
  for (const [name, value] of Object.entries(http.query)) {
    const found = request.query[name];
    // `x-id` is the SDKs' hint at the operation; other clients leave it out.
    if (name === 'x-id' && !found) continue;
    if (!found || (value !== '' && !found.includes(value))) return undefined;
    demands++;
  }
  if (!operation.input.isStructSchema()) return bucket ? undefined : demands;
  const required = requiredMembers(operation);
  let takesBucket = false;
  for (const [name, member] of operation.input.structIterator()) {
    const { httpQuery, httpHeader, httpLabel } = member.getMergedTraits();
    if (httpLabel && name === 'Bucket' && !http.path.includes('{Bucket}')) takesBucket = true;
    if (!required.has(name)) continue;
    if (httpQuery && !request.query[httpQuery]) return undefined;
    if (httpHeader && request.headers[httpHeader.toLowerCase()] === undefined) return undefined;
    if (httpQuery || httpHeader) demands++;
  }
  return takesBucket === (bucket !== undefined) ? demands : undefined;
}

/** A structure's schema names its required members first, and says how many they are. */
function requiredMembers(operation: OperationModel): Set<string> {
  const schema = operation.input.getSchema() as readonly unknown[];
  return new Set((schema[4] as string[]).slice(0, (schema[6] as number | undefined) ?? 0));
}
