import type * as sdk from '@aws-sdk/client-dynamodb';
import { only, whole } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Call, Operations } from '../core/service';
import { invalid } from './faults';
import type { Tables } from './tables';
import type { Item } from './value';
import {
  beforeOf,
  commit,
  identityOf,
  isMet,
  prepareCheck,
  prepareDelete,
  preparePut,
  prepareUpdate,
  type Write,
} from './write';

const MAXIMUM_WRITES = 100;
/** So long a client's token stands for what it was used for. */
const TOKEN_MS = 10 * 60_000;

/** A part of a transaction by what it does, and the permission that it takes. */
const PARTS = {
  ConditionCheck: { action: 'dynamodb:ConditionCheckItem', prepare: prepareCheck },
  Put: { action: 'dynamodb:PutItem', prepare: preparePut },
  Delete: { action: 'dynamodb:DeleteItem', prepare: prepareDelete },
  Update: { action: 'dynamodb:UpdateItem', prepare: prepareUpdate },
} as const;

type PartName = keyof typeof PARTS;

/**
 * Writes that happen all or not at all.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
export function transactionOperations(tables: Tables): Operations<typeof sdk> {
  const tokens = new Map<string, { readonly request: string; readonly until: number }>();

  /** Whether this very transaction was carried out before, as its token says. */
  function isRepeated({ ClientRequestToken: token, TransactItems }: sdk.TransactWriteItemsInput): boolean {
    for (const [known, { until }] of tokens) if (until <= tables.now()) tokens.delete(known);
    const earlier = token === undefined ? undefined : tokens.get(token);
    if (earlier && earlier.request !== JSON.stringify(TransactItems))
      throw new Fault(
        'IdempotentParameterMismatchException',
        'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical',
      );
    return earlier !== undefined;
  }

  return {
    TransactWriteItems: {
      accepts: {
        ClientRequestToken: true,
        TransactItems: {
          ConditionCheck: {
            TableName: true,
            Key: { '*': whole },
            ConditionExpression: true,
            ExpressionAttributeNames: true,
            ExpressionAttributeValues: { '*': whole },
            ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
          },
          Put: {
            TableName: true,
            Item: { '*': whole },
            ConditionExpression: true,
            ExpressionAttributeNames: true,
            ExpressionAttributeValues: { '*': whole },
            ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
          },
          Delete: {
            TableName: true,
            Key: { '*': whole },
            ConditionExpression: true,
            ExpressionAttributeNames: true,
            ExpressionAttributeValues: { '*': whole },
            ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
          },
          Update: {
            TableName: true,
            UpdateExpression: true,
            Key: { '*': whole },
            ConditionExpression: true,
            ExpressionAttributeNames: true,
            ExpressionAttributeValues: { '*': whole },
            ReturnValuesOnConditionCheckFailure: only('NONE', 'ALL_OLD'),
          },
        },
        ReturnConsumedCapacity: only('NONE'),
        ReturnItemCollectionMetrics: only('NONE'),
      },
      // There is no action of this name: each part takes its own.
      resources: () => [],
      run: (input, call) => {
        const items = input.TransactItems ?? [];
        if (items.length < 1 || items.length > MAXIMUM_WRITES)
          throw invalid(`A transaction has 1 to ${MAXIMUM_WRITES} items; found ${items.length}.`);
        for (const item of items) authorize(tables, item, call);
        if (isRepeated(input)) return {};
        const writes = items.map((item) => prepare(tables, item));
        if (new Set(writes.map(identityOf)).size < writes.length)
          throw invalid('Transaction request cannot include multiple operations on one item');
        const results = writes.map(resultOf);
        if (results.some(({ Code }) => Code !== 'None')) throw cancelled(results);
        writes.forEach((write, index) => {
          commit(write, results[index]!.after);
        });
        if (input.ClientRequestToken !== undefined)
          tokens.set(input.ClientRequestToken, {
            request: JSON.stringify(input.TransactItems),
            until: tables.now() + TOKEN_MS,
          });
        return {};
      },
    },
  };
}

function partOf(item: sdk.TransactWriteItem): PartName {
  const names = (Object.keys(PARTS) as PartName[]).filter((name) => item[name] !== undefined);
  if (names.length !== 1) throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  return names[0]!;
}

function authorize(tables: Tables, item: sdk.TransactWriteItem, call: Call): void {
  const part = partOf(item);
  call.authorize(PARTS[part].action, tables.arn(item[part]!.TableName));
}

function prepare(tables: Tables, item: sdk.TransactWriteItem): Write {
  const part = partOf(item);
  return PARTS[part].prepare(tables, item[part] as never);
}

interface Result extends sdk.CancellationReason {
  readonly after?: Item;
}

function resultOf(write: Write): Result {
  const before = beforeOf(write);
  if (!isMet(write, before))
    return {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      Item: write.tells ? before : undefined,
    };
  try {
    return { Code: 'None', after: write.after(before) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { Code: 'ValidationError', Message: error.message };
  }
}

function cancelled(results: readonly Result[]): Fault {
  return new Fault(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${results.map(({ Code }) => Code).join(', ')}]`,
    400,
    { CancellationReasons: results.map(({ Code, Message, Item }) => ({ Code, Message, Item })) },
  );
}
