import { type ArchitectureType, _InstanceType as InstanceType } from '@aws-sdk/client-ec2';

/** Every type that EC2 has, by its API's own list. */
export const INSTANCE_TYPES: readonly InstanceType[] = Object.values(InstanceType);

/** Processor architecture of an instance type: Amazon's own processors have a `g` after the generation. */
export function architectureOf(instanceType: string): ArchitectureType {
  const isMac = instanceType.startsWith('mac');
  const isArm = /^(a1|mac2|[a-z]+\d+g)/.test(instanceType);
  if (isMac) return isArm ? 'arm64_mac' : 'x86_64_mac';
  return isArm ? 'arm64' : 'x86_64';
}
