/** Modelled times of Auto Scaling, in milliseconds. */
export const autoScalingTiming = {
  /** How often a group looks at its machines. */
  lookMs: 5_000,
  /** First pause after a launch that failed; it doubles with every further failure. */
  firstBackOffMs: 15_000,
  longestBackOffMs: 300_000,
  /** CloudFormation's patience with a group that does not get its machines. */
  stabilizeMs: 15 * 60_000,
  /** CloudFormation's patience with a group whose machines do not end. */
  emptyMs: 60 * 60_000,
} as const;
