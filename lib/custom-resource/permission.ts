import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

/** What a step function may do. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Condition operators, keys and values that bind it. @default none */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Why a resource is a pattern. @default no resource is one */
  readonly wildcardReason?: string;
}

/** Grants a permission to a role, and tells cdk-nag the reason of each pattern in it. */
export function grant(role: iam.Role, permission: Permission): void {
  const { actions, resources, conditions, wildcardReason } = permission;
  role.addToPolicy(new iam.PolicyStatement({ actions: [...actions], resources: [...resources], conditions }));
  if (wildcardReason === undefined) return;
  for (const resource of resources) {
    const flat = flatten(Stack.of(role).resolve(resource));
    if (flat.includes('*'))
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${flat}]`,
        reason: wildcardReason,
      });
  }
}

/** An ARN as cdk-nag names it in a finding: `arn:<AWS::Partition>:ec2:…`. */
function flatten(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const intrinsic = resolved as { Ref?: string; 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: string[] };
  if (intrinsic.Ref) return `<${intrinsic.Ref}>`;
  if (intrinsic['Fn::GetAtt']) return `<${intrinsic['Fn::GetAtt'].join('.')}>`;
  if (intrinsic['Fn::Join']) return intrinsic['Fn::Join'][1].map(flatten).join(intrinsic['Fn::Join'][0]);
  return JSON.stringify(resolved);
}
