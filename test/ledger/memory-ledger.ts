import { type Amendment, type Ledger, LedgerConflict } from '../../lib/ledger/ledger';
import {
  type Head,
  type LedgerEvent,
  NO_HEAD,
  type OpenRollout,
  type Outcome,
  type Revision,
} from '../../lib/ledger/types';

/** A ledger in memory, with the same conditions as the one in DynamoDB. */
export class MemoryLedger implements Ledger {
  private readonly heads = new Map<string, Head>();
  private readonly items = new Map<string, Revision>();
  private readonly notes = new Map<string, LedgerEvent>();

  async head(fleet: string): Promise<Head> {
    return this.heads.get(fleet) ?? NO_HEAD(fleet);
  }

  async revisions(fleet: string): Promise<readonly Revision[]> {
    return [...this.items.values()]
      .filter((item) => item.fleet === fleet)
      .sort((a, b) => a.number - b.number);
  }

  async revision(fleet: string, number: number): Promise<Revision | undefined> {
    return this.items.get(`${fleet}#${number}`);
  }

  async events(fleet: string, revision: number): Promise<readonly LedgerEvent[]> {
    return [...this.notes.values()].filter((event) => event.fleet === fleet && event.revision === revision);
  }

  async open(
    head: Head,
    rollout: OpenRollout,
    revision: Revision | undefined,
    superseded?: Outcome,
  ): Promise<void> {
    const { fleet } = head;
    const now = await this.head(fleet);
    const isUnchanged = head.open ? isSame(now.open, head.open) : !now.open && now.newest === head.newest;
    if (!isUnchanged || (revision && this.items.has(`${fleet}#${revision.number}`)))
      throw new LedgerConflict(fleet);
    if (head.open && !head.open.isRestart && superseded) this.end(fleet, head.open.revision, superseded);
    if (revision) this.items.set(`${fleet}#${revision.number}`, revision);
    this.heads.set(fleet, { ...head, newest: Math.max(head.newest, rollout.revision), open: rollout });
  }

  async close(fleet: string, open: OpenRollout, outcome: Outcome): Promise<void> {
    const { open: present, ...head } = await this.head(fleet);
    if (!isSame(present, open)) throw new LedgerConflict(fleet);
    if (!open.isRestart) this.end(fleet, open.revision, outcome);
    const restarted = open.isRestart ? { restarted: { order: open.order ?? '', outcome } } : {};
    this.heads.set(fleet, { ...head, ...restarted });
  }

  async amend(fleet: string, open: OpenRollout, change: Amendment): Promise<void> {
    const head = await this.head(fleet);
    if (!isSame(head.open, open)) throw new LedgerConflict(fleet);
    this.heads.set(fleet, { ...head, open: { ...head.open!, ...change } });
  }

  async note(event: LedgerEvent): Promise<void> {
    this.notes.set(`${event.fleet}#${event.revision}#${event.at}#${event.kind}`, event);
  }

  private end(fleet: string, number: number, outcome: Outcome): void {
    const item = this.items.get(`${fleet}#${number}`);
    if (!item || item.outcome) throw new LedgerConflict(fleet);
    this.items.set(`${fleet}#${number}`, { ...item, outcome });
  }
}

function isSame(one: OpenRollout | undefined, other: OpenRollout): boolean {
  return one?.revision === other.revision && one.openedAt === other.openedAt;
}
