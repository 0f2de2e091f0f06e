import type { LongRunning, Outcome, Round } from '../custom-resource/step';
import { type ReleasedVersionSpec, releasedVersionSpec } from './released-version-properties';

/** What the step calls. */
export interface ReleaseRecords {
  /** Digest that a parameter keeps; undefined when there is none. */
  read(parameterName: string): Promise<string | undefined>;
  /** Writes it once; false when the parameter is already there. */
  writeOnce(parameterName: string, digest: string, description: string): Promise<boolean>;
}

/**
 * A version is immutable: the first deployment of it records its digest, and any later one of the same
 * version has to have the same. Deleting the resource keeps the record, as the version stays released.
 */
export function releasedVersion(records: ReleaseRecords): LongRunning<ReleasedVersionSpec> {
  return { parse: releasedVersionSpec, step: (round) => step(round, records) };
}

async function step(round: Round<ReleasedVersionSpec>, records: ReleaseRecords): Promise<Outcome> {
  const { spec } = round;
  if (round.requestType === 'Delete') return succeed(spec, 'The record of the released version is kept');
  // What the stack goes back to was deployed before; refusing it could only leave the stack stuck.
  if (round.isGoingBack) return succeed(spec, 'The stack goes back to it');
  const recorded = await records.read(spec.parameterName);
  if (recorded === undefined) {
    const written = await records.writeOnce(spec.parameterName, spec.digest, description(spec, round));
    if (written) return succeed(spec, 'Released for the first time');
    // Another stack was faster: what it wrote is what counts.
    return { kind: 'wait', seconds: 1, message: `Another deployment is just recording ${nameOf(spec)}.` };
  }
  if (recorded === spec.digest) return succeed(spec, 'Released before with the same content');
  return {
    kind: 'fail',
    reason:
      `Version ${spec.version} of ${spec.application} was released with digest ${recorded}; this artifact ` +
      `has digest ${spec.digest}. A version is immutable: give the changed content a new version.`,
  };
}

function succeed(spec: ReleasedVersionSpec, message: string): Outcome {
  return { kind: 'succeed', data: { Digest: spec.digest }, message: `${nameOf(spec)}: ${message}.` };
}

function nameOf(spec: ReleasedVersionSpec): string {
  return `${spec.application} ${spec.version}`;
}

/** At most as long as a parameter's description may be. */
function description(spec: ReleasedVersionSpec, round: Round<ReleasedVersionSpec>): string {
  const when = new Date(round.now).toISOString();
  return [...`Released ${when} by ${round.stackId}: ${spec.changeCause}`].slice(0, 1024).join('');
}
