// Keeps the machines' processes: all of them are its children, each the leader of a process group of its
// own. When the channel to the local AWS closes, however that came about, it ends them all and then itself.
// Plain JavaScript, so that it starts in the time that Node needs.
//
// Messages in:  {type: 'start', id, command, folder, environment}, {type: 'stop', id}, {type: 'close'}
// Messages out: {type: 'started', id, pid}, {type: 'output', id, text}, {type: 'exit', id, how}
import { spawn } from 'node:child_process';

/** Real time that a process is given to end by itself, in milliseconds. */
const GRACE = 1_000;

const children = new Map();
let closing = false;

function start({ id, command: [program, ...words], folder, environment }) {
  const child = spawn(program, words, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.set(id, child);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => tell({ type: 'output', id, text }));
  }
  let ended = false;
  const end = (how) => {
    if (ended) return;
    ended = true;
    children.delete(id);
    tell({ type: 'exit', id, how });
    if (closing && children.size === 0) process.exit(0);
  };
  if (child.pid !== undefined) tell({ type: 'started', id, pid: child.pid });
  child.on('error', (error) =>
    end(error.code === 'ENOENT' ? `command not found: ${program}` : `${program}: ${error.message}`),
  );
  child.on('exit', (code, name) => {
    const how = name ? `ended by ${name}` : `exit code ${code}`;
    // What the process had started itself may still be there, and hold the pipes open.
    signal(child, 'SIGKILL');
    child.on('close', () => end(how));
    setTimeout(end, GRACE, how).unref();
  });
}

function stop(id) {
  const child = children.get(id);
  if (!child) return;
  signal(child, 'SIGTERM');
  setTimeout(() => signal(child, 'SIGKILL'), GRACE).unref();
}

/** To the whole process group; a group that is gone is none. */
function signal(child, name) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // Already gone.
  }
}

function close() {
  if (closing) return;
  closing = true;
  if (children.size === 0) process.exit(0);
  for (const id of children.keys()) stop(id);
  setTimeout(() => process.exit(0), 2 * GRACE);
}

function tell(message) {
  if (process.connected) process.send(message, () => undefined);
}

process.on('message', (message) => {
  if (message.type === 'start' && !closing) start(message);
  if (message.type === 'stop') stop(message.id);
  if (message.type === 'close') close();
});
process.on('disconnect', close);
process.on('SIGTERM', close);
// A terminal's Ctrl-C is for the local AWS: it closes the channel when it is done.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
