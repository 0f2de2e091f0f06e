/** An error of the states language: a name that `Retry` and `Catch` match, and a cause for people. */
export class StateError extends Error {
  constructor(
    readonly error: string,
    override readonly cause: string,
  ) {
    super(`${error}: ${cause}`);
  }
}

/** Something in the execution's data does not fit what the state machine wants of it; AWS never retries that by `States.ALL`. */
export function runtimeError(cause: string): StateError {
  return new StateError('States.Runtime', cause);
}
