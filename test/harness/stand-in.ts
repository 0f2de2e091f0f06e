import type { AcceptedProperties } from '../../local-aws/core/accepts';
import type { Call, Operation } from '../../local-aws/core/service';

/** Takes whatever a request gives: what a stand-in reads of it is its test's matter. */
export const ANYTHING: AcceptedProperties = new Proxy(
  {},
  {
    get: () => true,
    getOwnPropertyDescriptor: () => ({ value: true, configurable: true, enumerable: true }),
  },
);

/** An operation that stands for a service's own in a test. */
export function operation<Input, Output extends object>(definition: {
  run(input: Input, call: Call): Output | Promise<Output>;
  action?: string;
  resources?(input: Input, call: Call): readonly string[];
}): Operation {
  return { accepts: ANYTHING, ...definition } as unknown as Operation;
}
