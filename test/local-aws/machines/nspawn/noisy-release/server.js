// A release that logs each request, and that does what ordinary services do: `/ordinary` says what of it fails.
const { execFileSync } = require('node:child_process');
const dgram = require('node:dgram');
const dns = require('node:dns/promises');
const { existsSync, mkdtempSync, readFileSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');

let status = 200;

const python = (script) => execFileSync('python3', ['-c', script], { encoding: 'utf8', timeout: 20_000 });
const listens = (server, ...where) =>
  new Promise((resolve, reject) =>
    server.once('error', reject).listen(...where, () => server.close(resolve)),
  );

/** What services in Node and Python do; each throws when it can't. */
const ORDINARY = {
  'names its network interfaces': () => {
    if (!os.networkInterfaces().lo) throw new Error('There is no lo.');
  },
  'names them in another language': () => {
    if (!python('import socket; print(socket.if_nameindex())').includes('lo'))
      throw new Error('There is no lo.');
  },
  'looks up names': () => dns.lookup('localhost'),
  'looks up names in another language': () => python('import socket; socket.getaddrinfo("localhost", 80)'),
  'listens with IPv4': () => listens(net.createServer(), 0, '127.0.0.1'),
  'listens on a Unix socket': () => listens(net.createServer(), join(mkdtempSync('/tmp/own-'), 'socket')),
  'sends datagrams': () =>
    new Promise((resolve, reject) => {
      const socket = dgram.createSocket('udp4');
      socket.send('words', 9, '127.0.0.1', (error) => {
        socket.close();
        if (error) reject(error);
        else resolve();
      });
    }),
  'compiles code while it runs': () => {
    // (module (func (export "f") (result i32) i32.const 42))
    const module = '0061736d010000000105016000017f03020100070501016600000a06010400412a0b';
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(module, 'hex'))).exports;
    if (f() !== 42) throw new Error('Not 42.');
  },
  'calls into libraries that make code': () =>
    python('import ctypes; ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)()'),
  'has threads': () =>
    new Promise((resolve, reject) =>
      new Worker('0', { eval: true }).once('error', reject).once('exit', resolve),
    ),
  'has child processes that share memory': () =>
    python(`import multiprocessing
if __name__ == "__main__":
    lock = multiprocessing.Lock()
    with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]`),
  'writes temporary files': () => {
    for (const folder of ['/tmp', '/var/tmp', '/dev/shm']) writeFileSync(join(folder, 'words'), 'words');
  },
  'reads what it has of the machine': () => {
    for (const file of [
      '/proc/self/status',
      '/proc/meminfo',
      '/proc/cpuinfo',
      '/proc/sys/net/core/somaxconn',
      '/etc/resolv.conf',
    ])
      if (existsSync(file)) readFileSync(file);
    if (os.cpus().length === 0 || os.totalmem() === 0)
      throw new Error('There is no processor, or no memory.');
  },
  'knows its user and its name': () => {
    os.userInfo();
    os.hostname();
  },
  'takes random numbers, and the time': () =>
    python('open("/dev/urandom", "rb").read(8); import time; time.clock_gettime(time.CLOCK_MONOTONIC)'),
  'lowers its priority': () => os.setPriority(5),
};
async function failing() {
  const failed = {};
  for (const [what, tryIt] of Object.entries(ORDINARY)) {
    try {
      await tryIt();
    } catch (error) {
      failed[what] = String(error.stderr || error.message);
    }
  }
  return failed;
}

http
  .createServer(async (request, response) => {
    console.log(`${request.method} ${request.url} ${'of a request that is logged at length '.repeat(100)}`);
    if (request.url === '/break') status = 500;
    if (request.url === '/health' && status !== 200) console.error('No schema: the release can not serve.');
    const body = request.url === '/ordinary' ? JSON.stringify(await failing()) : '{}';
    response.writeHead(request.url === '/health' ? status : 200).end(body);
  })
  .listen(Number(process.env.PORT), '0.0.0.0');
