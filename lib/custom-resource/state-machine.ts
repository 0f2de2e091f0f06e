import { STATE_MACHINE_TIMEOUT_SECONDS } from './step';

/** Six further attempts, over about two minutes: a killed function, throttling, a permission that has not spread yet. */
const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 6 }];

/**
 * A kind's state machine: rounds of the step function, with the waits that it asks for, and then the
 * answer. Execution input: `{request, isGoingBack, step: {note}}`. An execution that ends as anything
 * but SUCCEEDED has not answered; the rule behind it does then.
 */
export function stateMachineDefinition(stepFunctionArn: string, answerFunctionArn: string): object {
  return {
    Comment: "Observe, decide, act once, wait, and again; at the end, CloudFormation's answer.",
    StartAt: 'Step',
    TimeoutSeconds: STATE_MACHINE_TIMEOUT_SECONDS,
    States: {
      Step: {
        Type: 'Task',
        Resource: stepFunctionArn,
        Parameters: {
          'request.$': '$.request',
          'isGoingBack.$': '$.isGoingBack',
          'note.$': '$.step.note',
          'now.$': '$$.State.EnteredTime',
          'startedAt.$': '$$.Execution.StartTime',
        },
        ResultPath: '$.step',
        Retry: RETRY,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Answer failure' }],
        Next: 'Done?',
      },
      'Done?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.step.done', BooleanEquals: true, Next: 'Answer' }],
        Default: 'Wait',
      },
      Wait: { Type: 'Wait', SecondsPath: '$.step.waitSeconds', Next: 'Step' },
      Answer: {
        Type: 'Task',
        Resource: answerFunctionArn,
        Parameters: { 'request.$': '$.request', 'outcome.$': '$.step.outcome' },
        Retry: RETRY,
        End: true,
      },
      'Answer failure': {
        Type: 'Task',
        Resource: answerFunctionArn,
        Parameters: { 'request.$': '$.request', 'error.$': '$.error' },
        Retry: RETRY,
        End: true,
      },
    },
  };
}
