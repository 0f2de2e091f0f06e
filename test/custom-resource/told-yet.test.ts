import type { ResourceRequest } from '../../lib/custom-resource/protocol';
import { expectTold, runStep, type StepEvent } from '../../lib/custom-resource/step';

const START = Date.UTC(2026, 0, 1);

/** One round of a resource that needs something which AWS tells of only later. */
function round(seconds: number, isTold: boolean) {
  const event: StepEvent = {
    request: { RequestType: 'Update', RequestId: 'r', ResourceProperties: {} } as ResourceRequest,
    isGoingBack: false,
    startedAt: new Date(START).toISOString(),
    now: new Date(START + seconds * 1000).toISOString(),
    note: 'a note',
  };
  return runStep(event, {
    parse: () => ({}),
    async step(given) {
      expectTold(isTold, 'launch template version 3', given);
      return { kind: 'succeed', data: {}, message: isTold ? 'told' : 'gone' };
    },
  });
}

test('what was made a moment ago and is not told of yet is looked for again some seconds later', async () => {
  expect(await round(59, false)).toEqual({
    done: false,
    waitSeconds: 5,
    note: 'a note',
    outcome: { kind: 'wait', seconds: 5, message: 'AWS does not tell of launch template version 3 yet.' },
  });
  expect((await round(5, true)).outcome).toMatchObject({ message: 'told' });
});

test('after a minute it is gone', async () => {
  expect((await round(60, false)).outcome).toMatchObject({ message: 'gone' });
});
