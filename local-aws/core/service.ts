import type { AcceptedProperties, Accepts } from './accepts';
import type { Core } from './core';
import type { Principal } from './principal';

/** What is known about a request, by condition key (`aws:PrincipalArn`); a key may have several values. */
export type ConditionKeys = Readonly<Record<string, string | readonly string[]>>;

/** One call as an operation sees it. */
export interface Call {
  readonly core: Core;
  readonly principal: Principal;
  /** AWS's request id of this call. */
  readonly requestId: string;
  /**
   * Checks a further permission that the caller must have, as AWS does where one call implies another.
   * @param keys condition keys of that permission, besides the tags of its resource
   * @throws Fault with AWS's wording, naming the action and the resource
   */
  authorize(action: string, resource: string, keys?: ConditionKeys): void;
}

/** One API operation. Inputs and outputs are the shapes of the service's SDK package. */
export interface Operation<Input = never, Output extends object = object> {
  /** What each input member means here; a request that gives any other is refused by its name. */
  readonly accepts: object;
  run(input: Input, call: Call): Output | Promise<Output>;
  /** IAM action where it is not the service's prefix and the operation's name: `s3:ListBucket`. */
  readonly action?: string;
  /** ARNs that the caller needs the action on; `['*']` where the API cannot be scoped. */
  resources?(input: Input, call: Call): readonly string[];
  /** Condition keys of the request, besides the tags in it; asked for where a policy has conditions alone. */
  conditionKeys?(input: Input, call: Call): ConditionKeys;
}

/** Operations of a service, by the types of its SDK package: `Operations<typeof sdk>`. */
export type Operations<Sdk> = {
  readonly [Name in OperationName<Sdk>]?: Operation<
    InputOf<Sdk[`${Name}Command` & keyof Sdk]>,
    OutputOf<Sdk[`${Name}Command` & keyof Sdk]>
  > & { readonly accepts: Accepts<InputOf<Sdk[`${Name}Command` & keyof Sdk]>> };
};

type OperationName<Sdk> = keyof Sdk extends infer Key
  ? Key extends `${infer Name}Command`
    ? Name
    : never
  : never;

type InputOf<Command> = Command extends abstract new (
  ...input: never
) => { readonly input: infer Input }
  ? Input
  : never;

type OutputOf<Command> = Command extends abstract new (
  ...input: never
) => {
  resolveMiddleware(...parts: never): (...args: never) => Promise<{ output: infer Output }>;
}
  ? Omit<Output, '$metadata'>
  : never;

/** What a service brings to the local AWS. */
export interface Service {
  /** Name in a request's credential scope: `autoscaling`, `monitoring`, `elasticloadbalancing`, `states`. */
  readonly signingName: string;
  /** Prefix of its IAM actions, where that is not the signing name: `cloudwatch`. */
  readonly iamPrefix?: string;
  /** The service's SDK package: it carries the schemas of all operations, and the service's namespace. */
  readonly sdk: Readonly<Record<string, unknown>>;
  /** By operation name. A call that is not listed gets a clear error and is logged. */
  readonly operations: Readonly<Record<string, Operation | undefined>>;
  /** Whether every operation can be tried without effect by the member `DryRun`, as EC2's can. */
  readonly hasDryRun?: boolean;
  /** CloudFormation resource types that this service's resources make up: `AWS::EC2::LaunchTemplate`. */
  readonly resourceTypes?: Readonly<Record<string, ResourceType>>;
  /** Tags of a resource, for policies that name them; none when there is no such resource. */
  tagsOf?(arn: string): Readonly<Record<string, string>>;
  /** Ends whatever the service has running. */
  close?(): Promise<void>;
}

/** Properties as they stand in a template, after all intrinsic functions were resolved. */
export type Properties = Readonly<Record<string, unknown>>;

/** A resource as CloudFormation knows it. */
export interface Provisioned {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives, by attribute name (`Arn`, `Endpoint.Address`). */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a resource handler may use. */
export interface Provisioning {
  readonly core: Core;
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** A name as CloudFormation makes them up: stack name, logical id, random suffix; cut to `maxLength` (default 64). */
  generateName(maxLength?: number): string;
  /**
   * Tells the physical id before the creation is over. What was made is then deleted with the rest even
   * if the creation fails, or is given up, after that.
   */
  readonly created?: (physicalId: string) => void;
  /** On a creation and on an update: the resource's `UpdatePolicy`, all intrinsic functions resolved. */
  readonly updatePolicy?: Properties;
  /** On an update: whether it takes a failed one back. */
  readonly isRollback?: boolean;
  /** On an update: says in the stack's events how far it has come. */
  readonly progress?: (message: string) => void;
  /**
   * Settles when the operation is given up, because the user cancels it or another resource has failed. What a
   * handler has under way it may end then; nothing is undone before it has returned.
   */
  readonly cancelled?: Promise<void>;
  /** On an update: tags that the stack gave to the resource before. */
  readonly formerStackTags?: Provisioning['stackTags'];
  /** Tags of the stack and CloudFormation's own, as `[{Key, Value}]`. */
  readonly stackTags: readonly { readonly Key: string; readonly Value: string }[];
}

/** CloudFormation's handlers for one resource type. They call AWS through `core.send`, as the real ones do. */
export interface ResourceType {
  /** What each property means here, in the words of `Accepts`; a template that gives any other is refused by its name. */
  readonly accepts: AcceptedProperties;
  /** Properties whose change replaces the resource. */
  readonly createOnly?: readonly string[];
  create(properties: Properties, provisioning: Provisioning): Promise<Provisioned>;
  /** Changes the resource in place. Left out where every change replaces it. */
  update?(
    physicalId: string,
    properties: Properties,
    old: Properties,
    provisioning: Provisioning,
  ): Promise<Provisioned>;
  /** Ends well when the resource is already gone. */
  delete(physicalId: string, properties: Properties, provisioning: Provisioning): Promise<void>;
}
