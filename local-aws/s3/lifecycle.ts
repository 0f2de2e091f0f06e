import type { LifecycleRule, TransitionStorageClass } from '@aws-sdk/client-s3';
import { Fault } from '../core/fault';
import type { Properties } from '../core/service';

interface TemplateRule {
  readonly Id?: string;
  readonly Status: 'Enabled' | 'Disabled';
  readonly Prefix?: string;
  readonly ExpirationInDays?: number | string;
  readonly NoncurrentVersionExpiration?: {
    readonly NoncurrentDays: number | string;
    readonly NewerNoncurrentVersions?: number | string;
  };
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number | string };
  readonly Transitions?: readonly {
    readonly StorageClass: TransitionStorageClass;
    readonly TransitionInDays: number | string;
  }[];
}

const KNOWN = new Set([
  'Id',
  'Status',
  'Prefix',
  'ExpirationInDays',
  'NoncurrentVersionExpiration',
  'AbortIncompleteMultipartUpload',
  'Transitions',
]);

/** A lifecycle rule as S3 takes it, from one as templates write it. @throws Fault when it has more than that */
export function lifecycleRule(properties: Properties): LifecycleRule {
  const unknown = Object.keys(properties).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) {
    throw new Fault(
      'ValidationException',
      `The local AWS does not serve these properties of a bucket's lifecycle rule: ${unknown.join(', ')}.`,
    );
  }
  const rule = properties as unknown as TemplateRule;
  const noncurrent = rule.NoncurrentVersionExpiration;
  return {
    ID: rule.Id,
    Status: rule.Status,
    Filter: { Prefix: rule.Prefix ?? '' },
    Expiration: rule.ExpirationInDays === undefined ? undefined : { Days: Number(rule.ExpirationInDays) },
    NoncurrentVersionExpiration: noncurrent && {
      NoncurrentDays: Number(noncurrent.NoncurrentDays),
      NewerNoncurrentVersions:
        noncurrent.NewerNoncurrentVersions === undefined
          ? undefined
          : Number(noncurrent.NewerNoncurrentVersions),
    },
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload && {
      DaysAfterInitiation: Number(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation),
    },
    Transitions: rule.Transitions?.map(({ StorageClass, TransitionInDays }) => ({
      StorageClass,
      Days: Number(TransitionInDays),
    })),
  };
}
