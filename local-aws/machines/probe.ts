import { get } from 'node:http';
import type { Probe } from './driver';

/** Real time that a machine has for its answer at the least: modelled seconds may be a few real milliseconds. */
const LEAST_REAL_TIMEOUT = 2_000;

/** One health check over HTTP, as the load balancer's nodes make it: a connection of its own. */
export function probeOverHttp(
  endpoint: { readonly host: string; readonly port: number },
  path: string,
  timeoutMs: number,
): Promise<Probe> {
  return new Promise((resolve) => {
    const request = get(
      { ...endpoint, path, agent: false, headers: { 'user-agent': 'ELB-HealthChecker/2.0' } },
      (response) => {
        response.resume();
        response.on('error', () => undefined);
        settle({ status: response.statusCode ?? 0 });
      },
    );
    const timer = setTimeout(
      () => {
        settle({ error: 'No answer in time.', timedOut: true });
        request.destroy();
      },
      Math.max(timeoutMs, LEAST_REAL_TIMEOUT),
    );
    const settle = (probe: Probe) => {
      clearTimeout(timer);
      resolve(probe);
    };
    request.on('error', (error) => settle({ error: error.message }));
  });
}
