import type { ResourceType } from '../core/service';
import { instanceProfile } from './instance-profile-resource';
import { managedPolicy, policy } from './policy-resources';
import { role } from './role-resource';

/** CloudFormation's types for identities and policies. */
export const iamResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::IAM::Role': role,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::InstanceProfile': instanceProfile,
};
