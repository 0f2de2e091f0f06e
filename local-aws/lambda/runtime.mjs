// Runs one Lambda function in a process of its own: loads the handler, then takes one invocation after
// the other over the IPC channel. Plain JavaScript, so that it starts without a compiler.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import timers from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

// The local AWS is gone, perhaps killed: nobody would ever end this process.
process.on('disconnect', () => process.exit(0));

const send = (message) => new Promise((resolve) => process.send(message, resolve));

// What a handler waits for passes in modelled time; other timers, such as a client's for its connections, in real time.
const pauses = new Map();
timers.setTimeout = async (ms = 1, value) => {
  const id = randomUUID();
  const over = new Promise((resolve) => pauses.set(id, resolve));
  await send({ kind: 'pause', id, ms });
  await over;
  return value;
};
syncBuiltinESMExports();

function describeError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

function runtimeError(errorType, message) {
  const error = new Error(message);
  error.name = errorType;
  return error;
}

async function load() {
  const handler = process.env._HANDLER;
  const dot = handler.indexOf('.', handler.lastIndexOf('/') + 1);
  if (dot < 0) throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const base = join(process.env.LAMBDA_TASK_ROOT, handler.slice(0, dot));
  const file = ['', '.js', '.mjs', '.cjs'].map((extension) => base + extension).find(existsSync);
  if (!file)
    throw runtimeError('Runtime.ImportModuleError', `Error: Cannot find module '${handler.slice(0, dot)}'`);
  let module;
  try {
    module = await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError('Runtime.UserCodeSyntaxError', String(error));
    if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND')
      throw runtimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
    throw error;
  }
  const path = handler.slice(dot + 1).split('.');
  const follow = (root) => path.reduce((value, name) => value?.[name], root);
  const found = follow(module) ?? follow(module.default);
  if (typeof found !== 'function')
    throw runtimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  return found;
}

function contextOf({ requestId, functionArn, timeoutMs }) {
  const deadline = Date.now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const answer = handler(event, context, (error, result) => (error ? reject(error) : resolve(result)));
    if (typeof answer?.then === 'function') answer.then(resolve, reject);
    else if (handler.length < 3) resolve(answer);
  });
}

let handler;
try {
  handler = await load();
} catch (error) {
  console.error(error);
  await send({ kind: 'initError', error: describeError(error) });
  process.exit(1);
}

process.on('message', async (message) => {
  if (message.kind === 'resume') pauses.get(message.id)?.();
  else await run(message);
});

async function run(invocation) {
  await send({ kind: 'taken' });
  try {
    const result = await call(handler, JSON.parse(invocation.event), contextOf(invocation));
    await send({ kind: 'result', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    console.error(error);
    await send({ kind: 'error', error: describeError(error) });
  }
}
await send({ kind: 'ready' });
