import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticErrorSchema, StaticOperationSchema } from '@smithy/types';
import type { Service } from '../core/service';

/** Binding of an operation to HTTP, in the REST protocols. */
export interface HttpBinding {
  readonly method: string;
  /** `/{Key+}`: a label is one segment, or, with a plus sign, all that are left. */
  readonly path: string;
  /** Query parameters that stand in the URI itself: `list-type=2`. */
  readonly query: Readonly<Record<string, string>>;
  /** Status of the answer. */
  readonly status: number;
}

/** An operation as its service's schemas describe it. */
export interface OperationModel {
  readonly name: string;
  readonly http?: HttpBinding;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

/** An error as its service's schemas describe it. */
export interface ErrorModel {
  /** Name of the error's shape, which clients name the exception by: `AlreadyExistsFault`. */
  readonly shape: string;
  /** Code on the query protocols' wire, which may be another: `AlreadyExists`. */
  readonly code: string;
  readonly status: number;
  /** Whether the service tells a code of the query protocol's: it speaks that, or once did and is compatible with it. */
  readonly hasQueryCode: boolean;
  /** Name of the member that carries the message. */
  readonly messageMember: string;
  readonly schema: NormalizedSchema;
}

/** What an SDK package says about its service. */
export interface ServiceModel {
  /** Protocol that the package speaks: `awsQuery`, `ec2Query`, `awsJson1_0`, `awsJson1_1`, `restJson1`, `restXml`. */
  readonly protocol: string;
  /** Namespace of its shapes: `com.amazonaws.autoscaling`. */
  readonly namespace: string;
  /** Version of its API, as the query protocols' requests name it: `2015-12-01`. */
  readonly version: string;
  /** Namespace of its XML documents. */
  readonly xmlNamespace: string;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** The modelled error with this code or shape name. */
  error(code: string): ErrorModel | undefined;
}

type Sdk = Service['sdk'];

type SdkClient = new (configuration: {
  region: string;
}) => {
  readonly config: {
    readonly protocol: { getShapeId(): string };
    readonly protocolSettings: {
      readonly defaultNamespace: string;
      readonly xmlNamespace?: string;
      readonly version?: string;
      /** The service came from the query protocol, and tells its old codes to clients that know them. */
      readonly awsQueryCompatible?: boolean;
    };
  };
};

/**
 * The models of SDK packages, each read once. Reading takes milliseconds, so whoever makes many local
 * AWSs lets them share it.
 */
export class ServiceModels {
  private readonly models = new WeakMap<Sdk, ServiceModel>();
  private readonly namespaces = new WeakMap<Sdk, string>();

  of({ sdk }: Pick<Service, 'sdk'>): ServiceModel {
    const model = this.models.get(sdk) ?? serviceModel(sdk);
    this.models.set(sdk, model);
    return model;
  }

  /** The namespace of a package's schemas: `com.amazonaws.autoscaling`. It takes no model. */
  namespaceOf({ sdk }: Pick<Service, 'sdk'>): string {
    const namespace = this.namespaces.get(sdk) ?? namespaceOf(sdk);
    this.namespaces.set(sdk, namespace);
    return namespace;
  }
}

/** Reads a service's SDK package: the operations, errors and protocol that its schemas describe. */
export function serviceModel(sdk: Sdk): ServiceModel {
  const schemas = Object.entries(sdk).filter(([name]) => name.endsWith('$'));
  const ofKind = <T>(kind: number) =>
    schemas.flatMap(([, value]) =>
      Array.isArray(value) && value[0] === kind ? [value as unknown as T] : [],
    );
  const { config } = new (clientOf(sdk))({ region: 'us-east-1' });
  const protocol = config.protocol.getShapeId().split('#')[1]!;
  const isQuery = protocol.endsWith('Query') || config.protocolSettings.awsQueryCompatible === true;
  const isRest = protocol.startsWith('rest');
  const errors = ofKind<StaticErrorSchema>(-3).map((schema) => errorModel(schema, isQuery, isRest));
  return {
    protocol,
    namespace: config.protocolSettings.defaultNamespace,
    version: config.protocolSettings.version ?? '',
    xmlNamespace: config.protocolSettings.xmlNamespace ?? '',
    operations: new Map(
      ofKind<StaticOperationSchema>(9).map((schema) => [schema[2], operationModel(schema)]),
    ),
    error: (code) =>
      errors.find((error) => error.shape === code) ?? errors.find((error) => error.code === code),
  };
}

/** Every schema tells the namespace; the first is enough. */
function namespaceOf(sdk: Sdk): string {
  for (const name in sdk) {
    const schema = name.endsWith('$') ? sdk[name] : undefined;
    if (Array.isArray(schema) && String(schema[1]).startsWith('com.amazonaws.')) return String(schema[1]);
  }
  throw new Error('An SDK package without schemas.');
}

/** The package's client class knows the protocol: nothing else in the package says it. */
function clientOf(sdk: Sdk): SdkClient {
  const entry = Object.entries(sdk).find(([name]) => /^[A-Z]\w*Client$/.test(name));
  if (!entry) throw new Error('An SDK package without a client class.');
  return entry[1] as SdkClient;
}

function operationModel([, , name, traits, input, output]: StaticOperationSchema): OperationModel {
  const http = typeof traits === 'object' ? traits.http : undefined;
  const [path, search] = http ? http[1].split('?') : [];
  return {
    name,
    http: http && {
      method: http[0],
      path: path!,
      query: Object.fromEntries(new URLSearchParams(search)),
      status: http[2],
    },
    input: NormalizedSchema.of(input),
    output: NormalizedSchema.of(output),
  };
}

/** Many a service's model has codes and statuses of an earlier protocol: those count where it still speaks that. */
function errorModel(schema: StaticErrorSchema, isQuery: boolean, isRest: boolean): ErrorModel {
  const shape = schema[2];
  const normalized = NormalizedSchema.of(schema);
  const traits = normalized.getMergedTraits();
  const queryError = isQuery ? (traits.awsQueryError as readonly [string, number] | undefined) : undefined;
  return {
    shape,
    code: queryError?.[0] ?? shape,
    status:
      queryError?.[1] ??
      (isQuery || isRest ? (traits.httpError as number | undefined) : undefined) ??
      (traits.error === 'server' ? 500 : 400),
    hasQueryCode: queryError !== undefined,
    messageMember: schema[4].find((member) => member.toLowerCase() === 'message') ?? 'message',
    schema: normalized,
  };
}
