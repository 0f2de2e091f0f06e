import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';

/**
 * Retries of an SDK client in process: as many attempts, and for the same errors, as the SDK's own, but
 * at once. Its back-off is real time, which a test should not spend, and can't be modelled time either:
 * a function that waits for the clock holds it.
 */
export function retryAtOnce(maxAttempts: number): RetryStrategyV2 {
  return {
    acquireInitialRetryToken: async () => attempt(0),
    async refreshRetryTokenForRetry(token: RetryToken, { errorType }: RetryErrorInfo) {
      const isWorthIt = errorType === 'THROTTLING' || errorType === 'TRANSIENT';
      if (!isWorthIt || token.getRetryCount() + 1 >= maxAttempts) throw new Error('No retry token available');
      return attempt(token.getRetryCount() + 1);
    },
    recordSuccess: () => undefined,
  };
}

function attempt(count: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => 0 };
}
