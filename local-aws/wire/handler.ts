import { randomUUID } from 'node:crypto';
import type { CallRecord, Core } from '../core/core';
import { Fault } from '../core/fault';
import { ConnectionLost } from '../core/fault-injection';
import { checkRegion, credentialOf } from './caller';
import { crc32 } from './crc32';
import { type Route, type WireRequest, type WireResponse, wireResponse } from './http';
import { awsJson } from './json';
import type { ServiceModel } from './model';
import type { Protocol } from './protocol';
import { awsQuery, ec2Query } from './query';
import { restJson, restXml } from './rest';

export interface HandlerOptions {
  /** Endpoints beside AWS's API. @default none */
  readonly routes?: readonly Route[];
}

/** Answers one HTTP request; what goes wrong is in the answer. @throws ConnectionLost where there is to be none */
export type Handler = (request: WireRequest) => Promise<WireResponse>;

/**
 * The local AWS as a function from requests to answers. Who calls is read off the request's
 * credential, and so is the service; signatures are not verified (see `credentialOf`). An access key
 * id that is no session's is the account's own administrator.
 */
export function createHandler(core: Core, options: HandlerOptions = {}): Handler {
  const call: Handler = async (request) => {
    const requestId = randomUUID();
    let model: ServiceModel | undefined;
    let stage: 'reading' | 'running' | 'writing' = 'reading';
    try {
      const credential = credentialOf(request);
      const service = core.service(credential.service);
      if (!service) throw unknownService(core, credential.service);
      model = core.models.of(service);
      checkRegion(credential, core.region);
      const protocol = protocolOf(request, model);
      const { operation, input } = await protocol.read(request, model, service);
      const principal = core.sessions.get(credential.accessKeyId) ?? core.root;
      stage = 'running';
      const output = await core.dispatch(service, operation, input, principal, requestId);
      stage = 'writing';
      return checked(await protocol.write(output, model.operations.get(operation)!, model, requestId), model);
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      const fault = error instanceof Fault ? error : new Fault('InternalFailure', messageOf(error), 500);
      // What came as far as the core stands in the log already.
      if (stage !== 'running') core.onCall(refusal(core, request, fault));
      return checked(protocolOf(request, model).writeFault(fault, model, requestId), model);
    }
  };

  return async (request) => {
    const extra = options.routes?.find(({ prefix }) => request.path.startsWith(prefix));
    try {
      const response = await (extra ? extra.handle(request) : call(request));
      return request.method === 'HEAD' ? { ...response, body: new Uint8Array() } : response;
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      return wireResponse(500, messageOf(error), { 'content-type': 'text/plain;charset=UTF-8' });
    }
  };
}

/**
 * The request decides the protocol, not the package: for one service an older client (the AWS CLI,
 * for CloudWatch) speaks the query protocol where a newer one speaks JSON.
 */
function protocolOf(request: WireRequest, model: ServiceModel | undefined): Protocol {
  if (model?.protocol === 'restXml') return restXml;
  if (model?.protocol === 'restJson1') return restJson;
  if (request.headers['x-amz-target'] !== undefined) return awsJson;
  if (model?.protocol === 'ec2Query') return ec2Query;
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  return model || isForm || request.query.Action ? awsQuery : restJson;
}

/** Every answer of DynamoDB's says its body's checksum, and Go's SDK warns when one does not. */
function checked(response: WireResponse, model: ServiceModel | undefined): WireResponse {
  if (model?.namespace !== 'com.amazonaws.dynamodb') return response;
  return { ...response, headers: { ...response.headers, 'x-amz-crc32': String(crc32(response.body)) } };
}

function unknownService(core: Core, name: string): Fault {
  return new Fault(
    'UnknownService',
    `The local AWS has no service ${name}; it has ${signingNames(core)}.`,
    501,
  );
}

/** A request that no operation could be found for, or whose answer could not be written. */
function refusal(core: Core, request: WireRequest, fault: Fault): CallRecord {
  return {
    at: core.clock.now(),
    service:
      /Credential=[^,\s]*\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1] ?? '?',
    operation: request.headers['x-amz-target'] ?? `${request.method} ${request.path}`,
    principal: '?',
    fault: fault.code,
    message: fault.message,
  };
}

function signingNames(core: Core): string {
  return core
    .allServices()
    .map((service) => service.signingName)
    .sort()
    .join(', ');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
