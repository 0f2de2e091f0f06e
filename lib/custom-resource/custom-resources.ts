import { ArnFormat, Aws, Lazy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import type { BundledFunction } from './bundle';
import { HandlerFunction } from './handler-function';
import { ResourceKind } from './resource-kind';

/** What tells one kind of long-running resource from another. */
export interface ResourceKindProps {
  /** `Custom::Rollout` */
  readonly resourceType: string;
  /** The kind's step function. */
  readonly step: BundledFunction;
  /** Construct id of the kind: `Rollout`. */
  readonly id: string;
}

/**
 * What all long-running resources of a stack share: the function that CloudFormation calls, the one
 * that answers it, and the rule that makes it answer when an execution itself fails.
 */
export class CustomResources extends Construct {
  static of(scope: IConstruct): CustomResources {
    const stack = Stack.of(scope);
    return (stack.node.tryFindChild('CustomResources') as CustomResources) ?? new CustomResources(stack);
  }

  readonly entry: HandlerFunction;
  readonly answer: HandlerFunction;
  /** ARNs of the state machines, by resource type. */
  private readonly stateMachines = new Map<string, string>();
  /** The rule, and its permission to invoke. */
  readonly net: readonly IConstruct[];

  private constructor(stack: Stack) {
    super(stack, 'CustomResources');
    this.answer = new HandlerFunction(this, 'Answer', {
      name: 'answer',
      description: 'Answers CloudFormation for the custom resources',
    });
    this.entry = new HandlerFunction(this, 'Entry', {
      name: 'entry',
      description: "Takes CloudFormation's requests for the custom resources",
      environment: {
        STATE_MACHINES: Lazy.string({
          produce: () => stack.toJsonString(Object.fromEntries(this.stateMachines)),
        }),
      },
    });
    this.entry.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'Start',
        actions: ['states:StartExecution'],
        resources: Lazy.list({ produce: () => [...this.stateMachines.values()] }),
      }),
    );
    this.entry.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'OwnStack',
        actions: ['cloudformation:DescribeStacks', 'cloudformation:DescribeStackEvents'],
        resources: [stack.stackId],
      }),
    );
    this.net = this.lastNet();
  }

  /** A kind, made when it is asked for the first time. */
  kind(props: ResourceKindProps): ResourceKind {
    const existing = this.node.tryFindChild(props.id) as ResourceKind | undefined;
    if (existing) return existing;
    const stack = Stack.of(this);
    // Named, not referred to: by a reference the entry would depend on every kind, its step's permissions
    // and what those name, and a bake could not come before the launch template.
    const name = `${Aws.STACK_NAME}-${props.step}`;
    const stateMachineArn = stack.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.stateMachines.set(props.resourceType, stateMachineArn);
    return new ResourceKind(this, props.id, {
      ...props,
      stateMachineName: name,
      answer: this.answer.function,
    });
  }

  private lastNet(): IConstruct[] {
    const rule = new events.CfnRule(this, 'LastNet', {
      description: 'Answers CloudFormation when an execution ends without having done so',
      eventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: Lazy.list({ produce: () => [...this.stateMachines.values()] }),
        },
      },
      targets: [{ id: 'Answer', arn: this.answer.function.functionArn }],
    });
    const permission = new lambda.CfnPermission(this, 'LastNetPermission', {
      action: 'lambda:InvokeFunction',
      functionName: this.answer.function.functionName,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    });
    return [rule, permission];
  }
}
