import type { SessionCredentials } from '../../sts/session';

/** What a machine's metadata service says of it. */
export interface MachineIdentity {
  readonly instanceId: string;
  readonly imageId: string;
  readonly instanceType?: string;
  readonly address: string;
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly userData: string;
  /** Shown only where the instance's metadata options have it so. */
  readonly tags?: Readonly<Record<string, string>>;
  /** State that Auto Scaling has it in; undefined when it belongs to no group. Asked at each request. */
  readonly lifecycleState?: () => Promise<string | undefined>;
  /** Role of its instance profile, and how to get credentials of it. */
  readonly role?: { readonly name: string; readonly credentials: () => SessionCredentials };
  readonly launchedAt: Date;
}

/** How long a role's credentials are said to be valid: six hours, as EC2's. They do not expire here. */
const CREDENTIALS_MS = 6 * 3_600_000;

/**
 * An answer of the instance metadata service, without its tokens.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
 * @param path below the version: `meta-data/instance-id`
 * @returns undefined where EC2 answers 404
 */
export async function metadataAt(
  path: string,
  identity: MachineIdentity,
  now: Date,
): Promise<string | undefined> {
  if (path === 'user-data') return identity.userData === '' ? undefined : identity.userData;
  const leaves = leavesOf(identity, now, await identity.lifecycleState?.());
  const leaf = leaves.get(path);
  if (leaf) return leaf();
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const entries = new Set<string>();
  if (folder === '') for (const top of ['dynamic', 'meta-data']) entries.add(top);
  for (const name of leaves.keys()) {
    if (folder === '' || !name.startsWith(folder)) continue;
    const rest = name.slice(folder.length);
    const slash = rest.indexOf('/');
    entries.add(slash < 0 ? rest : rest.slice(0, slash + 1));
  }
  if (folder === '' && identity.userData !== '') entries.add('user-data');
  return entries.size === 0 ? undefined : [...entries].join('\n');
}

function leavesOf(
  identity: MachineIdentity,
  now: Date,
  lifecycleState: string | undefined,
): ReadonlyMap<string, () => string> {
  const { instanceId, imageId, instanceType, address, region, availabilityZone, tags, role } = identity;
  const hostname = `ip-${address.replaceAll('.', '-')}.${region}.compute.internal`;
  const leaves: Record<string, () => string> = {
    'meta-data/ami-id': () => imageId,
    'meta-data/hostname': () => hostname,
    'meta-data/instance-id': () => instanceId,
    'meta-data/local-hostname': () => hostname,
    'meta-data/local-ipv4': () => address,
    'meta-data/placement/availability-zone': () => availabilityZone,
    'meta-data/placement/region': () => region,
    'meta-data/services/domain': () => 'amazonaws.com',
    'dynamic/instance-identity/document': () => identityDocument(identity),
  };
  if (instanceType !== undefined) leaves['meta-data/instance-type'] = () => instanceType;
  if (lifecycleState !== undefined)
    leaves['meta-data/autoscaling/target-lifecycle-state'] = () => targetOf(lifecycleState);
  for (const [key, value] of Object.entries(tags ?? {}))
    leaves[`meta-data/tags/instance/${key}`] = () => value;
  if (role) {
    leaves[`meta-data/iam/security-credentials/${role.name}`] = () =>
      credentialsDocument(role.credentials(), now);
  }
  return new Map(Object.entries(leaves));
}

/**
 * The steady state that Auto Scaling takes a machine to which is in this state.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/retrieving-target-lifecycle-state-through-imds.html
 */
function targetOf(lifecycleState: string): string {
  const [, state] = /^(\w+)(?::(?:Wait|Proceed))?$/.exec(lifecycleState) ?? [];
  switch (state) {
    case 'Pending':
    case 'InService':
      return 'InService';
    case 'Terminating':
    case 'Terminated':
      return 'Terminated';
    case 'EnteringStandby':
    case 'Standby':
      return 'Standby';
    case 'Detaching':
    case 'Detached':
      return 'Detached';
    default:
      throw new Error(`Auto Scaling's lifecycle state ${lifecycleState} is not known here.`);
  }
}

function identityDocument(identity: MachineIdentity): string {
  return JSON.stringify(
    {
      accountId: identity.accountId,
      architecture: 'x86_64',
      availabilityZone: identity.availabilityZone,
      imageId: identity.imageId,
      instanceId: identity.instanceId,
      instanceType: identity.instanceType,
      pendingTime: identity.launchedAt.toISOString(),
      privateIp: identity.address,
      region: identity.region,
      version: '2017-09-30',
    },
    undefined,
    2,
  );
}

function credentialsDocument(credentials: SessionCredentials, now: Date): string {
  return JSON.stringify(
    {
      Code: 'Success',
      LastUpdated: now.toISOString(),
      Type: 'AWS-HMAC',
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: new Date(now.getTime() + CREDENTIALS_MS).toISOString(),
    },
    undefined,
    2,
  );
}
