/**
 * Whether a machine's metadata can show a tag of this key. Machines learn from their tags which group they
 * belong to, and EC2 launches none whose tags the metadata can't show.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
 */
export function isMetadataTagKey(key: string): boolean {
  return /^[0-9A-Za-z\-_+=,.@:]{1,255}$/.test(key) && !['.', '..', '_index'].includes(key);
}

/** What is right, for messages. */
export const TAG_KEY_EXPECTED = 'letters, digits and + - = . , _ : @ alone';
