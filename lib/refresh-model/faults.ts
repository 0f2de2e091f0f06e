/** A request that AWS refuses, by its error code. */
export class RefreshFault extends Error {
  override readonly name = 'RefreshFault';

  constructor(
    readonly code:
      | 'ValidationError'
      | 'InstanceRefreshInProgress'
      | 'ActiveInstanceRefreshNotFound'
      | 'IrreversibleInstanceRefresh',
    message: string,
  ) {
    super(message);
  }
}
