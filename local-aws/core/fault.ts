/** An error that a service answers with, by AWS's code and message. */
export class Fault extends Error {
  override readonly name = 'Fault';

  /**
   * @param code AWS's error code, as it stands on the wire: `ValidationError`, `InvalidAMIID.NotFound`
   * @param status HTTP status code
   * @param members what the error carries besides its message, by the error's own shape: the item of a
   * `ConditionalCheckFailedException`
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status: number = 400,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
