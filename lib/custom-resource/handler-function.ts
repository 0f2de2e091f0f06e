import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type BundledFunction, HandlerBundle } from './bundle';

export interface HandlerFunctionProps {
  /** Which of the bundle's functions. */
  readonly name: BundledFunction;
  readonly description: string;
  /** @default one minute */
  readonly timeout?: Duration;
  /** @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One of the bundle's functions, with a role of its own that may write its own log and nothing else. */
export class HandlerFunction extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'OwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    const bundle = HandlerBundle.of(this);
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      code: bundle.code,
      handler: bundle.handler(props.name),
      // The newest that the CDK knows: AwsSolutions-L1 asks for it.
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: 256,
      timeout: props.timeout ?? Duration.minutes(1),
      role: this.role,
      logGroup,
      environment: props.environment,
    });
  }
}
