import { PATIENCE_MS } from '../rollout/timing';

/** Names of what a preflight can find. They are what `acceptFindings` takes, and therefore stay. */
export const FINDING_CODES = [
  'ledger-missing',
  'instance-type-unknown',
  'instance-type-zone',
  'base-image-missing',
  'base-image-unavailable',
  'base-image-architecture',
  'base-image-root-device',
  'base-image-volume',
  'base-image-minimal',
  'subnet-missing',
  'tag-key',
  'ebs-key-denied',
  'ebs-key-unread',
  'ebs-key-unusable',
  'no-co-existence',
  'health-path-change',
  'port-change',
  'target-version-unnumbered',
  'target-version-missing',
  'target-image-indirect',
  'target-image-missing',
  'target-image-unavailable',
  'target-image-architecture',
  'target-image-deprecated',
  'rollback-version-unnumbered',
  'rollback-version-missing',
  'rollback-image-indirect',
  'rollback-image-missing',
  'rollback-image-unavailable',
  'rollback-image-architecture',
  'rollback-image-deprecated',
  'addresses-short',
  'machines-protected',
  'machines-standby',
  'processes-suspended',
  'other-refresh',
  'alarm-not-ok',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** With these no machine starts, even when they are accepted. */
const FINAL: readonly string[] = [
  'instance-type-unknown',
  'base-image-missing',
  'base-image-architecture',
  'base-image-root-device',
  'base-image-volume',
  'subnet-missing',
  'tag-key',
  'ebs-key-unusable',
] satisfies FindingCode[];

/** What `acceptFindings` takes. */
export const ACCEPTABLE_CODES = FINDING_CODES.filter(isAcceptable);

function isAcceptable(code: string): boolean {
  return !FINAL.includes(code);
}

/** Something that would make a rollout, or its way back, fail. */
export interface Finding {
  readonly code: FindingCode;
  /** One sentence: what was found, where, and what would be right. */
  readonly message: string;
}

/** Findings that are not accepted. */
export function without(accepted: readonly string[], all: readonly Finding[]): readonly Finding[] {
  return all.filter(({ code }) => !(isAcceptable(code) && accepted.includes(code)));
}

/** A permission that a deployment has just given may take that long until it is in force. */
const SPREADING_MS = 2 * 60_000;

/** For how long it is worth waiting for, because it may pass by itself. */
export function patienceMs({ code }: Finding): number {
  if (code === 'ebs-key-unread') return SPREADING_MS;
  return code === 'other-refresh' || code === 'alarm-not-ok' ? PATIENCE_MS : 0;
}

/** CloudFormation takes 4096 bytes of an answer in all. */
const REPORT_CHARACTERS = 3000;

/** All findings, numbered, in a text that fits into a reason of CloudFormation's. */
export function report(findings: readonly Finding[]): string {
  const codes = [...new Set(findings.map(({ code }) => code))].filter(isAcceptable).join(',');
  const end = codes && `Whoever knows better deploys with -c acceptFindings=${codes}`;
  let text = '';
  for (const [index, { code, message }] of findings.entries()) {
    const entry = `(${index + 1}) ${message} [${code}] `;
    const isLast = index === findings.length - 1;
    const room = REPORT_CHARACTERS - end.length - (isLast ? 0 : 40);
    if (text.length + entry.length > room)
      return `${text}And ${findings.length - index} more, cut for length. ${end}`.trim();
    text += entry;
  }
  return `${text}${end}`.trim();
}
