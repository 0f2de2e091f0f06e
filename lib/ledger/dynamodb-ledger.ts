import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  type PutItemCommandInput,
  type PutItemCommandOutput,
  type QueryCommandInput,
  type QueryCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  type TransactWriteItemsCommandInput,
  type TransactWriteItemsCommandOutput,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Amendment, type Ledger, LedgerConflict } from './ledger';
import { type Head, type LedgerEvent, NO_HEAD, type OpenRollout, type Outcome, type Revision } from './types';

/** What keeping the ledger calls. The SDK's own client fits. */
export interface DynamoDbClient {
  getItem(input: GetItemCommandInput): Promise<GetItemCommandOutput>;
  query(input: QueryCommandInput): Promise<QueryCommandOutput>;
  putItem(input: PutItemCommandInput): Promise<PutItemCommandOutput>;
  updateItem(input: UpdateItemCommandInput): Promise<UpdateItemCommandOutput>;
  transactWriteItems(input: TransactWriteItemsCommandInput): Promise<TransactWriteItemsCommandOutput>;
}

/** Attributes of the table's key. */
export const PARTITION_KEY = 'fleet';
export const SORT_KEY = 'item';

const HEAD = 'head';
const padded = (number: number) => String(number).padStart(8, '0');
const revisionKey = (number: number) => `revision#${padded(number)}`;
const eventPrefix = (revision: number) => `event#${padded(revision)}#`;

/**
 * The ledger in a DynamoDB table. Of a fleet there is one item `head`, an item for each revision, and one
 * for each event.
 */
export class DynamoDbLedger implements Ledger {
  constructor(
    private readonly client: DynamoDbClient,
    private readonly table: string,
  ) {}

  async head(fleet: string): Promise<Head> {
    const { Item } = await this.client.getItem({
      TableName: this.table,
      Key: keyOf(fleet, HEAD),
      ConsistentRead: true,
    });
    return Item ? (plain(Item) as unknown as Head) : NO_HEAD(fleet);
  }

  async revisions(fleet: string): Promise<readonly Revision[]> {
    return (await this.query(fleet, 'revision#')) as unknown as Revision[];
  }

  async revision(fleet: string, number: number): Promise<Revision | undefined> {
    const { Item } = await this.client.getItem({
      TableName: this.table,
      Key: keyOf(fleet, revisionKey(number)),
      ConsistentRead: true,
    });
    return Item && (plain(Item) as unknown as Revision);
  }

  async events(fleet: string, revision: number): Promise<readonly LedgerEvent[]> {
    return (await this.query(fleet, eventPrefix(revision))) as unknown as LedgerEvent[];
  }

  async open(
    head: Head,
    rollout: OpenRollout,
    revision: Revision | undefined,
    superseded?: Outcome,
  ): Promise<void> {
    const { fleet } = head;
    const isTakenOver = head.open !== undefined && !head.open.isRestart && superseded !== undefined;
    await this.transact([
      {
        Put: {
          ...this.item(HEAD, { ...head, newest: Math.max(head.newest, rollout.revision), open: rollout }),
          ...unchanged(head),
        },
      },
      ...(revision
        ? [
            {
              Put: {
                ...this.item(revisionKey(revision.number), revision),
                ConditionExpression: `attribute_not_exists(${PARTITION_KEY})`,
              },
            },
          ]
        : []),
      ...(isTakenOver ? [this.outcome(fleet, head.open!.revision, superseded)] : []),
    ]);
  }

  async close(fleet: string, open: OpenRollout, outcome: Outcome): Promise<void> {
    const restarted = open.isRestart
      ? marshalled({ ':restarted': { order: open.order ?? '', outcome } })
      : {};
    const condition = isOpen(open);
    await this.transact([
      {
        Update: {
          TableName: this.table,
          Key: keyOf(fleet, HEAD),
          UpdateExpression: open.isRestart ? 'SET restarted = :restarted REMOVE #open' : 'REMOVE #open',
          ...condition,
          ExpressionAttributeValues: { ...condition.ExpressionAttributeValues, ...restarted },
        },
      },
      ...(open.isRestart ? [] : [this.outcome(fleet, open.revision, outcome)]),
    ]);
  }

