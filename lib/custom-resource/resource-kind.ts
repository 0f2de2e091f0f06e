import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StepFunction } from './bundle';
import { HandlerFunction } from './handler-function';
import { stateMachineDefinition } from './state-machine';

interface Props {
  readonly resourceType: string;
  readonly step: StepFunction;
  readonly stateMachineName: string;
  /** The same machine by an ARN that refers to nothing. */
  readonly stateMachineArn: string;
  /** Role of the function that starts executions. */
  readonly entry: iam.IRole;
  readonly answer: lambda.IFunction;
}

/**
 * A kind of long-running resource in a stack: its step function, the state machine that runs it, and that the
 * entry may start it.
 */
export class ResourceKind extends Construct {
  /** Role of the step function; each resource of the kind grants it what it needs. */
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const step = new HandlerFunction(this, 'Step', {
      name: props.step,
      description: `One round of ${props.resourceType}`,
    });
    this.role = step.role;
    const role = new iam.Role(this, 'StateMachineRole', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
      description: `Runs the rounds of ${props.resourceType}`,
    });
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'Functions',
        actions: ['lambda:InvokeFunction'],
        resources: [step.function.functionArn, props.answer.functionArn],
      }),
    );
    new iam.Policy(this, 'Start', {
      roles: [props.entry],
      statements: [
        new iam.PolicyStatement({
          actions: ['states:StartExecution'],
          resources: [props.stateMachineArn],
        }),
      ],
    });
    const stateMachine = new CfnStateMachine(this, 'StateMachine', {
      stateMachineName: props.stateMachineName,
      roleArn: role.roleArn,
      definitionString: Stack.of(this).toJsonString(
        stateMachineDefinition(step.function.functionArn, props.answer.functionArn),
      ),
    });
    // CloudFormation may not ask before the role may invoke.
    stateMachine.node.addDependency(role);
    Validations.of(stateMachine).acknowledge({
      id: 'AwsSolutions-SF1',
      reason:
        'A standard workflow keeps every state with its input and output for 90 days by itself; a log group of its own would need log delivery permissions on all resources.',
    });
    Validations.of(stateMachine).acknowledge({
      id: 'AwsSolutions-SF2',
      reason:
        'The rounds of one execution are its history, in order and with their times; a trace adds nothing, and X-Ray permissions cannot be scoped.',
    });
  }
}
