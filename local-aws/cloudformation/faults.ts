import { Fault } from '../core/fault';

/** What CloudFormation answers to a request or template that it refuses. */
export function validationError(message: string): Fault {
  return new Fault('ValidationError', message);
}
