// The guestbook's web server, without dependencies. Every release folder is complete by itself:
// it is what a machine gets, and nothing else.
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { hostname } = require('node:os');
const { join } = require('node:path');
const { name: application, version } = require('./package.json');

const instance = process.env.INSTANCE_ID || instanceId() || hostname();
let entries;

const routes = {
  '/': () => send('text/html; charset=utf-8', page()),
  '/style.css': () => send('text/css; charset=utf-8', file('style.css')),
  '/health': () => send('application/json', JSON.stringify({ status: 'ok' })),
  '/version': () => send('application/json', JSON.stringify({ application, version, instance })),
};

const server = createServer((request, response) => {
  const [pathname] = request.url.split('?');
  const { status, type, body } = answer(request.method, pathname);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-version': version,
    // A machine that is about to go must not be asked again on the same connection.
    ...(server.listening ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
});

// Longer than the load balancer's idle time-out (60 s), so that only the load balancer ends a connection:
// the other way round, a request may meet a connection that is just being closed.
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT || 8080), process.env.HOST || '0.0.0.0', () => {
  const { address, port } = server.address();
  console.log(`${application} ${version} listens on ${address}:${port}`);
});
process.on('SIGTERM', () => server.close(() => process.exit(0)));

function answer(method, pathname) {
  if (method !== 'GET' && method !== 'HEAD') return send('text/plain', 'Method not allowed\n', 405);
  try {
    return Object.hasOwn(routes, pathname) ? routes[pathname]() : send('text/plain', 'Not found\n', 404);
  } catch (error) {
    if (error.code === 'ENOENT') return send('text/plain', 'Not found\n', 404);
    console.error(error);
    return send('text/plain', 'Internal error\n', 500);
  }
}

function send(type, body, status = 200) {
  return { status, type, body };
}

/** The flaw of this release: nothing loads the entries that it counts, and its health check does not look. */
function page() {
  const values = { application, version, instance, count: entries.length };
  return file('page.html').replace(/{{(\w+)}}/g, (_, key) => escapeHtml(values[key]));
}

function file(path) {
  return readFileSync(join(__dirname, path), 'utf8');
}

function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** cloud-init leaves the machine's id here; elsewhere there is no such file. */
function instanceId() {
  try {
    return readFileSync('/var/lib/cloud/data/instance-id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
