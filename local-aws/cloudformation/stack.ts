import { randomUUID } from 'node:crypto';
import type {
  Capability,
  ChangeSetStatus,
  ExecutionStatus,
  Output,
  ResourceStatus,
  StackEvent,
  StackStatus,
} from '@aws-sdk/client-cloudformation';
import type { Clock } from '../core/clock';
import type { Properties, Provisioning } from '../core/service';
import { validationError } from './faults';
import type { Model, ResourceValues } from './model';
import type { Plan } from './plan';

/** A resource of a stack, as CloudFormation last left it. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** Absent until something was made. */
  readonly physicalId?: string;
  /** Properties that it was last made or changed with, all functions carried out. */
  readonly properties: Properties;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly string[];
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  /** The stack's own tags, as it was given them. */
  readonly stackTags?: Provisioning['stackTags'];
  /** A custom resource asked for its attributes to be masked. */
  readonly noEcho?: boolean;
  readonly status: ResourceStatus;
  readonly statusReason?: string;
  /** Modelled time of the last status, in milliseconds since the epoch. */
  readonly since: number;
}

/** A change set, from its request to its execution. */
export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly type: 'CREATE' | 'UPDATE';
  readonly model: Model;
  readonly capabilities: readonly Capability[];
  readonly roleArn?: string;
  readonly onStackFailure?: 'DO_NOTHING' | 'ROLLBACK' | 'DELETE';
  status: ChangeSetStatus;
  statusReason?: string;
  executionStatus: ExecutionStatus;
  plan?: Plan;
}

/** An output that other stacks may import. */
export interface StackExport {
  readonly name: string;
  readonly value: string;
}

/** A stack: its state and its history. What moves it from state to state is the engine. */
export class Stack {
  status: StackStatus = 'REVIEW_IN_PROGRESS';
  statusReason?: string;
  readonly createdAt: number;
  updatedAt?: number;
  deletedAt?: number;
  /** The model that the stack has, or is going to. Absent while there is only a change set. */
  model?: Model;
  outputs: readonly Output[] = [];
  exports: readonly StackExport[] = [];
  capabilities: readonly Capability[] = [];
  roleArn?: string;
  changeSetId?: string;
  disableRollback = false;
  terminationProtection = false;
  readonly changeSets = new Map<string, ChangeSet>();
  readonly resources = new Map<string, StackResource>();
  /** Oldest first. */
  readonly events: StackEvent[] = [];
  /** Token of the operation that the stack carries out, or carried out last. */
  clientRequestToken?: string;

  constructor(
    private readonly clock: Clock,
    readonly name: string,
    readonly id: string,
  ) {
    this.createdAt = clock.now();
  }

  /** Whether an operation is under way. */
  get isBusy(): boolean {
    return this.status.endsWith('_IN_PROGRESS') && this.status !== 'REVIEW_IN_PROGRESS';
  }

  /** Begins an operation; its events carry the client's token. */
  begin(status: StackStatus, clientRequestToken?: string, reason = 'User Initiated'): void {
    this.clientRequestToken = clientRequestToken;
    this.become(status, reason);
  }

  /** Moves the stack to a status, and records that. */
  become(status: StackStatus, reason?: string): void {
    this.status = status;
    this.statusReason = reason;
    if (status === 'DELETE_COMPLETE') this.deletedAt = this.clock.now();
    this.record({
      LogicalResourceId: this.name,
      PhysicalResourceId: this.id,
      ResourceType: 'AWS::CloudFormation::Stack',
      ResourceStatus: status as ResourceStatus,
      ResourceStatusReason: reason,
    });
  }

  /**
   * Records the status of a resource that the stack keeps.
   * @param attempted properties that it is changed with, where it does not have them yet
   */
  setResource(resource: Omit<StackResource, 'since'>, attempted?: Properties): void {
    this.resources.set(resource.logicalId, { ...resource, since: this.clock.now() });
    this.recordResource(resource, attempted);
  }

  /** Records the status of a resource that the stack no longer counts as its own: one that was replaced. */
  recordResource(resource: Omit<StackResource, 'since'>, attempted = resource.properties): void {
    this.record({
      LogicalResourceId: resource.logicalId,
      PhysicalResourceId: resource.physicalId ?? '',
      ResourceType: resource.type,
      ResourceStatus: resource.status,
      ResourceStatusReason: resource.statusReason,
      ResourceProperties: JSON.stringify(attempted),
    });
  }

  private record(event: Omit<StackEvent, 'StackId' | 'StackName' | 'EventId' | 'Timestamp'>): void {
    this.events.push({
      StackId: this.id,
      StackName: this.name,
      EventId: `${event.LogicalResourceId}-${event.ResourceStatus}-${randomUUID()}`,
      Timestamp: new Date(this.clock.now()),
      ...(this.clientRequestToken ? { ClientRequestToken: this.clientRequestToken } : {}),
      ...event,
    });
  }

  /** What `Ref` and `Fn::GetAtt` give at present. */
  get values(): ResourceValues {
    return {
      ref: (id) => presentId(this.resources.get(id), id),
      getAtt: (id, attribute) => attributeOf(this.resources.get(id), id, attribute),
    };
  }
}

function presentId(resource: StackResource | undefined, id: string): string {
  if (resource?.physicalId === undefined)
    throw validationError(`Ref to ${id}, a resource that does not exist (yet).`);
  return resource.physicalId;
}

/** An attribute of a resource. @throws Fault naming the attribute, when its handler returned none such */
export function attributeOf(resource: StackResource | undefined, id: string, attribute: string): unknown {
  if (!resource) throw validationError(`Fn::GetAtt of ${id}, a resource that does not exist (yet).`);
  if (Object.hasOwn(resource.attributes, attribute)) return resource.attributes[attribute];
  throw validationError(
    isCustomResource(resource.type)
      ? `CustomResource attribute error: Vendor response doesn't contain ${attribute} attribute in object ${id}`
      : `Template error: resource ${id} of type ${resource.type} has no attribute ${attribute} (Fn::GetAtt)`,
  );
}

/** Whether resources of this type are made by a function of the template's author. */
export function isCustomResource(type: string): boolean {
  return type === 'AWS::CloudFormation::CustomResource' || type.startsWith('Custom::');
}
