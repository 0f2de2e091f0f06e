/** The condition keys that the local AWS fills. */
import { hasTagKeys } from '../core/condition-keys';
import type { Core } from '../core/core';

/** By their beginning where a tag's key follows; in small letters, because case does not count. */
const FILLED: readonly string[] = [
  'aws:calledvia',
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principaltag/',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:requesttag/',
  'aws:resourcetag/',
  'aws:tagkeys',
  'aws:userid',
  'autoscaling:resourcetag/',
  'ec2:createaction',
  'ec2:launchtemplate',
  'ec2:resourcetag/',
  'elasticloadbalancing:resourcetag/',
  'iam:passedtoservice',
  'iam:resourcetag/',
  'ssm:overwrite',
];

/**
 * Whether a condition key is filled in the requests on a resource that have it on AWS. `aws:CalledVia` is, too:
 * no service calls another by its caller's permissions here.
 */
export function isFilledKey(core: Core, key: string, resource: string): boolean {
  const name = key.toLowerCase();
  if (name.includes(':resourcetag/') && !hasTagKeys(core, resource)) return false;
  return FILLED.some((filled) => (filled.endsWith('/') ? name.startsWith(filled) : name === filled));
}
