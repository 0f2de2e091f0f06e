import { PropertyError } from '../custom-resource/properties';
import type { Revision } from '../ledger/types';

/** Stack parameter that pins the fleet to a kept revision. Empty: the fleet runs the template's release. */
export const PIN_PARAMETER = 'FleetPin';
/** Stack parameter whose change replaces all machines at the same revision. */
export const RESTART_PARAMETER = 'FleetRestart';

/**
 * Says that the fleet is to run a kept revision in the place of the release that the template names. A
 * template with another release is not held back by it.
 */
export interface Pin {
  /** Number of the revision in the ledger. */
  readonly revision: number;
  /** The release that the revision has: `guestbook 1.1.0`. */
  readonly release: string;
  /** Number of the launch template version that the revision's machines start from. */
  readonly launchTemplateVersion: string;
  /** Digest of the release that it overrides. */
  readonly instead: string;
  /** Number of the newest revision when it was made. */
  readonly after: number;
  /** Who asked for it. */
  readonly by: string;
}

/** Who asked for all machines to be replaced, and when: each restart is another text. */
export interface Restart {
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** Whether the machines are to get the newest base image. @default that of the revision in service */
  readonly newestBase?: boolean;
}

export function formatPin({ revision, release, launchTemplateVersion, instead, after, by }: Pin): string {
  return JSON.stringify({ revision, release, launchTemplateVersion, instead, after, by });
}

/** @throws PropertyError when the text is no pin */
export function parsePin(text: string): Pin | undefined {
  if (text === '') return undefined;
  const { revision, release, launchTemplateVersion, instead, after, by } = objectOf(text);
  if (
    Number.isInteger(revision) &&
    typeof release === 'string' &&
    typeof launchTemplateVersion === 'string' &&
    /^\d+$/.test(launchTemplateVersion) &&
    typeof instead === 'string' &&
    Number.isInteger(after) &&
    typeof by === 'string'
  )
    return { revision: Number(revision), release, launchTemplateVersion, instead, after: Number(after), by };
  throw new PropertyError(
    `${PIN_PARAMETER} is to be empty, or to name revision, release, launchTemplateVersion, instead, after and by, as "rollout undo" sets it; found ${text}.`,
  );
}

/**
 * Whether a pin still holds. The stack keeps its parameter; a pin has served its time once another release
 * has completed. One that was given up afterwards, or is being given up, does not count.
 */
export function isPinInForce(pin: Pin, revisions: readonly Revision[], isGoingBack: boolean): boolean {
  const completed = revisions.filter(({ outcome }) => outcome?.kind === 'Complete');
  const kept = isGoingBack ? completed.slice(0, -1) : completed;
  return !kept.some(
    ({ number, origin }, index) =>
      number > pin.after && origin.kind === 'release' && kept[index + 1]?.origin.kind !== 'back',
  );
}

export function formatRestart({ by, at, newestBase }: Restart): string {
  return JSON.stringify({ by, at, ...(newestBase ? { newestBase } : {}) });
}

/** @throws PropertyError when the text is no restart */
export function parseRestart(text: string): Restart | undefined {
  if (text === '') return undefined;
  const { by, at, newestBase } = objectOf(text);
  if (typeof by === 'string' && typeof at === 'string')
    return { by, at, ...(newestBase === true ? { newestBase } : {}) };
  throw new PropertyError(
    `${RESTART_PARAMETER} is to be empty, or to name by and at, as "rollout restart" sets it; found ${text}.`,
  );
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Falls through to the same sentence: what was found is quoted by the caller.
  }
  return {};
}
