import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import { lambdaInvoke } from './definition';
import { runtimeError, StateError } from './state-error';

interface LambdaError {
  readonly errorType?: string;
}

/**
 * Carries out a task under the state machine's role.
 * @param input the task's effective input: the function's event, or the parameters of `lambda:invoke`
 * @returns the task's result: the function's answer, or the call's with that in its `Payload`
 * @throws StateError as Step Functions names it
 */
export async function runTask(
  core: Core,
  principal: Principal,
  resource: string,
  input: unknown,
): Promise<unknown> {
  if (resource !== lambdaInvoke) return (await invoke(core, principal, resource, input)).payload;
  const { FunctionName, Payload, ...others } = input as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(others).filter((name) => name !== 'InvocationType');
  if (typeof FunctionName !== 'string' || unknown.length > 0)
    throw runtimeError(
      `The task needs a FunctionName and takes a Payload; found ${JSON.stringify(Object.keys(input as object))}.`,
    );
  const { statusCode, payload } = await invoke(core, principal, FunctionName, Payload ?? {});
  return { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: statusCode };
}

async function invoke(core: Core, principal: Principal, functionName: string, event: unknown) {
  const { StatusCode, FunctionError, Payload } = await core
    .send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }), principal)
    .catch((error: unknown) => {
      throw callError(error);
    });
  const text = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw functionError(text);
  return { statusCode: StatusCode, payload: JSON.parse(text) as unknown };
}

/** Lambda refused the call, or failed itself. */
function callError(error: unknown): StateError {
  const isRefusal = error instanceof Fault && error.status < 500;
  const code = isRefusal ? error.code.replace(/Exception$/, '') : 'Service';
  const message = error instanceof Error ? error.message : String(error);
  return new StateError(`Lambda.${code}Exception`, message);
}

/** A process that died is no error of the function's own, and is reported without its type. */
function functionError(payload: string): StateError {
  const { errorType } = JSON.parse(payload) as LambdaError;
  if (errorType !== undefined && errorType !== 'Runtime.ExitError') return new StateError(errorType, payload);
  return new StateError(
    'Lambda.Unknown',
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  );
}
