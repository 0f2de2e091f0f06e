import { setTimeout } from 'node:timers/promises';

/** What is needed to deliver an answer; a test gives its own. */
export interface Delivery {
  /** Sends the body by HTTP PUT, and returns the status code. @throws when nothing came back */
  put(url: string, body: string): Promise<number>;
  sleep(ms: number): Promise<void>;
}

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 500;

/**
 * Delivers an answer to CloudFormation, with further attempts when it can't be reached.
 * @throws Error with the last attempt's failure
 */
export async function deliver(url: string, body: string, delivery: Delivery): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const failure = await attemptOnce(url, body, delivery);
    if (failure === undefined) return;
    if (attempt === ATTEMPTS)
      throw new Error(`The answer to CloudFormation could not be delivered: ${failure}.`);
    await delivery.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
  }
}

async function attemptOnce(url: string, body: string, delivery: Delivery): Promise<string | undefined> {
  try {
    const status = await delivery.put(url, body);
    return status < 400 ? undefined : `HTTP status ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** By HTTP or HTTPS, to whatever port the URL names. */
export const overHttp: Delivery = {
  async put(url, body) {
    const response = await fetch(url, {
      method: 'PUT',
      // Bytes, not text: the URL is signed for a request without a content type.
      body: new TextEncoder().encode(body),
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status;
  },
  sleep: (ms) => setTimeout(ms),
};
