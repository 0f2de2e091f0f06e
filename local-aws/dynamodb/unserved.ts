import { invalid } from './faults';

/** Parameters from before there were expressions, and what the local AWS does not have. */
const UNSERVED = [
  'AttributesToGet',
  'AttributeUpdates',
  'ConditionalOperator',
  'Expected',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
  'Segment',
  'TotalSegments',
] as const;

/** Consumed capacity and item collections are not counted. */
const UNCOUNTED = ['ReturnConsumedCapacity', 'ReturnItemCollectionMetrics'] as const;

/** @throws Fault ValidationException when a request has a parameter that would change its answer, and is not served */
export function refuseUnserved(input: object): void {
  const given = input as Readonly<Record<string, unknown>>;
  const found =
    UNSERVED.find((name) => given[name] !== undefined) ??
    UNCOUNTED.find((name) => given[name] !== undefined && given[name] !== 'NONE');
  if (found) throw invalid(`The local AWS does not serve the parameter ${found}.`);
}

/** @throws Fault ValidationException when a call gives a setting that is not among those which are served */
export function refuseOthers(input: object, served: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(input))
    if (value !== undefined && !served.has(name))
      throw invalid(`The local AWS does not serve ${name} of a table.`);
}
