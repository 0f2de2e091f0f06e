import { VirtualClock } from '../../../local-aws/core/clock';
import { Constraints, NO_CONSTRAINTS } from '../../../local-aws/core/constraints';
import { type CallRecord, Core } from '../../../local-aws/core/core';
import type { Operation, Service } from '../../../local-aws/core/service';
import { ANYTHING } from '../../harness/stand-in';

type Sdk = Service['sdk'];

/** A service whose operations answer with what they are told, and keep what they were asked. */
export class FakeService implements Service {
  readonly operations: Record<string, Operation> = {};
  readonly inputs: unknown[] = [];

  constructor(
    readonly signingName: string,
    readonly sdk: Sdk,
    answers: Record<string, object | Error>,
  ) {
    for (const [name, answer] of Object.entries(answers)) {
      const run = (input: unknown) => {
        this.inputs.push(input);
        if (answer instanceof Error) throw answer;
        return answer;
      };
      this.operations[name] = { accepts: ANYTHING, run } as Operation;
    }
  }
}

/** A core with one fake service, and what its log says. */
export function fake(signingName: string, sdk: Sdk, answers: Record<string, object | Error>) {
  const calls: CallRecord[] = [];
  const core = new Core({
    clock: new VirtualClock(),
    onCall: (record) => calls.push(record),
    // What goes over the wire here are texts that each protocol must escape, not values that AWS takes.
    constraints: new Constraints(NO_CONSTRAINTS),
  });
  const service = new FakeService(signingName, sdk, answers);
  core.register(service);
  return { core, inputs: service.inputs, calls };
}
