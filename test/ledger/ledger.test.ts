import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { DynamoDbLedger } from '../../lib/ledger/dynamodb-ledger';
import { type Ledger, LedgerConflict } from '../../lib/ledger/ledger';
import type { OpenRollout, Revision } from '../../lib/ledger/types';
import { VirtualClock } from '../../local-aws/core/clock';
import { Core } from '../../local-aws/core/core';
import { DynamoDbService } from '../../local-aws/dynamodb/service';
import { clientConfig } from '../../local-aws/wire/in-process';
import { complete, FLEET, revisionOf, rolledBack } from '../cli/world';
import { createLedgerTable } from '../harness/ledger-table';
import { MemoryLedger } from './memory-ledger';

// Both ledgers, the one in DynamoDB and the one of the tests, hold to the same contract.

async function inDynamoDb(): Promise<Ledger> {
  const clock = new VirtualClock();
  const core = new Core({ clock });
  core.register(new DynamoDbService(core));
  const config = clientConfig(core);
  await createLedgerTable(core, 'ledger');
  // Until the table is there.
  await clock.advance(60_000);
  return new DynamoDbLedger(new DynamoDB(config), 'ledger');
}

const AT = 1_000_000;

function unfinished(number: number): Revision {
  const { outcome: _, ...revision } = revisionOf(number, '1.0.0');
  return revision;
}

function rolloutOf(number: number, more: Partial<OpenRollout> = {}): OpenRollout {
  const { software, stackId, requestId } = revisionOf(number, '1.0.0');
  return {
    revision: number,
    isRestart: false,
    content: software.content,
    launchTemplateVersion: software.launchTemplateVersion,
    stackId,
    requestId,
    openedAt: AT + number,
    until: AT + 3600_000,
    part: 0,
    passed: 0,
    ...more,
  };
}

describe.each([
  ['DynamoDB', inDynamoDb],
  ['memory', async (): Promise<Ledger> => new MemoryLedger()],
])('in %s', (_, create) => {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = await create();
  });
  const head = () => ledger.head(FLEET);
  const opened = async (number: number) => {
    const rollout = rolloutOf(number);
    await ledger.open(await head(), rollout, unfinished(number));
    return rollout;
  };

  test('a fleet of which nothing is known', async () => {
    expect(await head()).toEqual({ fleet: FLEET, newest: 0 });
    expect(await ledger.revisions(FLEET)).toEqual([]);
    expect(await ledger.revision(FLEET, 1)).toBeUndefined();
    expect(await ledger.events(FLEET, 1)).toEqual([]);
  });

  test('a rollout begins and ends', async () => {
    const open = await opened(1);
    expect(await head()).toEqual({ fleet: FLEET, newest: 1, open });
    expect(await ledger.revision(FLEET, 1)).toEqual(unfinished(1));
    await ledger.close(FLEET, open, complete(AT));
    expect(await head()).toEqual({ fleet: FLEET, newest: 1 });
    expect(await ledger.revisions(FLEET)).toEqual([{ ...unfinished(1), outcome: complete(AT) }]);
  });

  test('one at a time: of two that read the same, one begins', async () => {
    const before = await head();
    await ledger.open(before, rolloutOf(1), unfinished(1));
    await expect(ledger.open(before, rolloutOf(1), unfinished(1))).rejects.toThrow(LedgerConflict);
    await ledger.close(FLEET, rolloutOf(1), complete(AT));
    const next = await head();
    await ledger.open(next, rolloutOf(2), unfinished(2));
    await expect(ledger.open(next, rolloutOf(2), unfinished(2))).rejects.toThrow(LedgerConflict);
  });

  test('an outcome is written once, and a rollout that is over takes no order', async () => {
    const open = await opened(1);
    await ledger.close(FLEET, open, complete(AT));
    await expect(ledger.close(FLEET, open, rolledBack(AT))).rejects.toThrow(LedgerConflict);
    await expect(ledger.amend(FLEET, open, { passed: 50 })).rejects.toThrow(LedgerConflict);
    expect((await ledger.revision(FLEET, 1))?.outcome).toEqual(complete(AT));
  });

  test('orders are written, and taken away', async () => {
    const open = await opened(1);
    const paused = { by: 'anna', at: AT };
    await ledger.amend(FLEET, open, { paused, passed: 50 });
    expect((await head()).open).toEqual({ ...open, paused, passed: 50 });
    await ledger.amend(FLEET, open, { paused: undefined, holding: { at: 75, since: AT } });
    const now = (await head()).open;
    expect(now?.paused).toBeUndefined();
    expect(now).toMatchObject({ passed: 50, holding: { at: 75, since: AT } });
  });

  test('what was left open is taken over, with an outcome', async () => {
    await opened(1);
    await ledger.open(await head(), rolloutOf(2), unfinished(2), rolledBack(AT));
    expect(await head()).toEqual({ fleet: FLEET, newest: 2, open: rolloutOf(2) });
    expect((await ledger.revision(FLEET, 1))?.outcome).toEqual(rolledBack(AT));
  });

  test('a restart has no revision of its own, and is remembered by what asked for it', async () => {
    await ledger.close(FLEET, await opened(1), complete(AT));
    const restart = rolloutOf(1, { isRestart: true, order: 'again', openedAt: AT + 99 });
    await ledger.open(await head(), restart, undefined);
    await ledger.close(FLEET, restart, rolledBack(AT));
    expect(await head()).toEqual({
      ...{ fleet: FLEET, newest: 1 },
      restarted: { order: 'again', outcome: rolledBack(AT) },
    });
    expect((await ledger.revision(FLEET, 1))?.outcome).toEqual(complete(AT));
  });

  test('events and revisions come in order, each fleet its own', async () => {
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      await ledger.close(FLEET, await opened(number), complete(AT));
    expect((await ledger.revisions(FLEET)).map(({ number }) => number)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(await ledger.revisions('other-fleet')).toEqual([]);
    const event = { fleet: FLEET, revision: 1, by: 'anna', message: '' } as const;
    await ledger.note({ ...event, kind: 'Paused', at: AT });
    await ledger.note({ ...event, kind: 'Resumed', at: AT + 5 });
    await ledger.note({ ...event, kind: 'Resumed', at: AT + 5 });
    await ledger.note({ ...event, kind: 'Paused', at: AT, revision: 10 });
    expect((await ledger.events(FLEET, 1)).map(({ kind }) => kind)).toEqual(['Paused', 'Resumed']);
  });
});
