import { buffer } from 'node:stream/consumers';
import { XmlCodec } from '@aws-sdk/core/protocols';
import { FromStringShapeDeserializer, JsonCodec2, ToStringShapeSerializer } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticStructureSchema } from '@smithy/types';
import { Fault } from '../core/fault';
import type { Service } from '../core/service';
import { decodeChunks, isChunked } from './aws-chunked';
import { type WireRequest, type WireResponse, wireResponse } from './http';
import { jsonFault, readJson } from './json';
import type { OperationModel, ServiceModel } from './model';
import { faultStatus, type ParsedCall, type Protocol } from './protocol';
import { type RouteMatch, route } from './router';

/** How a REST protocol writes what is not bound to the path, the query or a header. */
interface Format {
  readonly contentType: string;
  readonly settings: ConstructorParameters<typeof FromStringShapeDeserializer>[0];
  read(schema: NormalizedSchema, body: Uint8Array): Promise<unknown>;
  write(schema: NormalizedSchema, value: unknown, model: ServiceModel): Uint8Array | string;
  /** Whether an answer without members still has a body. */
  readonly writesEmpty: boolean;
}

const jsonSettings = {
  timestampFormat: { useTrait: true, default: 7 as const },
  httpBindings: true,
  jsonName: true,
};
const xmlSettings = { timestampFormat: { useTrait: true, default: 5 as const }, httpBindings: true };
const jsonCodec = new JsonCodec2(jsonSettings);

const json: Format = {
  contentType: 'application/json',
  settings: jsonSettings,
  read: (schema, body) => readJson(jsonCodec, schema, body),
  write: (schema, value) => {
    const serializer = jsonCodec.createSerializer();
    serializer.write(schema, value);
    return serializer.flush();
  },
  writesEmpty: true,
};

const xml: Format = {
  contentType: 'application/xml',
  settings: xmlSettings,
  read: async (schema, body) => {
    try {
      return await xmlCodec('').createDeserializer().read(schema, body);
    } catch {
      throw new Fault('MalformedXML', 'The XML you provided was not well-formed.', 400);
    }
  },
  write: (schema, value, model) => {
    const serializer = xmlCodec(model.xmlNamespace).createSerializer();
    serializer.write(schema, value);
    return `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`;
  },
  writesEmpty: false,
};

function xmlCodec(xmlNamespace: string): XmlCodec {
  return new XmlCodec({ ...xmlSettings, xmlNamespace, serviceNamespace: '' });
}

/** JSON over REST: Lambda, Image Builder. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson: Protocol = {
  read: (request, model, service) => readRest(request, model, service, json),
  write: (output, operation, model, requestId) => writeRest(output, operation, model, requestId, json),
  writeFault: (fault, model, requestId) => jsonFault(fault, model, requestId, json.contentType),
};

/** XML over REST: S3. https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export const restXml: Protocol = {
  read: (request, model, service) => readRest(request, model, service, xml),
  write: (output, operation, model, requestId) => {
    // S3's one answer whose element holds its text itself (trait s3UnwrappedXmlOutput, which the SDK's schemas leave out).
    if (operation.name === 'GetBucketLocation') {
      const { LocationConstraint = '' } = output as { LocationConstraint?: string };
      const text = `<LocationConstraint xmlns="${model.xmlNamespace}">${LocationConstraint}</LocationConstraint>`;
      return wireResponse(200, text, headersOf(requestId, xml.contentType));
    }
    return writeRest(output, operation, model, requestId, xml);
  },
  writeFault: (fault, model, requestId) => {
    const names = ['Code', 'Message', 'RequestId'];
    const error: StaticStructureSchema = [3, 'local', 'Error', 0, names, [0, 0, 0]];
    const serializer = xmlCodec('').createSerializer();
    serializer.write(error, { Code: fault.code, Message: fault.message, RequestId: requestId });
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`;
    return wireResponse(
      faultStatus(fault, model?.error(fault.code)),
      body,
      headersOf(requestId, xml.contentType),
    );
  },
};

function headersOf(requestId: string, contentType: string): Record<string, string> {
  return { 'content-type': contentType, 'x-amzn-requestid': requestId, 'x-amz-request-id': requestId };
}

async function readRest(
  request: WireRequest,
  model: ServiceModel,
  service: Service,
  format: Format,
): Promise<ParsedCall> {
  const { bucket, path } = service.signingName === 's3' ? splitBucket(request) : { path: request.path };
  const served = (name: string) => Object.hasOwn(service.operations, name);
  const match = route({ ...request, path }, model.operations.values(), bucket, served);
  if (!match) {
    throw new Fault(
      'UnknownOperationException',
      `No operation of ${service.signingName} answers to ${request.method} ${request.path}.`,
      404,
    );
  }
  const labels = bucket === undefined ? match.labels : { ...match.labels, Bucket: bucket };
  return { operation: match.operation.name, input: await readInput(request, { ...match, labels }, format) };
}

/**
 * S3 takes the bucket from the host (`bucket.s3.eu-central-1.amazonaws.com`, `bucket.localhost`) or
 * from the path's first segment.
 */
