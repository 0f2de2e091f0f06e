/** Names of what a preflight can find. They are what `acceptFindings` takes, and therefore stay. */
export const FINDING_CODES = [
  'no-co-existence',
  'health-path-change',
  'port-change',
  'target-version-unnumbered',
  'target-version-missing',
  'target-image-indirect',
  'target-image-missing',
  'target-image-unavailable',
  'target-image-architecture',
  'target-image-retired',
  'rollback-version-unnumbered',
  'rollback-version-missing',
  'rollback-image-indirect',
  'rollback-image-missing',
  'rollback-image-unavailable',
  'rollback-image-architecture',
  'rollback-image-retired',
  'addresses-short',
  'machines-protected',
  'machines-standby',
  'processes-suspended',
  'other-refresh',
  'alarm-not-ok',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** Something that would make a rollout, or its way back, fail. */
export interface Finding {
  readonly code: FindingCode;
  /** One sentence: what was found, where, and what would be right. */
  readonly message: string;
}
