import type { LifecycleRule, TransitionStorageClass } from '@aws-sdk/client-s3';
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

/** Properties of a rule that are handed on. */
export const LIFECYCLE_RULE = {
  Id: true,
  Status: true,
  Prefix: true,
  ExpirationInDays: true,
  NoncurrentVersionExpiration: { NoncurrentDays: true, NewerNoncurrentVersions: true },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: true },
  Transitions: { StorageClass: true, TransitionInDays: true },
} as const;

/** A lifecycle rule as S3 takes it, from one as templates write it. */
export function lifecycleRule(properties: Properties): LifecycleRule {
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
