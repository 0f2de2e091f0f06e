import type * as sdk from '@aws-sdk/client-ec2';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import type { Operations } from '../core/service';
import { canAttach } from '../kms/keys';
import { KmsService } from '../kms/service';
import type { Ec2State } from './state';

/** How an account names the key that AWS keeps for it, which everybody in it can use. */
const AWS_KEY = 'alias/aws/ebs';

/** The account's settings for volumes that are encrypted. */
export interface EbsEncryption {
  isByDefault: boolean;
  /** ARN of a key of the account's own. @default AWS's */
  keyId?: string;
}

type Sdk = typeof import('@aws-sdk/client-ec2');

export function ebsEncryptionOperations({ core, ebsEncryption }: Ec2State): Operations<Sdk> {
  const described = () => ({ KmsKeyId: ebsEncryption.keyId ?? AWS_KEY });
  const setByDefault = (isByDefault: boolean) => {
    ebsEncryption.isByDefault = isByDefault;
    return { EbsEncryptionByDefault: isByDefault };
  };
  return {
    GetEbsDefaultKmsKeyId: { accepts: {}, run: described },
    ModifyEbsDefaultKmsKeyId: {
      accepts: { KmsKeyId: true },
      run: ({ KmsKeyId = '' }) => {
        const key = keysOf(core)?.find(KmsKeyId);
        if (!key && KmsKeyId !== AWS_KEY)
          throw new Fault('InvalidParameterValue', `The KMS key '${KmsKeyId}' does not exist here.`);
        ebsEncryption.keyId = key?.metadata.Arn;
        return described();
      },
    },
    ResetEbsDefaultKmsKeyId: {
      accepts: {},
      run: () => {
        ebsEncryption.keyId = undefined;
        return described();
      },
    },
    GetEbsEncryptionByDefault: {
      accepts: {},
      run: () => ({ EbsEncryptionByDefault: ebsEncryption.isByDefault }),
    },
    EnableEbsEncryptionByDefault: { accepts: {}, run: () => setByDefault(true) },
    DisableEbsEncryptionByDefault: { accepts: {}, run: () => setByDefault(false) },
  };
}

/** The key of the account's own that a new volume gets; undefined where it is AWS's, or none. */
export function keyOfVolume(
  { ebsEncryption }: Ec2State,
  wanted: sdk.EbsBlockDevice | undefined,
  ofImage: sdk.EbsBlockDevice | undefined,
): string | undefined {
  if (wanted?.KmsKeyId !== undefined) return wanted.KmsKeyId === AWS_KEY ? undefined : wanted.KmsKeyId;
  // A snapshot that is encrypted gives its key to the volume.
  if (ofImage?.Encrypted) return ofImage.KmsKeyId;
  return wanted?.Encrypted || ebsEncryption.isByDefault ? ebsEncryption.keyId : undefined;
}

/** Keys of the account's own without which a machine's volumes can't be made: theirs, and those of the snapshots. */
export function keysOfVolumes(
  state: Ec2State,
  image: sdk.Image,
  devices: readonly (sdk.BlockDeviceMapping | sdk.LaunchTemplateBlockDeviceMappingRequest)[],
): readonly string[] {
  const ofImage = image.BlockDeviceMappings ?? [];
  const names = new Set([...ofImage, ...devices].map(({ DeviceName }) => DeviceName));
  const keys = [...names].flatMap((name) => {
    const own = ofImage.find(({ DeviceName }) => DeviceName === name)?.Ebs;
    const wanted = devices.find(({ DeviceName }) => DeviceName === name)?.Ebs as
      | sdk.EbsBlockDevice
      | undefined;
    return [own?.Encrypted ? own.KmsKeyId : undefined, keyOfVolume(state, wanted, own)];
  });
  return [...new Set(keys)].filter((key): key is string => key !== undefined);
}

/** Whether who starts a machine lets EC2 use a key: a machine that can't have its volumes ends while it starts. */
export function mayAttach(core: Core, keyId: string, principal: Principal): boolean {
  const key = keysOf(core)?.find(keyId);
  if (!key) return false;
  if (principal.kind === 'root') return canAttach(core, key, principal.arn, true);
  if (principal.kind === 'role') return canAttach(core, key, principal.roleArn, false);
  const [role, hasIamPermission] = SERVICE_ROLES[principal.service] ?? [undefined, true];
  const arn = `arn:aws:iam::${core.account}:role/aws-service-role/${principal.service}/${role}`;
  return canAttach(core, key, arn, hasIamPermission);
}

/**
 * Service-linked roles that start machines, and whether their own policies let them use keys.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSServiceRoleForImageBuilder.html
 */
const SERVICE_ROLES: Readonly<Record<string, readonly [role: string, hasIamPermission: boolean]>> = {
  'autoscaling.amazonaws.com': ['AWSServiceRoleForAutoScaling', false],
  'imagebuilder.amazonaws.com': ['AWSServiceRoleForImageBuilder', true],
};

function keysOf(core: Core) {
  const service = core.service('kms');
  return service instanceof KmsService ? service.keys : undefined;
}
