import { none, only } from '../core/accepts';

export const NO_ROLE = 'told again; handlers act as AWS itself';
export const NO_TOKEN = 'a repeated call finds the stack in another state, and is refused';
export const NO_EVENTS = 'there is no early validation: nothing was found';
export const NO_HOOKS = 'there are no hooks';

/** What all requests that bring a template have in common. */
export const TEMPLATE_REQUEST = {
  StackName: true,
  TemplateBody: true,
  TemplateURL: true,
  Parameters: {
    ParameterKey: true,
    ParameterValue: true,
    UsePreviousValue: true,
    ResolvedValue: 'it belongs to answers alone',
  },
  Capabilities: true,
  Tags: { Key: true, Value: true },
  RoleARN: NO_ROLE,
  NotificationARNs: 'told again; nobody is notified',
  ResourceTypes: none,
  RollbackConfiguration: {
    RollbackTriggers: { Arn: none, Type: none },
    MonitoringTimeInMinutes: only(0),
  },
  DeploymentConfig: { Mode: only('STANDARD'), DisableRollback: true },
  DisableValidation: 'there is no early validation',
} as const;

/** What stacks are made and changed with, without a change set. */
export const STACK = {
  ...TEMPLATE_REQUEST,
  ClientRequestToken: true,
  DisableRollback: true,
  RetainExceptOnCreate: only(false),
} as const;
