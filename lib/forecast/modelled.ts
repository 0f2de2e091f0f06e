import type { Variant } from './known';

/** From a machine's launch until EC2 calls it `running`, in seconds. Modelled, as in the local AWS. */
export const LAUNCH_SECONDS = 15;

/**
 * From a machine's launch until it serves, in seconds: from `running` on 25 to start, and 70 more where its
 * boot script installs the release. Modelled, as in the local AWS.
 */
export const BOOT_SECONDS: Readonly<Record<Variant, number>> = {
  'image-based': LAUNCH_SECONDS + 25,
  'instance-based': LAUNCH_SECONDS + 25 + 70,
};

/**
 * What EC2 and Image Builder do while an image is baked, besides carrying out the components: launches, the
 * AMI, its distribution. Modelled, as in the local AWS.
 */
export const AROUND_COMPONENTS_SECONDS = 16 * 60;

/** To bake an image: with five minutes of components and one of tests it is within the 15 to 45 that are published. */
export const BAKE_SECONDS = AROUND_COMPONENTS_SECONDS + 5 * 60 + 60;
