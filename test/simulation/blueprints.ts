import { createHash } from 'node:crypto';
import type { Variant } from '../harness/virtual-aws';

/** What a stack needs in the bucket of assets before it is deployed. */
export interface Asset {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array;
}

/** A synthesized stack, from which releases and settings are made without synthesizing again. */
export interface Blueprint {
  readonly template: string;
  /** Of the release that the template names. */
  readonly digest: string;
  readonly assets: readonly Asset[];
}

/** What the network of a synthesized stack is called; ids and zones stand for those of a network that exists. */
export const PLACEHOLDERS = {
  vpc: 'vpc-12345',
  subnets: ['s-12345', 's-67890', 'p-12345', 'p-67890'],
  zones: ['dummy1a', 'dummy1b'],
} as const;

/** A release as the sample application has it; further versions are made of it. */
const SAMPLE = '1.0.0';

/** Makes a blueprint; it is asked once for each kind. */
export type Source = (variant: Variant, version: string, timeoutMinutes: number) => Blueprint;

/** Stacks of all kinds, each of which is made once, and only when it is asked for. */
export class Blueprints {
  private readonly known = new Map<string, Blueprint>();

  constructor(private readonly source: Source) {}

  /** @param timeoutMinutes how long a rollout may take in all: beyond an hour, the stack has several resources for it */
  get(variant: Variant, version: string, timeoutMinutes: number): Blueprint {
    const isBaked = variant === 'ImageBased';
    const key = `${variant} ${isBaked ? version : ''} ${timeoutMinutes}`;
    const known = this.known.get(key) ?? this.source(variant, isBaked ? version : SAMPLE, timeoutMinutes);
    this.known.set(key, known);
    return isBaked ? known : asVersion(known, version);
  }
}

/** The same stack with another release: what tells releases apart is version, digest and boot script. */
function asVersion({ template, assets, digest }: Blueprint, version: string): Blueprint {
  if (version === SAMPLE) return { template, assets, digest };
  const other = createHash('sha256').update(version).digest('hex');
  return {
    // The range of versions that a release can serve beside stays as it is.
    template: template.replace(/(?<![\^\d.])1\.0\.0(?![\d.])/g, version).replaceAll(digest, other),
    digest: other,
    assets,
  };
}
