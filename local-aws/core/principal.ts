/** Who makes a call. */
export type Principal =
  /** The account's own administrator: whoever calls with credentials that no role session issued. */
  | { readonly kind: 'root'; readonly arn: string }
  /** A session of a role; what its policies do not allow is refused. */
  | { readonly kind: 'role'; readonly arn: string; readonly roleArn: string; readonly accessKeyId: string }
  /** A part of AWS acting for itself: CloudFormation's resource handlers, Auto Scaling's launches. */
  | { readonly kind: 'service'; readonly arn: string; readonly service: string };
