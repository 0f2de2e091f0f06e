import type { Filter, Tag } from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';

/** What a resource can be filtered by: a value or several, by the filter's name. */
export type FilterValues<T> = Readonly<Record<string, (resource: T) => FilterValue>>;
type FilterValue = string | number | boolean | undefined | readonly (string | undefined)[];

/** What the resources of one kind have in common. */
export interface TableOptions<T> {
  /** Prefix of its ids: `vpc`. */
  readonly prefix: string;
  readonly idOf: (resource: T) => string;
  /** The fault for an id that is not there. */
  readonly notFound: (id: string) => Fault;
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
    return (filters ?? []).reduce((left, filter) => left.filter(this.matcher(filter)), some);
  }

  private matcher({ Name = '', Values = [] }: Filter): (resource: T) => boolean {
    const patterns = Values.map(wildcard);
    const matches = (value: FilterValue) =>
      (Array.isArray(value) ? value : [value]).some(
        (one) => one !== undefined && patterns.some((fits) => fits(String(one))),
      );
    if (Name.startsWith('tag:')) {
      const key = Name.slice('tag:'.length);
      return ({ Tags }) => matches(Tags?.find((tag) => tag.Key === key)?.Value);
    }
    if (Name === 'tag-key') return ({ Tags }) => matches(Tags?.map(({ Key }) => Key));
    const read = this.options.filters[Name];
    if (!read) throw new Fault('InvalidParameterValue', `The filter '${Name}' is invalid`);
    return (resource) => matches(read(resource));
  }
}

/** EC2's filters: `*` for any number of characters, `?` for one, a backslash before either for itself. */
export function wildcard(pattern: string): (text: string) => boolean {
  // Most filters are plain values, and calls are many.
  if (!/[*?\\]/.test(pattern)) return (text) => text === pattern;
  const source = pattern.replace(/\\[*?\\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    return (part.length > 1 ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/** A fault as EC2 words it for an id that is not there. */
export function notFound(code: string, noun: string): (id: string) => Fault {
  return (id) => new Fault(code, `The ${noun} '${id}' does not exist`);
}

/** The fault for a parameter that a call must have. */
export function missingParameter(name: string): Fault {
  return new Fault('MissingParameter', `The request must contain the parameter ${name}`);
}

/** The fault for a parameter of a wrong value. */
export function invalidValue(value: unknown, name: string): Fault {
  return new Fault('InvalidParameterValue', `Value (${String(value)}) for parameter ${name} is invalid.`);
}

/** One page of a Describe call's answer. */
export function page<T>(
  items: readonly T[],
  { MaxResults, NextToken }: { readonly MaxResults?: number; readonly NextToken?: string },
): { readonly items: T[]; readonly NextToken?: string } {
  const invalid = (token: string) => new Fault('InvalidNextToken', `The token '${token}' is invalid`);
  const { items: some, next } = pageOf(items, { size: MaxResults, token: NextToken, invalid });
  return { items: some, NextToken: next };
}
