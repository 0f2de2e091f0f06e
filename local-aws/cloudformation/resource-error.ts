/** A resource that could not be made, changed or deleted. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';

  /** @param physicalId id of what was made all the same, and is to be deleted */
  constructor(
    message: string,
    readonly physicalId?: string,
  ) {
    super(message);
  }
}

/** Physical id of what a failed handler left behind, if it says so. */
export function leftBehind(error: unknown): string | undefined {
  return error instanceof ResourceError ? error.physicalId : undefined;
}

/** Why it failed, as a stack event tells it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
