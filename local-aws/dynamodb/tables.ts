import type { Core } from '../core/core';
import { notFound } from './faults';
import type { Index, Table } from './table';

/** The account's tables. */
export class Tables {
  private readonly tables = new Map<string, Table>();

  constructor(readonly core: Core) {}

  now(): number {
    return this.core.clock.now();
  }

  /** Name of a table that is given by its name or its ARN. @throws Fault for an ARN of another region or account */
  nameOf(nameOrArn = ''): string {
    const [, region, account] = /^arn:[^:]*:dynamodb:([^:]*):([^:]*):/.exec(nameOrArn) ?? [];
    if (region !== undefined && (region !== this.core.region || account !== this.core.account))
      throw notFound(
        `Table: ${nameOrArn}; the local AWS has those of ${this.core.account} in ${this.core.region} alone`,
      );
    return nameOrArn.replace(/^arn:.*?:table\/([^/]+).*$/, '$1');
  }

  arn(nameOrArn: string | undefined): string {
    return this.core.arn('dynamodb', `table/${this.nameOf(nameOrArn)}`);
  }

  indexArn(nameOrArn: string | undefined, index: string): string {
    return `${this.arn(nameOrArn)}/index/${index}`;
  }

  add(table: Table): void {
    this.tables.set(table.name, table);
  }

  /** A table in whatever state, until its deletion is over. */
  find(nameOrArn: string | undefined): Table | undefined {
    const table = this.tables.get(this.nameOf(nameOrArn));
    if (table?.transition.status !== 'DELETING' || this.now() < table.transition.until) return table;
    this.tables.delete(table.name);
    return undefined;
  }

  /** A table in whatever state. @throws Fault ResourceNotFoundException */
  get(nameOrArn: string | undefined): Table {
    const table = this.find(nameOrArn);
    if (!table) throw notFound(`Table: ${this.nameOf(nameOrArn)} not found`);
    return table;
  }

  /** A table whose items can be read and written. @throws Fault ResourceNotFoundException */
  usable(nameOrArn: string | undefined): Table {
    const table = this.find(nameOrArn);
    const status = table?.status(this.now());
    if (!table || status === 'CREATING' || status === 'DELETING') throw notFound();
    return table;
  }

  /** Names of all tables, sorted. */
  names(): string[] {
    return [...this.tables.keys()].filter((name) => this.find(name)).sort();
  }

  isReady(index: Index): boolean {
    return this.now() >= index.readyAt;
  }
}
