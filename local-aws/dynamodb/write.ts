import type {
  AttributeValue,
  ConditionCheck,
  Delete,
  Put,
  ReturnValuesOnConditionCheckFailure,
  Update as UpdateRequest,
} from '@aws-sdk/client-dynamodb';
import { applyUpdate } from './expression/apply-update';
import { meets } from './expression/evaluate';
import { parseCondition } from './expression/parse-condition';
import { parseUpdate, pathsOf } from './expression/parse-update';
import { Placeholders } from './expression/placeholders';
import type { Condition, Path, Update } from './expression/syntax';
import { invalid, invalidParameter } from './faults';
import { attributesOf, type Table } from './table';
import type { Tables } from './tables';
import { acceptItem, type Item, itemSize, keyText } from './value';

const MAXIMUM_ITEM_BYTES = 400 * 1024;

/** A write that was checked, and is ready to be carried out: alone, or as a part of a transaction. */
export interface Write {
  readonly table: Table;
  /** The item's key, or an item that has it. */
  readonly key: Item;
  readonly condition?: Condition;
  /** Whether a failed condition tells the item. */
  readonly tells: boolean;
  /** Paths that an update changes. */
  readonly paths: readonly Path[];
  /** The item after the write; undefined for none. @throws Fault ValidationException */
  after(before: Item | undefined): Item | undefined;
}

type Checked<T> = Omit<T, 'ReturnValuesOnConditionCheckFailure'> & {
  readonly ReturnValuesOnConditionCheckFailure?: ReturnValuesOnConditionCheckFailure;
};

/** @throws Fault ValidationException, ResourceNotFoundException */
export function preparePut(tables: Tables, input: Checked<Partial<Put>>): Write {
  const table = tables.usable(input.TableName);
  const item = acceptItem(input.Item ?? {});
  table.checkItem(item);
  if (itemSize(item) > MAXIMUM_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
  return { ...conditioned(table, input), key: item, paths: [], after: () => item };
}

/** @throws Fault ValidationException, ResourceNotFoundException */
export function prepareDelete(tables: Tables, input: Checked<Partial<Delete>>): Write {
  const table = tables.usable(input.TableName);
  return { ...conditioned(table, input), key: keyOf(table, input.Key), paths: [], after: () => undefined };
}

/** A condition on an item that is not changed. @throws Fault ValidationException, ResourceNotFoundException */
export function prepareCheck(tables: Tables, input: Checked<Partial<ConditionCheck>>): Write {
  const table = tables.usable(input.TableName);
  return { ...conditioned(table, input), key: keyOf(table, input.Key), paths: [], after: (before) => before };
}

/** @throws Fault ValidationException, ResourceNotFoundException */
export function prepareUpdate(tables: Tables, input: Checked<Partial<UpdateRequest>>): Write {
  const table = tables.usable(input.TableName);
  const key = keyOf(table, input.Key);
  const { UpdateExpression: text } = input;
  const placeholders = new Placeholders(input, [text, input.ConditionExpression]);
  const update: Update =
    text === undefined ? { set: [], remove: [], add: [], delete: [] } : parseUpdate(text, placeholders);
  const checked = conditioned(table, input, placeholders);
  const paths = pathsOf(update);
  for (const [name] of paths)
    if (attributesOf(table.key).includes(name as string))
      throw invalidParameter(`Cannot update attribute ${name}. This attribute is part of the key`);
  return {
    ...checked,
    key,
    paths,
    after(before) {
      const item = applyUpdate(before ?? key, update);
      table.checkIndexed(item);
      if (itemSize(item) > MAXIMUM_ITEM_BYTES)
        throw invalid('Item size to update has exceeded the maximum allowed size');
      return item;
    },
  };
}

/** A key as a call names an item by it. @throws Fault ValidationException */
export function keyOf(table: Table, key: Readonly<Record<string, AttributeValue>> | undefined): Item {
  const accepted = acceptItem(key ?? {});
  table.checkKey(accepted);
  return accepted;
}

function conditioned(
  table: Table,
  input: Checked<Partial<Omit<ConditionCheck, 'Key' | 'TableName'>>>,
  placeholders = new Placeholders(input, [input.ConditionExpression]),
): Pick<Write, 'table' | 'condition' | 'tells'> {
  const { ConditionExpression: text } = input;
  const condition =
    text === undefined ? undefined : parseCondition(text, 'ConditionExpression', placeholders);
  placeholders.checkUsed();
  return { table, condition, tells: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' };
}

/** A text that tells one item from all others. */
export function identityOf({ table, key }: Pick<Write, 'table' | 'key'>): string {
  return [table.name, ...attributesOf(table.key).map((name) => keyText(key[name]!))].join('\0');
}

/** The item that a write is about, as it is now. */
export function beforeOf({ table, key }: Write): Item | undefined {
  return table.items.get(key);
}

export function isMet({ condition }: Write, before: Item | undefined): boolean {
  return condition === undefined || meets(condition, before ?? {});
}

/** Puts what a write comes to in place. */
export function commit({ table, key }: Write, after: Item | undefined): void {
  if (after) table.items.put(after);
  else table.items.delete(key);
}