function splitBucket(request: WireRequest): { bucket?: string; path: string } {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const inHost = /^(.+)\.(?:s3[.-].*amazonaws\.com|localhost)$/.exec(host);
  if (inHost && inHost[1] !== 's3') return { bucket: inHost[1]!, path: request.path };
  const [, bucket = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(request.path) ?? [];
  return bucket === '' ? { path: '/' } : { bucket: decodeURIComponent(bucket), path: rest || '/' };
}

async function readInput(
  request: WireRequest,
  { operation, labels }: RouteMatch,
  format: Format,
): Promise<object> {
  const input: Record<string, unknown> = {};
  if (!operation.input.isStructSchema()) return input;
  const strings = new FromStringShapeDeserializer(format.settings);
  const { body, trailers } = isChunked(request)
    ? decodeChunks(request.body)
    : { body: request.body, trailers: {} as Readonly<Record<string, string>> };
  const headers = { ...request.headers, ...trailers };
  const boundQueries = new Set<string>();
  let inBody = false;
  for (const [name, member] of operation.input.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpLabel) {
      if (labels[name] !== undefined) input[name] = strings.read(member, labels[name]);
    } else if (traits.httpQuery) {
      boundQueries.add(traits.httpQuery);
      const values = request.query[traits.httpQuery];
      if (values && member.isListSchema())
        input[name] = values.map((value) => strings.read(member.getValueSchema(), value));
      else if (values) input[name] = strings.read(member, values[0]!);
    } else if (traits.httpHeader) {
      const value = headers[traits.httpHeader.toLowerCase()];
      if (value !== undefined) input[name] = strings.read(member, value);
    } else if (traits.httpPrefixHeaders !== undefined) {
      input[name] = withPrefix(request.headers, traits.httpPrefixHeaders.toLowerCase());
    } else if (traits.httpPayload) {
      const payload = await readPayload(member, body, format);
      if (payload !== undefined) input[name] = payload;
    } else if (!traits.httpQueryParams) inBody = true;
  }
  for (const [name, member] of operation.input.structIterator()) {
    if (member.getMergedTraits().httpQueryParams) input[name] = unbound(request, member, boundQueries);
  }
  if (inBody && body.length > 0) {
    const members = (await format.read(operation.input, body)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(members)) input[name] ??= value;
  }
  return input;
}

function withPrefix(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Query parameters that no other member takes. */
function unbound(request: WireRequest, member: NormalizedSchema, bound: ReadonlySet<string>): object {
  const isList = member.getValueSchema().isListSchema();
  const rest = Object.entries(request.query).filter(([name]) => !bound.has(name));
  return Object.fromEntries(rest.map(([name, values]) => [name, isList ? values : values[0]]));
}

function readPayload(member: NormalizedSchema, body: Uint8Array, format: Format): unknown {
  if (member.isBlobSchema()) return body;
  if (member.isStringSchema()) return Buffer.from(body).toString();
  return body.length > 0 ? format.read(member, body) : undefined;
}

async function writeRest(
  output: object,
  operation: OperationModel,
  model: ServiceModel,
  requestId: string,
  format: Format,
): Promise<WireResponse> {
  const headers = headersOf(requestId, format.contentType);
  let status = operation.http?.status ?? 200;
  if (!operation.output.isStructSchema()) return wireResponse(status, '', headers);
  const values = output as Record<string, unknown>;
  const strings = new ToStringShapeSerializer(format.settings);
  const bodyMembers: string[] = [];
  let payload: Uint8Array | string | undefined;
  for (const [name, member] of operation.output.structIterator()) {
    const { httpHeader, httpPrefixHeaders, httpResponseCode, httpPayload } = member.getMergedTraits();
    const value = values[name];
    if (httpPayload) payload = '';
    if (!httpPayload && !httpHeader && httpPrefixHeaders === undefined && !httpResponseCode)
      bodyMembers.push(name);
    else if (value === undefined || value === null) continue;
    else if (httpResponseCode) status = Number(value);
    else if (httpHeader) {
      strings.write(member, value);
      headers[httpHeader.toLowerCase()] = strings.flush();
    } else if (httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(value)) headers[httpPrefixHeaders.toLowerCase() + key] = text;
    } else if (member.isBlobSchema() || member.isStringSchema()) {
      headers['content-type'] = 'application/octet-stream';
      payload = await bytesOf(value);
    } else payload = format.write(member, value, model);
  }
  // The schemas know one status only; a part of an object has HTTP's own.
  if (headers['content-range']) status = 206;
  if (payload !== undefined) return wireResponse(status, payload, headers);
  if (bodyMembers.length === 0 && !format.writesEmpty) return wireResponse(status, '', headers);
  return wireResponse(status, format.write(only(operation.output, bodyMembers), values, model), headers);
}

/** The same structure with some of its members. */
function only(schema: NormalizedSchema, members: readonly string[]): NormalizedSchema {
  const [kind, namespace, name, traits, names, schemas] = schema.getSchema() as StaticStructureSchema;
  const kept = members.map((member) => schemas[names.indexOf(member)]!);
  return NormalizedSchema.of([kind, namespace, name, traits, [...members], kept]);
}

async function bytesOf(value: unknown): Promise<Uint8Array | string> {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  return buffer(value as AsyncIterable<Uint8Array>);
}
