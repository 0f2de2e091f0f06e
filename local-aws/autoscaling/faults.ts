import { RefreshFault } from '../../lib/refresh-model';
import { Fault } from '../core/fault';

/** What Auto Scaling answers to most wrong requests. */
export function validationError(message: string): Fault {
  return new Fault('ValidationError', message);
}

export function groupNotFound(): Fault {
  return validationError('AutoScalingGroup name not found - AutoScalingGroup not found');
}

export function invalidToken(token: string): Fault {
  return new Fault('InvalidNextToken', `The token '${token}' is not valid.`);
}

/** Runs a part of the refresh model, and turns its refusals into the service's. */
export function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RefreshFault) throw new Fault(error.code, error.message);
    throw error;
  }
}
