import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { type ReleaseRecords, releasedVersion } from '../../lib/release/released-version-step';
import { runSteps } from '../custom-resource/run-steps';

const request: ResourceRequest = {
  RequestType: 'Create',
  RequestId: 'request-1',
  ResponseURL: 'http://127.0.0.1/',
  StackId: 'stack-1',
  ResourceType: 'Custom::Release',
  LogicalResourceId: 'Release',
  ResourceProperties: {
    ParameterName: '/image-rollouts/guestbook/releases/1.1.0',
    Application: 'guestbook',
    Version: '1.1.0',
    Digest: 'BBB',
    ChangeCause: 'New look',
  },
};

class FakeRecords implements ReleaseRecords {
  readonly written = new Map<string, string>();
  description = '';

  async read(parameterName: string): Promise<string | undefined> {
    return this.written.get(parameterName);
  }

  async writeOnce(parameterName: string, digest: string, description: string): Promise<boolean> {
    if (this.written.has(parameterName)) return false;
    this.written.set(parameterName, digest);
    this.description = description;
    return true;
  }
}

const run = (records: ReleaseRecords, given = request, isGoingBack = false) =>
  runSteps(releasedVersion(records), given, { now: Date.UTC(2026, 0, 1) }, { isGoingBack });

describe('a released version', () => {
  test('is recorded by its first deployment, with when, by whom, and why', async () => {
    const records = new FakeRecords();
    expect((await run(records)).result.outcome.kind).toBe('succeed');
    expect([...records.written]).toEqual([['/image-rollouts/guestbook/releases/1.1.0', 'BBB']]);
    expect(records.description).toBe('Released 2026-01-01T00:00:00.000Z by stack-1: New look');
  });

  test('may be deployed again with the same content', async () => {
    const records = new FakeRecords();
    await run(records);
    expect((await run(records)).result.outcome.kind).toBe('succeed');
  });

  test('is refused with other content, and both digests are named', async () => {
    const records = new FakeRecords();
    records.written.set('/image-rollouts/guestbook/releases/1.1.0', 'AAA');
    expect((await run(records)).result.outcome).toEqual({
      kind: 'fail',
      reason:
        'Version 1.1.0 of guestbook was released with digest AAA; this artifact has digest BBB. ' +
        'A version is immutable: give the changed content a new version.',
    });
    expect(records.written.get('/image-rollouts/guestbook/releases/1.1.0')).toBe('AAA');
  });

  test.each([
    ['the same', 'BBB', 'succeed'],
    ['other', 'AAA', 'fail'],
  ])(
    'is compared with %s content that another stack records at the same time',
    async (_name, digest, kind) => {
      const records = new FakeRecords();
      const writeOnce = records.writeOnce.bind(records);
      records.writeOnce = async (parameterName, ...rest) => {
        await writeOnce(parameterName, digest, 'the other stack');
        return writeOnce(parameterName, ...rest);
      };
      expect((await run(records)).result.outcome.kind).toBe(kind);
    },
  );

  test("is let through on a stack's rollback and on Delete, and the record is kept", async () => {
    const records = new FakeRecords();
    records.written.set('/image-rollouts/guestbook/releases/1.1.0', 'AAA');
    expect((await run(records, { ...request, RequestType: 'Update' }, true)).result.outcome.kind).toBe(
      'succeed',
    );
    expect((await run(records, { ...request, RequestType: 'Delete' })).result.outcome.kind).toBe('succeed');
    expect(records.written.size).toBe(1);
  });
});
