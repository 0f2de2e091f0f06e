import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CustomResources, type ResourceKindProps } from './custom-resources';
import { grant, type Permission } from './permission';

export interface LongRunningResourceProps {
  readonly kind: ResourceKindProps;
  /** What the step function gets; CloudFormation makes texts of numbers and booleans. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** What the step function needs for this resource. */
  readonly permissions: readonly Permission[];
}

/**
 * A custom resource that may take up to an hour: its step function is called again and again by a state
 * machine, which survives every function, until it is done or has failed.
 */
export class LongRunningResource extends Construct {
  private readonly resource: CustomResource;

  constructor(scope: Construct, id: string, props: LongRunningResourceProps) {
    super(scope, id);
    const shared = CustomResources.of(this);
    const kind = shared.kind(props.kind);
    for (const permission of props.permissions) grant(kind.role, permission);
    this.resource = new CustomResource(this, 'Resource', {
      serviceToken: shared.entry.function.functionArn,
      resourceType: props.kind.resourceType,
      serviceTimeout: Duration.hours(1),
      properties: { ...props.properties },
    });
    // All of it has to stand before the first request, and until the last one was answered.
    this.resource.node.addDependency(kind, shared.entry, shared.answer, ...shared.net);
  }

  /** An attribute that the step function returned. */
  attribute(name: string): string {
    return this.resource.getAttString(name);
  }
}
