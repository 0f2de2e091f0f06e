/** How long tables take, in modelled milliseconds: AWS publishes no figures. */
export const timing = {
  createMs: 8_000,
  updateMs: 4_000,
  deleteMs: 5_000,
  /** An index is made beside the table, and filled: AWS takes minutes even for a small one. */
  createIndexMs: 60_000,
  /** CloudFormation's and other waiters' looks at a table. */
  lookMs: 2_000,
} as const;
