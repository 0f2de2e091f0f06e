import type * as sdk from '@aws-sdk/client-dynamodb';
import { only, whole } from '../core/accepts';
import type { Operations } from '../core/service';
import { meets, pathsIn } from './expression/evaluate';
import { parseCondition } from './expression/parse-condition';
import { parseProjection, project } from './expression/paths';
import { Placeholders } from './expression/placeholders';
import type { Condition, Path } from './expression/syntax';
import { invalid, invalidParameter } from './faults';
import { keyConditionOf } from './key-condition';
import { attributesOf, type Index, type KeySchema, type Table } from './table';
import type { Tables } from './tables';
import { acceptItem, compare, type Item, itemSize, keyText } from './value';

const MAXIMUM_PAGE_BYTES = 1024 * 1024;

type ReadInput = sdk.QueryInput | sdk.ScanInput;

/** A table, or one of its indexes, as a query or a scan sees it. */
interface View {
  readonly table: Table;
  readonly index?: Index;
  readonly key: KeySchema;
}

/** Operations that read many items. */
export function queryOperations(tables: Tables): Operations<typeof sdk> {
  const resources = ({ TableName, IndexName }: ReadInput) => [
    IndexName === undefined ? tables.arn(TableName) : tables.indexArn(TableName, IndexName),
  ];
  return {
    Query: {
      accepts: {
        TableName: true,
        IndexName: true,
        Select: true,
        Limit: true,
        ConsistentRead: true,
        ScanIndexForward: true,
        ProjectionExpression: true,
        FilterExpression: true,
        KeyConditionExpression: true,
        ExpressionAttributeNames: true,
        ExpressionAttributeValues: { '*': whole },
        ExclusiveStartKey: { '*': whole },
        ReturnConsumedCapacity: only('NONE'),
      },
      resources,
      run: (input) => {
        const view = viewOf(tables, input);
        const { KeyConditionExpression: text } = input;
        if (text === undefined)
          throw invalid(
            'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
          );
        const placeholders = new Placeholders(input, [
          text,
          input.FilterExpression,
          input.ProjectionExpression,
        ]);
        const { hash, range } = keyConditionOf(
          parseCondition(text, 'KeyConditionExpression', placeholders),
          view.key,
        );
        const candidates = view.index
          ? entries(view).filter((item) => keyText(item[view.key.hash]!) === keyText(hash))
          : view.table.items.partition(hash);
        const found = candidates.filter((item) => range === undefined || meets(range, item));
        found.sort((a, b) => compareEntries(view, a, b));
        const direction = input.ScanIndexForward === false ? -1 : 1;
        if (direction < 0) found.reverse();
        const filter = filterOf(input, placeholders, attributesOf(view.key));
        return readPage(
          view,
          input,
          placeholders,
          found,
          filter,
          (a, b) => direction * compareEntries(view, a, b),
        );
      },
    },
    Scan: {
      accepts: {
        TableName: true,
        IndexName: true,
        Select: true,
        Limit: true,
        ConsistentRead: true,
        ProjectionExpression: true,
        FilterExpression: true,
        ExpressionAttributeNames: true,
        ExpressionAttributeValues: { '*': whole },
        ExclusiveStartKey: { '*': whole },
        ReturnConsumedCapacity: only('NONE'),
      },
      resources,
      run: (input) => {
        const view = viewOf(tables, input);
        const placeholders = new Placeholders(input, [input.FilterExpression, input.ProjectionExpression]);
        const order = (a: Item, b: Item) =>
          scatter(a[view.key.hash]!) - scatter(b[view.key.hash]!) || compareEntries(view, a, b);
        const found = entries(view).sort(order);
        return readPage(view, input, placeholders, found, filterOf(input, placeholders, []), order);
      },
    },
  };
}

function viewOf(tables: Tables, { TableName, IndexName, ConsistentRead }: ReadInput): View {
  const table = tables.usable(TableName);
  if (IndexName === undefined) return { table, key: table.key };
  const index = table.indexes.get(IndexName);
  if (!index) throw invalid(`The table does not have the specified index: ${IndexName}`);
  if (!tables.isReady(index))
    throw invalid(`Cannot read from backfilling global secondary index: ${IndexName}`);
  if (ConsistentRead && index.isGlobal)
    throw invalid('Consistent reads are not supported on global secondary indexes');
  return { table, index, key: index.key };
}

/** The items that a view has: an index has those that have its key. */
function entries({ table, index, key }: View): Item[] {
  const items = table.items.all();
  return index ? items.filter((item) => attributesOf(key).every((name) => item[name] !== undefined)) : items;
}

