import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { FromStringShapeDeserializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { StaticStructureSchema } from '@smithy/types';
import { Fault } from '../core/fault';
import { parseQuery, type WireRequest, type WireResponse, wireResponse } from './http';
import type { OperationModel, ServiceModel } from './model';
import { faultStatus, faultType, type ParsedCall, type Protocol } from './protocol';

/** Parameters as a tree: `Tags.member.1.Key=a` is `a` at the end of four branches. */
interface Node {
  value?: string;
  readonly children: Map<string, Node>;
}

const scalars = new FromStringShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: false,
});

/** AWS's query protocol: a form goes in, XML comes out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export const awsQuery: Protocol = {
  read: (request, model) => readForm(request, model, false),
  write: (output, operation, model, requestId) => {
    const members: [string, unknown][] = [
      ['ResponseMetadata', struct('ResponseMetadata', [['RequestId', 0]])],
    ];
    const values: Record<string, unknown> = { ResponseMetadata: { RequestId: requestId } };
    if (operation.output.isStructSchema()) {
      members.unshift([`${operation.name}Result`, operation.output.getSchema()]);
      values[`${operation.name}Result`] = output;
    }
    return xml(200, struct(`${operation.name}Response`, members), values, model.xmlNamespace, requestId);
  },
  writeFault: (fault, model, requestId) => {
    const error = model?.error(fault.code);
    const status = faultStatus(fault, error);
    const members: [string, unknown][] = [
      [
        'Error',
        struct(
          'Error',
          ['Type', 'Code', 'Message'].map((name) => [name, 0]),
        ),
      ],
      ['RequestId', 0],
    ];
    const values = {
      Error: { Type: faultType(status), Code: error?.code ?? fault.code, Message: fault.message },
      RequestId: requestId,
    };
    return xml(status, struct('ErrorResponse', members), values, model?.xmlNamespace ?? '', requestId);
  },
};

/** EC2's variant: other names for parameters, no wrapper around the result. https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export const ec2Query: Protocol = {
  read: (request, model) => readForm(request, model, true),
  write: (output, operation, model, requestId) => {
    const members: [string, unknown][] = [['requestId', 0], ...rawMembers(operation.output)];
    const values = { ...output, requestId };
    return xml(200, struct(`${operation.name}Response`, members), values, model.xmlNamespace, requestId);
  },
  writeFault: (fault, _model, requestId) => {
    const error = struct(
      'Error',
      ['Code', 'Message'].map((name) => [name, 0]),
    );
    const members: [string, unknown][] = [
      ['Errors', struct('Errors', [['Error', error]])],
      ['RequestID', 0],
    ];
    const values = { Errors: { Error: { Code: fault.code, Message: fault.message } }, RequestID: requestId };
    return xml(fault.status, struct('Response', members), values, '', requestId);
  },
};

/** A structure made up here: the protocols' envelopes are written by the same serializer as their content. */
function struct(name: string, members: readonly (readonly [string, unknown])[]): StaticStructureSchema {
  const names = members.map(([member]) => member);
  const schemas = members.map(([, schema]) => schema as StaticStructureSchema);
  return [3, 'local', name, 0, names, schemas];
}

function rawMembers(schema: NormalizedSchema): [string, unknown][] {
  if (!schema.isStructSchema()) return [];
  const [, , , , names, schemas] = schema.getSchema() as StaticStructureSchema;
  return names.map((name, index) => [name, schemas[index]]);
}

function xml(
  status: number,
  schema: StaticStructureSchema,
  values: object,
  xmlNamespace: string,
  requestId: string,
): WireResponse {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: false,
    xmlNamespace,
    serviceNamespace: '',
  });
  serializer.write(schema, values);
  return wireResponse(status, `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`, {
    'content-type': 'text/xml;charset=UTF-8',
    'x-amzn-requestid': requestId,
  });
}

function readForm(request: WireRequest, model: ServiceModel, ec2: boolean): ParsedCall {
  const parameters = { ...request.query, ...parseQuery(Buffer.from(request.body).toString()) };
  const root: Node = { children: new Map() };
  for (const [name, [value]] of Object.entries(parameters)) {
    let node = root;
    for (const part of name.split('.')) {
      if (!node.children.has(part)) node.children.set(part, { children: new Map() });
      node = node.children.get(part)!;
    }
    node.value = value;
  }
  const name = root.children.get('Action')?.value;
  if (!name) throw new Fault('MissingAction', 'The request must contain the parameter Action.', 400);
  const version = root.children.get('Version')?.value;
  // Another API has the same signing name: the classic load balancers' 2012-06-01.
  if (version !== undefined && version !== model.version)
    throw new Fault(
      'InvalidAction',
      `Could not find operation ${name} for version ${version}; the local AWS serves ${model.version}.`,
    );
  const operation: OperationModel | undefined = model.operations.get(name);
  return {
    operation: name,
    input: operation?.input.isStructSchema() ? readStruct(operation.input, root, ec2) : {},
  };
}

function readStruct(schema: NormalizedSchema, node: Node, ec2: boolean): object {
  const value: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const child = node.children.get(memberKey(name, member, ec2));
    if (child) value[name] = readValue(member, child, ec2);
  }
  return value;
}

function memberKey(name: string, member: NormalizedSchema, ec2: boolean): string {
  const traits = member.getMergedTraits() as { xmlName?: string; ec2QueryName?: string };
  const key = traits.xmlName ?? name;
  if (!ec2) return key;
  return traits.ec2QueryName ?? key.charAt(0).toUpperCase() + key.slice(1);
}

function readValue(schema: NormalizedSchema, node: Node, ec2: boolean): unknown {
  if (schema.isStructSchema()) return readStruct(schema, node, ec2);
  const flattened = ec2 || Boolean(schema.getMergedTraits().xmlFlattened);
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const items = flattened ? node : node.children.get(member.getMergedTraits().xmlName ?? 'member');
    return inOrder(items).map((item) => readValue(member, item, ec2));
  }
  if (schema.isMapSchema()) {
    const [key, member] = [schema.getKeySchema(), schema.getValueSchema()];
    const keyName = key.getMergedTraits().xmlName ?? 'key';
    const valueName = member.getMergedTraits().xmlName ?? 'value';
    const entries = inOrder(flattened ? node : node.children.get('entry')).map((entry) => {
      const value = entry.children.get(valueName) ?? { children: new Map() };
      return [entry.children.get(keyName)?.value ?? '', readValue(member, value, ec2)];
    });
    return Object.fromEntries(entries);
  }
  return scalars.read(schema, node.value ?? '');
}

/** The items of a list, by their number: `member.10` comes after `member.2`. */
function inOrder(items: Node | undefined): Node[] {
  return [...(items?.children ?? [])]
    .filter(([number]) => /^\d+$/.test(number))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, node]) => node);
}
