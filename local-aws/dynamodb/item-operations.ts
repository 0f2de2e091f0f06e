import type * as sdk from '@aws-sdk/client-dynamodb';
import { only, whole } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { parseProjection, project } from './expression/paths';
import { Placeholders } from './expression/placeholders';
import type { Path } from './expression/syntax';
import { invalid } from './faults';
import type { Tables } from './tables';
import type { Item } from './value';
import {
  beforeOf,
  commit,
  identityOf,
  isMet,
  keyOf,
  prepareDelete,
  preparePut,
  prepareUpdate,
  type Write,
} from './write';

const MAXIMUM_BATCH_READS = 100;
const MAXIMUM_BATCH_WRITES = 25;

/** Operations on single items, and on batches of them. */
export function itemOperations(tables: Tables): Operations<typeof sdk> {
  const onTable = ({ TableName }: { TableName?: string }) => [tables.arn(TableName)];
  return {
    GetItem: {
      accepts: {
        TableName: true,
        ProjectionExpression: true,
        ExpressionAttributeNames: true,
        Key: { '*': whole },
        ConsistentRead: 'every read is consistent',
        ReturnConsumedCapacity: only('NONE'),
      },
      resources: onTable,
      run: (input) => {
        const table = tables.usable(input.TableName);
        const item = table.items.get(keyOf(table, input.Key));
        const paths = projectionOf(input);
        return { Item: item && project(item, paths) };
      },
    },
    PutItem: {
      accepts: {
        TableName: true,
        ReturnValues: true,
        Item: { '*': whole },
        ReturnConsumedCapacity: only('NONE'),
        ReturnItemCollectionMetrics: only('NONE'),
        ConditionExpression: true,
        ExpressionAttributeNames: true,
        ExpressionAttributeValues: { '*': whole },
        ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
      },
      resources: onTable,
      run: (input) => {
        checkReturnValues(input.ReturnValues, ['NONE', 'ALL_OLD']);
        const { before } = carryOut(preparePut(tables, input));
        return { Attributes: input.ReturnValues === 'ALL_OLD' ? before : undefined };
      },
    },
    DeleteItem: {
      accepts: {
        TableName: true,
        ReturnValues: true,
        Key: { '*': whole },
        ReturnConsumedCapacity: only('NONE'),
        ReturnItemCollectionMetrics: only('NONE'),
        ConditionExpression: true,
        ExpressionAttributeNames: true,
        ExpressionAttributeValues: { '*': whole },
        ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
      },
      resources: onTable,
      run: (input) => {
        checkReturnValues(input.ReturnValues, ['NONE', 'ALL_OLD']);
        const { before } = carryOut(prepareDelete(tables, input));
        return { Attributes: input.ReturnValues === 'ALL_OLD' ? before : undefined };
      },
    },
    UpdateItem: {
      accepts: {
        TableName: true,
        ReturnValues: true,
        UpdateExpression: true,
        Key: { '*': whole },
        ReturnConsumedCapacity: only('NONE'),
        ReturnItemCollectionMetrics: only('NONE'),
        ConditionExpression: true,
        ExpressionAttributeNames: true,
        ExpressionAttributeValues: { '*': whole },
        ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
      },
      resources: onTable,
      run: (input) => {
        const write = prepareUpdate(tables, input);
        return { Attributes: returned(input.ReturnValues, write.paths, carryOut(write)) };
      },
    },
    BatchGetItem: {
      accepts: {
        RequestItems: {
          '*': {
            Keys: { '*': whole },
            ConsistentRead: 'every read is consistent',
            ProjectionExpression: true,
            ExpressionAttributeNames: true,
          },
        },
        ReturnConsumedCapacity: only('NONE'),
      },
      resources: ({ RequestItems = {} }) => Object.keys(RequestItems).map((name) => tables.arn(name)),
      run: ({ RequestItems = {} }) => {
        const requests = Object.entries(RequestItems);
        const count = requests.reduce((sum, [, { Keys = [] }]) => sum + Keys.length, 0);
        if (count < 1) throw tooFew('requestItems');
        if (count > MAXIMUM_BATCH_READS) throw invalid('Too many items requested for the BatchGetItem call');
        const Responses: Record<string, Item[]> = {};
        for (const [name, request] of requests) {
          const table = tables.usable(name);
          const paths = projectionOf(request);
          const keys = (request.Keys ?? []).map((key) => keyOf(table, key));
          checkDistinct(keys.map((key) => identityOf({ table, key })));
          Responses[name] = keys.flatMap((key) => {
            const item = table.items.get(key);
            return item ? [project(item, paths)] : [];
          });
        }
        return { Responses, UnprocessedKeys: {} };
      },
    },
    BatchWriteItem: {
      accepts: {
        RequestItems: {
          '*': { PutRequest: { Item: { '*': whole } }, DeleteRequest: { Key: { '*': whole } } },
        },
        ReturnConsumedCapacity: only('NONE'),
        ReturnItemCollectionMetrics: only('NONE'),
      },
      resources: ({ RequestItems = {} }) => Object.keys(RequestItems).map((name) => tables.arn(name)),
      run: ({ RequestItems = {} }) => {
        const writes = Object.entries(RequestItems).flatMap(([TableName, requests]) =>
          requests.map(({ PutRequest, DeleteRequest }) => {
            if ((PutRequest === undefined) === (DeleteRequest === undefined))
              throw invalid(
                'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
              );
            return PutRequest
              ? preparePut(tables, { TableName, Item: PutRequest.Item })
              : prepareDelete(tables, { TableName, Key: DeleteRequest?.Key });
          }),
        );
        if (writes.length < 1) throw tooFew('requestItems');
        if (writes.length > MAXIMUM_BATCH_WRITES)
          throw invalid('Too many items requested for the BatchWriteItem call');
        checkDistinct(writes.map(identityOf));
        for (const write of writes) commit(write, write.after(beforeOf(write)));
        return { UnprocessedItems: {} };
      },
    },
  };
}