function filterOf(
  { FilterExpression: text }: ReadInput,
  placeholders: Placeholders,
  keyAttributes: readonly string[],
): Condition | undefined {
  if (text === undefined) return undefined;
  const filter = parseCondition(text, 'FilterExpression', placeholders);
  const inKey = pathsIn(filter).find(([name]) => keyAttributes.includes(name as string));
  if (inKey)
    throw invalid(
      `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${inKey[0]}`,
    );
  return filter;
}

/** Reads on from a place in the sorted items until a limit, and only then filters, as DynamoDB does. */
function readPage(
  view: View,
  input: ReadInput,
  placeholders: Placeholders,
  sorted: readonly Item[],
  filter: Condition | undefined,
  order: (a: Item, b: Item) => number,
): sdk.QueryOutput & sdk.ScanOutput {
  const { ProjectionExpression: text, Limit: limit, ExclusiveStartKey: start } = input;
  const paths = text === undefined ? undefined : parseProjection(text, placeholders);
  placeholders.checkUsed();
  checkSelect(view, input);
  if (limit !== undefined && limit < 1) throw invalid('Limit must be greater than or equal to 1');
  const after = start && acceptItem(start);
  if (after && !placeOf(view).every((name) => after[name] !== undefined))
    throw invalid('The provided starting key is invalid');

  const read: Item[] = [];
  let bytes = 0;
  let last: Item | undefined;
  for (const item of sorted) {
    if (after && order(item, after) <= 0) continue;
    read.push(item);
    bytes += itemSize(item);
    if (read.length === limit || bytes > MAXIMUM_PAGE_BYTES) {
      last = item;
      break;
    }
  }
  const kept = read.filter((item) => filter === undefined || meets(filter, item));
  const counts = { Count: kept.length, ScannedCount: read.length };
  const LastEvaluatedKey =
    last &&
    project(
      last,
      placeOf(view).map((name) => [name]),
    );
  if (input.Select === 'COUNT') return { ...counts, LastEvaluatedKey };
  const visible = visiblePaths(view, input.Select);
  if (visible) checkVisible(view, visible, paths);
  const Items = kept.map((item) => project(project(item, visible), paths));
  return { ...counts, Items, LastEvaluatedKey };
}

/**
 * What a read may want to have, and with what else in its request.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select
 * @throws Fault ValidationException
 */
function checkSelect(view: View, { Select, ProjectionExpression }: ReadInput): void {
  if (Select === undefined) return;
  if (Select === 'SPECIFIC_ATTRIBUTES') {
    if (ProjectionExpression === undefined)
      throw invalidParameter(
        'Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
      );
  } else if (ProjectionExpression !== undefined)
    throw invalidParameter(
      `Cannot specify the ProjectionExpression when choosing to get ${Select === 'COUNT' ? 'only the Count' : Select}`,
    );
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && !view.index)
    throw invalidParameter('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
}

/** Attributes that say where in a view an item stands. */
function placeOf({ table, key }: View): string[] {
  return [...new Set([...attributesOf(table.key), ...attributesOf(key)])];
}

/** What an index holds of an item; undefined for all of it. */
function visiblePaths(view: View, select: sdk.Select | undefined): Path[] | undefined {
  const { index } = view;
  const { ProjectionType: type, NonKeyAttributes: others = [] } = index?.projection ?? {};
  if (!index || type === 'ALL') return undefined;
  // A local index fetches from the table what it does not hold; a global one can't.
  if (select === 'ALL_ATTRIBUTES' && !index.isGlobal) return undefined;
  if (select === 'ALL_ATTRIBUTES')
    throw invalidParameter(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    );
  return [...placeOf(view), ...(type === 'INCLUDE' ? others : [])].map((name) => [name]);
}

function checkVisible(view: View, visible: readonly Path[], paths: readonly Path[] | undefined): void {
  const missing = paths?.find(([name]) => !visible.some(([attribute]) => attribute === name));
  if (missing && view.index?.isGlobal)
    throw invalidParameter(`Global secondary index ${view.index.name} does not project [${missing[0]}]`);
}

/** Order within a partition: by the sort key, and where that is the same or missing, by the table's key. */
function compareEntries({ table, key }: View, a: Item, b: Item): number {
  const byRange = key.range === undefined ? 0 : compare(a[key.range]!, b[key.range]!)!;
  if (byRange !== 0) return byRange;
  for (const name of attributesOf(table.key)) {
    const order = compare(a[name]!, b[name]!)!;
    if (order !== 0) return order;
  }
  return 0;
}

/** A scan's order is nobody's: DynamoDB goes by a hash of the partition key, and so does this (FNV-1a). */
function scatter(hash: sdk.AttributeValue): number {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(keyText(hash))) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return sum;
}
