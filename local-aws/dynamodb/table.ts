import type {
  AttributeDefinition,
  AttributeValue,
  KeySchemaElement,
  Projection,
  ProvisionedThroughput,
  ScalarAttributeType,
  SSESpecification,
} from '@aws-sdk/client-dynamodb';
import { invalid, invalidParameter } from './faults';
import { type Item, keyText, kindOf } from './value';

const MAXIMUM_HASH_BYTES = 2048;
const MAXIMUM_RANGE_BYTES = 1024;

/** The attributes that make up a key. */
export interface KeySchema {
  readonly hash: string;
  readonly range?: string;
}

/** A secondary index. Its entries are found among the table's items when it is read. */
export interface Index {
  readonly name: string;
  readonly isGlobal: boolean;
  readonly key: KeySchema;
  readonly projection: Projection;
  readonly throughput?: ProvisionedThroughput;
  /** From when on it can be read, in milliseconds since the epoch. */
  readonly readyAt: number;
}

/** A table's settings, as calls give and tell them. */
export interface TableSettings {
  definitions: readonly AttributeDefinition[];
  billingMode: 'PAY_PER_REQUEST' | 'PROVISIONED';
  throughput?: ProvisionedThroughput;
  isProtected: boolean;
  encryption?: SSESpecification;
  tableClass: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS';
}

/** A table as it is kept. */
export class Table {
  readonly items: Items;
  readonly indexes = new Map<string, Index>();
  readonly tags = new Map<string, string>();
  recoveryDays?: number;
  recoverySince?: number;
  expiryAttribute?: string;
  /** What it is busy with, and until when. */
  transition: { readonly status: 'CREATING' | 'UPDATING' | 'DELETING'; readonly until: number };

  constructor(
    readonly name: string,
    readonly arn: string,
    readonly id: string,
    readonly createdAt: number,
    readonly key: KeySchema,
    readonly settings: TableSettings,
    readyAt: number,
  ) {
    this.items = new Items(key);
    this.transition = { status: 'CREATING', until: readyAt };
  }

  status(now: number): 'CREATING' | 'UPDATING' | 'DELETING' | 'ACTIVE' {
    return now < this.transition.until ? this.transition.status : 'ACTIVE';
  }

  /** Type that an attribute was declared with. */
  typeOf(attribute: string): ScalarAttributeType | undefined {
    return this.settings.definitions.find(({ AttributeName }) => AttributeName === attribute)?.AttributeType;
  }

  /**
   * A key by itself, as calls name an item by it.
   * @throws Fault ValidationException when it is not exactly the table's
   */
  checkKey(key: Item): void {
    const names = attributesOf(this.key);
    const fits =
      Object.keys(key).length === names.length &&
      names.every((name) => key[name] !== undefined && kindOf(key[name]) === this.typeOf(name));
    if (!fits) throw invalid('The provided key element does not match the schema');
    this.checkKeyValues(key);
  }

  /** An item's keys, its indexes' included. @throws Fault ValidationException */
  checkItem(item: Item): void {
    for (const name of attributesOf(this.key)) {
      const value = item[name];
      if (value === undefined) throw invalidParameter(`Missing the key ${name} in the item`);
      if (kindOf(value) !== this.typeOf(name))
        throw invalidParameter(
          `Type mismatch for key ${name} expected: ${this.typeOf(name)} actual: ${kindOf(value)}`,
        );
    }
    this.checkKeyValues(item);
    this.checkIndexed(item);
  }

  /** An item with a wrong type for an index is refused; one without the attribute is just not in the index. */
  checkIndexed(item: Item): void {
    for (const index of this.indexes.values()) {
      for (const name of attributesOf(index.key)) {
        const value = item[name];
        if (value === undefined) continue;
        if (kindOf(value) !== this.typeOf(name))
          throw invalidParameter(
            `Type mismatch for Index Key ${name} Expected: ${this.typeOf(name)} Actual: ${kindOf(value)} IndexName: ${index.name}`,
          );
        if (isEmpty(value))
          throw invalid(
            `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: ${index.name}, IndexKey: ${name}`,
          );
      }
    }
  }

  private checkKeyValues(item: Item): void {
    for (const name of attributesOf(this.key)) {
      const value = item[name]!;
      if (isEmpty(value))
        throw invalid(
          `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${value.S === undefined ? 'binary' : 'string'} value. Key: ${name}`,
        );
      const [kind, limit] =
        name === this.key.hash ? ['hashkey', MAXIMUM_HASH_BYTES] : ['rangekey', MAXIMUM_RANGE_BYTES];
      const size = value.S === undefined ? (value.B?.byteLength ?? 0) : Buffer.byteLength(value.S);
      if (size > Number(limit))
        throw invalidParameter(`Size of ${kind} has exceeded the maximum size limit of${limit} bytes`);
    }
  }
}

function isEmpty(value: AttributeValue): boolean {
  return value.S === '' || value.B?.byteLength === 0;
}

/** Names of a key's attributes, the partition key first. */
export function attributesOf({ hash, range }: KeySchema): string[] {
  return range === undefined ? [hash] : [hash, range];
}

/** Reads a key schema. @throws Fault ValidationException */
export function keySchemaOf(elements: readonly KeySchemaElement[] | undefined): KeySchema {
  const [first, second] = elements ?? [];
  const isValid =
    first?.KeyType === 'HASH' &&
    (second === undefined || second.KeyType === 'RANGE') &&
    (elements ?? []).length <= 2 &&
    first.AttributeName !== second?.AttributeName;
  if (!isValid)
    throw invalid(
      'Invalid KeySchema: The first KeySchemaElement is a HASH key type, and the second, where there is one, a RANGE key type',
    );
  return { hash: first.AttributeName!, range: second?.AttributeName };
}

/** The items of a table, by their keys. */
export class Items {
  private readonly partitions = new Map<string, Map<string, Item>>();

  constructor(private readonly key: KeySchema) {}

  get(key: Item): Item | undefined {
    return this.partitions.get(keyText(key[this.key.hash]!))?.get(this.rangeText(key));
  }

  put(item: Item): void {
    const hash = keyText(item[this.key.hash]!);
    let partition = this.partitions.get(hash);
    if (!partition) {
      partition = new Map();
      this.partitions.set(hash, partition);
    }
    partition.set(this.rangeText(item), item);
  }

  delete(key: Item): void {
    const hash = keyText(key[this.key.hash]!);
    const partition = this.partitions.get(hash);
    partition?.delete(this.rangeText(key));
    if (partition?.size === 0) this.partitions.delete(hash);
  }

  /** All items with this partition key, in no order. */
  partition(hash: AttributeValue): Item[] {
    return [...(this.partitions.get(keyText(hash))?.values() ?? [])];
  }

  /** All items, in no order. */
  all(): Item[] {
    return [...this.partitions.values()].flatMap((partition) => [...partition.values()]);
  }

  private rangeText(item: Item): string {
    return this.key.range === undefined ? '' : keyText(item[this.key.range]!);
  }
}
