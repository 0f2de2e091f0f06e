import { PropertyError } from '../custom-resource/properties';

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
  /** Who asked for it. */
  readonly by: string;
}

/** Who asked for all machines to be replaced, and when: each restart is another text. */
export interface Restart {
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

export function formatPin({ revision, release, launchTemplateVersion, instead, by }: Pin): string {
  return JSON.stringify({ revision, release, launchTemplateVersion, instead, by });
}

/** @throws PropertyError when the text is no pin */
export function parsePin(text: string): Pin | undefined {
  if (text === '') return undefined;
  const { revision, release, launchTemplateVersion, instead, by } = objectOf(text);
  if (
    Number.isInteger(revision) &&
    typeof release === 'string' &&
    typeof launchTemplateVersion === 'string' &&
    /^\d+$/.test(launchTemplateVersion) &&
    typeof instead === 'string' &&
    typeof by === 'string'
  )
    return { revision: Number(revision), release, launchTemplateVersion, instead, by };
  throw new PropertyError(
    `${PIN_PARAMETER} is to be empty, or to name revision, release, launchTemplateVersion, instead and by, as "rollout undo" sets it; found ${text}.`,
  );
}

export function formatRestart({ by, at }: Restart): string {
  return JSON.stringify({ by, at });
}

/** @throws PropertyError when the text is no restart */
export function parseRestart(text: string): Restart | undefined {
  if (text === '') return undefined;
  const { by, at } = objectOf(text);
  if (typeof by === 'string' && typeof at === 'string') return { by, at };
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
