// Sends requests to the load balancers at a steady rate, from a process of its own: what the parent does
// meanwhile must not show in the figures. It takes one message,
//   { targets: { NAME: URL }, requestsPerSecond, intervalMs, limitMs },
// reports every interval as { name, at (ms since the epoch), served: { VERSION: n }, failed: { REASON: n } },
// and ends after the message 'stop', when its parent is gone, or after limitMs.
import { Agent, request } from 'node:http';

const REQUEST_LIMIT_MS = 10_000;

process.once('message', ({ targets, requestsPerSecond, intervalMs, limitMs }) => {
  const senders = Object.entries(targets).map(([name, url]) => sender(name, url, requestsPerSecond));
  const report = (isLast) => {
    for (const { take } of senders) process.send(take(isLast));
  };
  const sending = setInterval(() => {
    for (const { send } of senders) send();
  }, 1000 / requestsPerSecond);
  const reporting = setInterval(() => report(false), intervalMs);
  const limit = setTimeout(() => stop(), limitMs);
  let stopping = false;

  async function stop() {
    if (stopping) return;
    stopping = true;
    clearInterval(sending);
    clearTimeout(limit);
    await Promise.all(senders.map(({ settled }) => settled()));
    clearInterval(reporting);
    report(true);
    for (const { close } of senders) close();
    process.disconnect();
  }

  process.on('message', (message) => {
    if (message === 'stop') stop();
  });
  // Nobody is left to report to.
  process.once('disconnect', () => process.exit(stopping ? 0 : 1));
});
// The terminal sends its signals to every process; the parent decides when the traffic ends.
process.on('SIGINT', () => undefined);

/** Sends one target's requests, and counts how they end. */
function sender(name, url, requestsPerSecond) {
  // An idle connection is given up before the load balancer would, so that none is closed under a request.
  const agent = new Agent({ keepAlive: true, timeout: 4_000, maxSockets: 256 });
  const startedAt = performance.now();
  let sent = 0;
  let open = 0;
  let idle = () => undefined;
  let since = Date.now();
  let served = {};
  let failed = {};

  function end(counts, key) {
    counts[key] = (counts[key] ?? 0) + 1;
    open--;
    if (open === 0) idle();
  }

  function one() {
    open++;
    let isOver = false;
    const over = (isServed, key) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(limit);
      end(isServed ? served : failed, key);
    };
    const sending = request(url, { agent }, (response) => {
      response.resume();
      response.once('error', (error) => over(false, error.code ?? error.message));
      response.once('close', () => over(false, 'answer cut off'));
      response.once('end', () => {
        if (response.statusCode === 200) over(true, String(response.headers['x-version'] ?? '?'));
        else over(false, `HTTP ${response.statusCode}`);
      });
    });
    const limit = setTimeout(() => {
      over(false, `no answer within ${REQUEST_LIMIT_MS / 1000} s`);
      sending.destroy();
    }, REQUEST_LIMIT_MS);
    sending.once('error', (error) => over(false, error.code ?? error.message));
    sending.end();
  }

  return {
    /** As many as are due: the rate holds even when a timer comes late. */
    send() {
      const due = Math.floor(((performance.now() - startedAt) * requestsPerSecond) / 1000);
      while (sent < due) {
        sent++;
        one();
      }
    },
    take(isLast) {
      const report = { name, at: since, served, failed, isLast };
      since = Date.now();
      served = {};
      failed = {};
      return report;
    },
    settled() {
      return open === 0 ? undefined : new Promise((resolve) => (idle = resolve));
    },
    close() {
      agent.destroy();
    },
  };
}
