import { ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { type StepFunction, stepFunctions } from './bundle';
import { HandlerFunction } from './handler-function';
import { ResourceKind } from './resource-kind';

/** What tells one kind of long-running resource from another. */
export interface ResourceKindProps {
  /** `Custom::Rollout` */
  readonly resourceType: string;
  /** The kind's step function. */
  readonly step: StepFunction;
  /** Construct id of the kind: `Rollout`. */
  readonly id: string;
}

/**
 * What all long-running resources of a stack share: the function that CloudFormation calls, the one
 * that answers it, and the rule that makes it answer when an execution itself fails. None of it depends on
 * which kinds a stack has: a kind brings along what it adds.
 */
export class CustomResources extends Construct {
  static of(scope: IConstruct): CustomResources {
    const stack = Stack.of(scope);
    return (stack.node.tryFindChild('CustomResources') as CustomResources) ?? new CustomResources(stack);
  }

  readonly entry: HandlerFunction;
  readonly answer: HandlerFunction;
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
      // It waits for permissions: see until-permitted.ts.
      timeout: Duration.minutes(3),
      environment: { STATE_MACHINE_PREFIX: this.stateMachineArn('') },
    });
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
    return new ResourceKind(this, props.id, {
      ...props,
      stateMachineName: stateMachineName(props.step),
      stateMachineArn: this.stateMachineArn(props.step),
      entry: this.entry.role,
      answer: this.answer.function,
    });
  }

  /**
   * Named, not referred to: by a reference the entry would depend on every kind, its step's permissions
   * and what those name, and a bake could not come before the launch template.
   */
  private stateMachineArn(step: StepFunction | ''): string {
    return Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: stateMachineName(step),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
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
          stateMachineArn: stepFunctions.map((step) => this.stateMachineArn(step)),
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

function stateMachineName(step: StepFunction | ''): string {
  return `${Aws.STACK_NAME}-${step}`;
}
