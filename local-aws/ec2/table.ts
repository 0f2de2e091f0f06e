import type { Filter, Tag } from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import type { FilteredOperation } from './filter-names';
import { type FilterValues, filtered } from './filters';

/** What the resources of one kind have in common. */
export interface TableOptions<T> {
  /** Prefix of its ids: `vpc`. */
  readonly prefix: string;
  readonly idOf: (resource: T) => string;
  /** The fault for an id that is not there. */
  readonly notFound: (id: string) => Fault;
  /** The call that gives them, by which their filters are known. */
  readonly operation: FilteredOperation;
  readonly filters: FilterValues<T>;
}

/** The resources of one kind, in the order in which they were made. */
export class Table<T extends { Tags?: Tag[] }> {
  private readonly resources = new Map<string, T>();

  constructor(readonly options: TableOptions<T>) {}

  add(resource: T): T {
    this.resources.set(this.options.idOf(resource), resource);
    return resource;
  }

  /** @throws Fault when there is no such resource */
  get(id: string | undefined): T {
    if (id === undefined) throw missingParameter(`${this.options.prefix} id`);
    const resource = this.resources.get(id);
    if (!resource) throw this.options.notFound(id);
    return resource;
  }

  has(id: string): boolean {
    return this.resources.has(id);
  }

  all(): T[] {
    return [...this.resources.values()];
  }

  /** @throws Fault when there is no such resource */
  remove(id: string | undefined): T {
    const resource = this.get(id);
    this.resources.delete(this.options.idOf(resource));
    return resource;
  }

  /**
   * Resources by id and filter, as the Describe calls give them.
   * @throws Fault for an id that is not there, or a filter that is not known
   */
  find(ids: readonly string[] | undefined, filters: readonly Filter[] | undefined): T[] {
    const some = ids?.length ? [...new Set(ids)].map((id) => this.get(id)) : this.all();
    return filtered(some, filters, this.options.operation, this.options.filters);
  }
}

/** A fault as EC2 words it for an id that is not there. */
export function notFound(code: string, noun: string): (id: string) => Fault {
  return (id) => new Fault(code, `The ${noun} '${id}' does not exist`);
}

/** The answer to a call that is tried only, by an operation that asks for further permissions itself. */
export function dryRun(): Fault {
  return new Fault('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}

/** The fault for a parameter that a call must have. */
export function missingParameter(name: string): Fault {
  return new Fault('MissingParameter', `The request must contain the parameter ${name}`);
}

/** The fault for a parameter of a wrong value. */
export function invalidValue(value: unknown, name: string): Fault {
  return new Fault('InvalidParameterValue', `Value (${String(value)}) for parameter ${name} is invalid.`);
}

/** How many entries a call takes for its page, where that is not from 5 to 1000. */
interface PageBounds {
  readonly minimum?: number;
  readonly maximum?: number;
  /** Ids that the call names: it then takes no `MaxResults`. */
  readonly ids?: readonly string[];
}

/** One page of a Describe call's answer. @throws Fault for a size that EC2 does not take */
export function page<T>(
  items: readonly T[],
  { MaxResults, NextToken }: { readonly MaxResults?: number; readonly NextToken?: string },
  { minimum = 5, maximum = 1000, ids = [] }: PageBounds = {},
): { readonly items: T[]; readonly NextToken?: string } {
  if (MaxResults !== undefined && !(MaxResults >= minimum && MaxResults <= maximum))
    throw new Fault(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value from ${minimum} to ${maximum}.`,
    );
  if (MaxResults !== undefined && ids.length > 0)
    throw new Fault(
      'InvalidParameterCombination',
      'The parameter maxResults cannot be used with a list of ids',
    );
  const invalid = (token: string) => new Fault('InvalidNextToken', `The token '${token}' is invalid`);
  const { items: some, next } = pageOf(items, { size: MaxResults, token: NextToken, invalid });
  return { items: some, NextToken: next };
}
