import { Fault } from '../core/fault';

/** A request that DynamoDB would not accept. */
export function invalid(message: string): Fault {
  return new Fault('ValidationException', message);
}

/** A value, or a pair of values, that a parameter can't have. */
export function invalidParameter(reason: string): Fault {
  return invalid(`One or more parameter values were invalid: ${reason}`);
}

/** The table or index is not there, or is not there yet. */
export function notFound(detail?: string): Fault {
  return new Fault(
    'ResourceNotFoundException',
    detail ? `Requested resource not found: ${detail}` : 'Requested resource not found',
  );
}

/** The table is being made, changed or deleted. */
export function inUse(message: string): Fault {
  return new Fault('ResourceInUseException', message);
}
