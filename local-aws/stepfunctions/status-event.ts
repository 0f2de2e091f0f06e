import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Core } from '../core/core';
import type { Execution } from './execution';

/**
 * Tells EventBridge that an execution has started or ended.
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export async function publishStatus(core: Core, execution: Execution): Promise<void> {
  if (!core.service('events')) return;
  const { spec, status, startedAt, stoppedAt, output, error, cause } = execution;
  const detail = {
    executionArn: spec.arn,
    stateMachineArn: spec.stateMachine.arn,
    name: spec.name,
    status,
    startDate: startedAt.getTime(),
    stopDate: stoppedAt?.getTime() ?? null,
    input: spec.input,
    output: output ?? null,
    inputDetails: { included: true },
    outputDetails: output === undefined ? null : { included: true },
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    error: error ?? null,
    cause: cause ?? null,
  };
  await core.send(
    new PutEventsCommand({
      Entries: [
        {
          Source: 'aws.states',
          DetailType: 'Step Functions Execution Status Change',
          Detail: JSON.stringify(detail),
          Resources: [spec.arn],
          Time: new Date(core.clock.now()),
        },
      ],
    }),
    core.servicePrincipal('states.amazonaws.com'),
  );
}
