import { JsonCodec2 } from '@smithy/core/protocols';
import { Fault } from '../core/fault';
import { type WireResponse, wireResponse } from './http';
import type { ErrorModel, ServiceModel } from './model';
import { faultStatus, faultType, type Protocol } from './protocol';

const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });

/** AWS's JSON protocol, 1.0 and 1.1: the operation stands in a header. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export const awsJson: Protocol = {
  read: async (request, model) => {
    const name = (request.headers['x-amz-target'] ?? '').split('.').pop()!;
    const operation = model.operations.get(name);
    if (!operation?.input.isStructSchema()) return { operation: name, input: {} };
    return { operation: name, input: await readJson(codec, operation.input, request.body) };
  },
  write: (output, operation, model, requestId) => {
    let body: Uint8Array | string = '{}';
    if (operation.output.isStructSchema()) {
      const serializer = codec.createSerializer();
      serializer.write(operation.output, output);
      body = serializer.flush();
    }
    const version = model.protocol === 'awsJson1_0' ? '1.0' : '1.1';
    return wireResponse(200, body, {
      'content-type': `application/x-amz-json-${version}`,
      'x-amzn-requestid': requestId,
    });
  },
  writeFault: (fault, model, requestId) => jsonFault(fault, model, requestId, 'application/x-amz-json-1.1'),
};

/** Reads a JSON body by its schema; an empty one is an empty object. @throws Fault when it is not JSON */
export async function readJson(
  by: JsonCodec2,
  schema: Parameters<ReturnType<JsonCodec2['createDeserializer']>['read']>[0],
  body: Uint8Array,
): Promise<object> {
  const text = Buffer.from(body).toString();
  try {
    return await by.createDeserializer().read(schema, text.trim() === '' ? '{}' : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault('SerializationException', `The request's body is not what it should be: ${reason}.`, 400);
  }
}

/** An error as all JSON protocols write it. */
export function jsonFault(
  fault: Fault,
  model: ServiceModel | undefined,
  requestId: string,
  contentType: string,
): WireResponse {
  const error = model?.error(fault.code);
  const status = faultStatus(fault, error);
  const type = error && model ? `${model.namespace}#${error.shape}` : fault.code;
  const body = JSON.stringify({
    __type: type,
    ...membersOf(fault, error),
    [error?.messageMember ?? 'message']: fault.message,
  });
  return wireResponse(status, body, {
    'content-type': contentType,
    'x-amzn-errortype': error?.shape ?? fault.code,
    'x-amzn-requestid': requestId,
    // A service that came from the query protocol goes on telling its old codes to clients that know them.
    ...(error?.hasQueryCode && { 'x-amzn-query-error': `${error.code};${faultType(status)}` }),
  });
}

/** What an error carries besides its message, by its shape. */
function membersOf(fault: Fault, error: ErrorModel | undefined): object {
  if (!error || Object.keys(fault.members).length === 0) return {};
  const serializer = codec.createSerializer();
  serializer.write(error.schema, fault.members);
  return JSON.parse(Buffer.from(wireResponse(0, serializer.flush()).body).toString());
}