/** Carries out a single write. @throws Fault ConditionalCheckFailedException, with the item if that was asked for */
function carryOut(write: Write): { before: Item | undefined; after: Item | undefined } {
  const before = beforeOf(write);
  if (!isMet(write, before))
    throw new Fault('ConditionalCheckFailedException', 'The conditional request failed', 400, {
      Item: write.tells ? before : undefined,
    });
  const after = write.after(before);
  commit(write, after);
  return { before, after };
}

function returned(
  values: sdk.ReturnValue | undefined,
  paths: readonly Path[],
  { before, after }: { before: Item | undefined; after: Item | undefined },
): Item | undefined {
  switch (values ?? 'NONE') {
    case 'NONE':
      return undefined;
    case 'ALL_OLD':
      return before;
    case 'ALL_NEW':
      return after;
    case 'UPDATED_OLD':
      return before && nonEmpty(project(before, paths));
    case 'UPDATED_NEW':
      return after && nonEmpty(project(after, paths));
    default:
      throw invalid(`ReturnValues is NONE, ALL_OLD, UPDATED_OLD, ALL_NEW or UPDATED_NEW; found ${values}`);
  }
}

function nonEmpty(item: Item): Item | undefined {
  return Object.keys(item).length > 0 ? item : undefined;
}

function checkReturnValues(values: sdk.ReturnValue | undefined, allowed: readonly string[]): void {
  if (values !== undefined && !allowed.includes(values))
    throw invalid('ReturnValues can only be ALL_OLD or NONE');
}

function tooFew(parameter: string): Fault {
  return invalid(
    `1 validation error detected: Value at '${parameter}' failed to satisfy constraint: Member must have length greater than or equal to 1`,
  );
}

function checkDistinct(identities: readonly string[]): void {
  if (new Set(identities).size < identities.length)
    throw invalid('Provided list of item keys contains duplicates');
}

/** Paths that a read asks for; undefined for all. @throws Fault ValidationException */
function projectionOf(
  input: Pick<sdk.GetItemInput, 'ProjectionExpression' | 'ExpressionAttributeNames'>,
): Path[] | undefined {
  const { ProjectionExpression: text } = input;
  const placeholders = new Placeholders(input, [text]);
  const paths = text === undefined ? undefined : parseProjection(text, placeholders);
  placeholders.checkUsed();
  return paths;
}
