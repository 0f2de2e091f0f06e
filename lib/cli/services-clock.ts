import type { MiddlewareStack } from '@smithy/types';

/**
 * Time as the services have it, by the `Date` of their answers. An operator's clock may be wrong; and a
 * local AWS lives faster than any clock.
 */
export class ServicesClock {
  private aheadMs = 0;

  constructor(private readonly ownNow: () => number) {}

  /** Milliseconds since the epoch. */
  now(): number {
    return this.ownNow() + this.aheadMs;
  }

  /** Notes the time of each answer that an SDK client gets. */
  watch<Input extends object, Output extends object>(client: {
    readonly middlewareStack: MiddlewareStack<Input, Output>;
  }): void {
    client.middlewareStack.add(
      (next) => async (call) => {
        const answer = await next(call);
        this.note(answer.response);
        return answer;
      },
      { step: 'deserialize', name: 'servicesClock' },
    );
  }

  private note(response: unknown): void {
    const { headers } = (response ?? {}) as { headers?: Readonly<Record<string, string>> };
    const time = Date.parse(headers?.date ?? '');
    if (!Number.isNaN(time)) this.aheadMs = time - this.ownNow();
  }
}
