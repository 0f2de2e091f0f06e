import { isDeepStrictEqual } from 'node:util';
import { Fault } from '../core/fault';

/** What calls with a client token have made: a call that is repeated with its token makes nothing else. */
export class ClientTokens {
  private readonly made = new Map<string, { readonly request: object; readonly result: object }>();

  /** @throws Fault for a token that another request has used. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
  once<Result extends object>(
    operation: string,
    request: { readonly ClientToken?: string },
    make: () => Result,
  ): Result {
    if (!request.ClientToken) return make();
    const key = `${operation} ${request.ClientToken}`;
    const earlier = this.made.get(key);
    if (!earlier) {
      const result = make();
      this.made.set(key, { request, result });
      return result;
    }
    if (isDeepStrictEqual(earlier.request, request)) return earlier.result as Result;
    throw new Fault(
      'IdempotentParameterMismatch',
      `The request uses the same client token as a previous, but non-identical request: ${request.ClientToken}.`,
    );
  }
}