  async amend(fleet: string, open: OpenRollout, change: Amendment): Promise<void> {
    const entries = Object.entries(change);
    const set = entries
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `#open.#${name} = :${name}`);
    const removed = entries.filter(([, value]) => value === undefined).map(([name]) => `#open.#${name}`);
    const condition = isOpen(open);
    const values = Object.fromEntries(
      entries.filter(([, value]) => value !== undefined).map(([name, value]) => [`:${name}`, value]),
    );
    try {
      await this.client.updateItem({
        TableName: this.table,
        Key: keyOf(fleet, HEAD),
        UpdateExpression: [
          set.length > 0 ? `SET ${set.join(', ')}` : '',
          removed.length > 0 ? `REMOVE ${removed.join(', ')}` : '',
        ]
          .filter(Boolean)
          .join(' '),
        ...condition,
        ExpressionAttributeNames: {
          ...condition.ExpressionAttributeNames,
          ...Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: { ...condition.ExpressionAttributeValues, ...marshalled(values) },
      });
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw conflict(fleet, error);
      throw error;
    }
  }

  async note(event: LedgerEvent): Promise<void> {
    const time = new Date(event.at).toISOString();
    await this.client.putItem(this.item(`${eventPrefix(event.revision)}${time}#${event.kind}`, event));
  }

  private async query(fleet: string, prefix: string): Promise<readonly Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.client.query({
        TableName: this.table,
        ConsistentRead: true,
        KeyConditionExpression: '#fleet = :fleet AND begins_with(#item, :prefix)',
        ExpressionAttributeNames: { '#fleet': PARTITION_KEY, '#item': SORT_KEY },
        ExpressionAttributeValues: marshalled({ ':fleet': fleet, ':prefix': prefix }),
        ExclusiveStartKey,
      });
      found.push(...(page.Items ?? []).map(plain));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  }

  private item(
    sortKey: string,
    content: object,
  ): { TableName: string; Item: Record<string, AttributeValue> } {
    return { TableName: this.table, Item: marshalled({ ...content, [SORT_KEY]: sortKey }) };
  }

  /** Outcomes are written once. */
  private outcome(fleet: string, revision: number, outcome: Outcome): TransactWriteItem {
    return {
      Update: {
        TableName: this.table,
        Key: keyOf(fleet, revisionKey(revision)),
        UpdateExpression: 'SET #outcome = :outcome',
        ConditionExpression: `attribute_exists(${PARTITION_KEY}) AND attribute_not_exists(#outcome)`,
        ExpressionAttributeNames: { '#outcome': 'outcome' },
        ExpressionAttributeValues: marshalled({ ':outcome': outcome }),
      },
    };
  }

  private async transact(items: TransactWriteItem[]): Promise<void> {
    try {
      await this.client.transactWriteItems({ TransactItems: items });
    } catch (error) {
      const isCondition =
        error instanceof TransactionCanceledException &&
        error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed');
      if (isCondition) throw conflict('', error);
      throw error;
    }
  }
}

/** That the fleet is as it was read. */
function unchanged(head: Head) {
  if (!head.open && head.newest === 0)
    return { ConditionExpression: `attribute_not_exists(${PARTITION_KEY})` };
  if (!head.open) {
    return {
      ConditionExpression: 'attribute_not_exists(#open) AND #newest = :newest',
      ExpressionAttributeNames: { '#open': 'open', '#newest': 'newest' },
      ExpressionAttributeValues: marshalled({ ':newest': head.newest }),
    };
  }
  return isOpen(head.open);
}

/** That a rollout is the open one still, under the same request. */
function isOpen(open: OpenRollout) {
  return {
    ConditionExpression: '#open.#revision = :revision AND #open.#openedAt = :openedAt',
    ExpressionAttributeNames: { '#open': 'open', '#revision': 'revision', '#openedAt': 'openedAt' },
    ExpressionAttributeValues: marshalled({ ':revision': open.revision, ':openedAt': open.openedAt }),
  };
}

function keyOf(fleet: string, item: string): Record<string, AttributeValue> {
  return marshalled({ [PARTITION_KEY]: fleet, [SORT_KEY]: item });
}

function marshalled(value: Record<string, unknown>): Record<string, AttributeValue> {
  return marshall(value, { removeUndefinedValues: true });
}

function plain(item: Record<string, AttributeValue>): Record<string, unknown> {
  const { [SORT_KEY]: _, ...content } = unmarshall(item);
  return content;
}

function conflict(fleet: string, cause: Error): LedgerConflict {
  return new LedgerConflict(
    `The ledger's entry of ${fleet || 'the fleet'} was changed by someone else meanwhile.`,
    { cause },
  );
}
