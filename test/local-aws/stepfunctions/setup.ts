import * as iam from '@aws-sdk/client-iam';
import * as sfn from '@aws-sdk/client-sfn';
import { VirtualClock } from '../../../local-aws/core/clock';
import { EventsService } from '../../../local-aws/events/service';
import { type StepFunctionsOptions, StepFunctionsService } from '../../../local-aws/stepfunctions/service';
import { coreWithLambda, createFunction } from '../lambda/setup';

/** A local AWS with the function `F`, and the role `machine` that may invoke it. */
export async function coreWithStates(
  handle: (event: unknown, functionName: string) => Promise<unknown>,
  options: StepFunctionsOptions = {},
) {
  const clock = new VirtualClock();
  const { core } = await coreWithLambda(clock, { inProcess: (name, event) => handle(event, name) });
  const states = new StepFunctionsService(core, options);
  core.register(states);
  core.register(new EventsService(core));
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'states.amazonaws.com' } };
  await core.send(
    new iam.CreateRoleCommand({
      RoleName: 'machine',
      AssumeRolePolicyDocument: JSON.stringify({ Statement: trust }),
    }),
  );
  await core.send(
    new iam.PutRolePolicyCommand({
      RoleName: 'machine',
      PolicyName: 'P',
      PolicyDocument: JSON.stringify({
        Statement: {
          Effect: 'Allow',
          Action: 'lambda:InvokeFunction',
          Resource: core.arn('lambda', 'function:F'),
        },
      }),
    }),
  );
  await createFunction(core, { 'index.js': '' });

  const create = async (definition: object, name = 'M') => {
    const { stateMachineArn } = await core.send(
      new sfn.CreateStateMachineCommand({
        name,
        definition: JSON.stringify(definition),
        roleArn: core.arn('iam', 'role/machine'),
      }),
    );
    return stateMachineArn!;
  };
  const start = async (stateMachineArn: string, input: unknown, name?: string) => {
    const request = { stateMachineArn, name, input: JSON.stringify(input) };
    const { executionArn } = await core.send(new sfn.StartExecutionCommand(request));
    return executionArn!;
  };
  const describe = (executionArn: string) => core.send(new sfn.DescribeExecutionCommand({ executionArn }));
  /** Creates and starts a state machine, and lets so much modelled time pass. */
  const run = async (definition: object, input: unknown = {}, ms = 24 * 3_600_000) => {
    const executionArn = await start(await create(definition, `M${clock.now()}`), input);
    await clock.advance(ms);
    const execution = await describe(executionArn);
    return {
      ...execution,
      output: execution.output === undefined ? undefined : JSON.parse(execution.output),
    };
  };
  const functionArn = core.arn('lambda', 'function:F');
  return { clock, core, states, create, start, describe, run, functionArn };
}
