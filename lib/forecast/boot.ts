import type { Variant } from './known';

/**
 * From a machine's launch until it serves, in seconds. Modelled, as in the local AWS: a machine's start, and
 * its start with the release's installation.
 */
export const BOOT_SECONDS: Readonly<Record<Variant, number>> = { 'image-based': 40, 'instance-based': 110 };
