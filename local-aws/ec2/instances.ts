import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import type { Operations } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { MACHINE_TIMING } from '../machines/timing';
import { FILTERS, LAUNCH, PAGE, UNMANAGED } from './accepted';
import { createdBy } from './condition-keys';
import { mayAttach } from './ebs-encryption';
import { type Launch, launchKeys, launchResources, passProfile, resolveLaunch, TAGGED_WITH } from './launch';
import { isNitro } from './nitro';
import { type Ec2State, type InstanceRecord, tagsFor } from './state';
import { dryRun, missingParameter, page } from './table';
import type { Ec2Timing } from './timing';

const STATES = {
  pending: { Code: 0, Name: 'pending' },
  running: { Code: 16, Name: 'running' },
  'shutting-down': { Code: 32, Name: 'shutting-down' },
  terminated: { Code: 48, Name: 'terminated' },
} as const satisfies Record<string, sdk.InstanceState>;

const BY_USER: sdk.StateReason = {
  Code: 'Client.UserInitiatedShutdown',
  Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};

/** Operations on instances, and what becomes of these with time. */
export function instanceOperations(
  state: Ec2State,
  machines: MachineDriver,
  timing: Ec2Timing,
): Operations<typeof sdk> {
  const { core, instances } = state;
  const byToken = new Map<string, sdk.Reservation>();
  const arns = ({ InstanceIds }: { InstanceIds?: readonly string[] }) =>
    (InstanceIds ?? []).map((id) => state.arn('instance', id));

  const describe = ({
    reservationId: _,
    userData: __,
    runningSince: ___,
    isProtected: ____,
    shutdownBehavior: _____,
    ...instance
  }: InstanceRecord): sdk.Instance => instance;
  const reservation = (id: string, records: readonly InstanceRecord[]): sdk.Reservation => ({
    ReservationId: id,
    OwnerId: core.account,
    Groups: [],
    Instances: records.map(describe),
  });

  const ended = (instance: InstanceRecord) => {
    instance.State = STATES.terminated;
    instance.PrivateIpAddress = undefined;
    instance.PrivateDnsName = '';
    core.clock.after(timing.forgetMs, () => {
      if (state.instances.has(instance.InstanceId!)) instances.remove(instance.InstanceId);
    });
  };

  const terminate = async (instance: InstanceRecord, reason: sdk.StateReason) => {
    if (isEnding(instance)) return;
    instance.State = STATES['shutting-down'];
    instance.StateReason = reason;
    const by = reason.Code?.startsWith('Client') ? 'User' : 'Service';
    instance.StateTransitionReason = `${by} initiated (${state.now().toISOString().slice(0, 19).replace('T', ' ')} GMT)`;
    const stopped = machines
      .terminate(instance.InstanceId!)
      .catch((error) => console.error(`The machine ${instance.InstanceId} could not be ended:`, error));
    await Promise.all([stopped, core.clock.sleep(timing.shutDownMs)]);
    ended(instance);
  };

  const launchOne = (
    launch: Launch,
    reservationId: string,
    index: number,
    token: string | undefined,
    isBuild: boolean,
  ) => {
    const InstanceId = core.id('i');
    const address = isBuild ? undefined : machines.reserveAddress(InstanceId);
    const record: InstanceRecord = {
      InstanceId,
      reservationId,
      userData: launch.userData,
      isProtected: launch.isProtected,
      shutdownBehavior: launch.shutdownBehavior,
      ImageId: launch.image.ImageId,
      InstanceType: launch.instanceType,
      Architecture: launch.image.Architecture,
      State: STATES.pending,
      LaunchTime: state.now(),
      AmiLaunchIndex: index,
      ClientToken: token,
      KeyName: launch.keyName,
      Placement: { AvailabilityZone: launch.subnet.AvailabilityZone, Tenancy: 'default', GroupName: '' },
      PrivateIpAddress: address,
      PrivateDnsName: address && `ip-${address.replaceAll('.', '-')}.${core.region}.compute.internal`,
      SubnetId: launch.subnet.SubnetId,
      VpcId: launch.subnet.VpcId,
      SecurityGroups: launch.securityGroupIds.map((GroupId) => ({
        GroupId,
        GroupName: state.securityGroups.get(GroupId).GroupName,
      })),
      MetadataOptions: {
        State: 'applied',
        HttpEndpoint: 'enabled',
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'disabled',
        ...launch.metadataOptions,
      },
      Monitoring: { State: launch.monitoring ? 'enabled' : 'disabled' },
      RootDeviceType: 'ebs',
      RootDeviceName: launch.image.RootDeviceName,
      VirtualizationType: 'hvm',
      Hypervisor: 'xen',
      PlatformDetails: 'Linux/UNIX',
      SourceDestCheck: true,
      EbsOptimized: launch.ebsOptimized,
      BlockDeviceMappings: [],
      NetworkInterfaces: [],
      StateTransitionReason: '',
      Tags: [
        ...lastOfEachKey(tagsFor(launch.tagSpecifications, 'instance', TAGGED_WITH)),
        ...(launch.template
          ? [
              { Key: 'aws:ec2launchtemplate:id', Value: launch.template.id },
              { Key: 'aws:ec2launchtemplate:version', Value: String(launch.template.version) },
            ]
          : []),
      ],
    };
    return record;
  };

  const boot = (instance: InstanceRecord) => {
    core.clock.after(MACHINE_TIMING.bootMs, () => {
      if (instance.State?.Name === 'pending') instance.State = STATES.running;
    });
  };

  /** @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html */
  const failToStart = (instance: InstanceRecord) => {
    core.clock.after(timing.clientErrorMs, () =>
      terminate(instance, {
        Code: 'Client.InternalError',
        Message: 'Client.InternalError: Client error on launch',
      }),
    );
  };

  const start = (instance: InstanceRecord, roleArn: string | undefined) => {
    const instanceId = instance.InstanceId!;
    machines.launch({
      instanceId,
      imageId: instance.ImageId!,
      instanceType: instance.InstanceType,
      availabilityZone: instance.Placement?.AvailabilityZone,
      userData: Buffer.from(instance.userData, 'base64').toString('utf8'),
      roleArn,
      tags: metadataTags(instance),
      tagsFrom: core.clock.now() + core.variations.tagsDelayMs(),
      onRunning: () => {
        if (instance.State?.Name !== 'pending') return;
        instance.State = STATES.running;
        instance.runningSince = core.clock.now();
      },
      onStopped: (reason) => void terminate(instance, stateReason(reason)),
    });
  };

  return {
    RunInstances: {
      accepts: {
        ...LAUNCH,
        MaxCount: true,
        MinCount: true,
        SubnetId: true,
        ClientToken: true,
        DryRun: true,
        LaunchTemplate: { LaunchTemplateId: true, LaunchTemplateName: true, Version: true },
      },
      resources: (input) => launchResources(state, resolveLaunch(state, input)),
      conditionKeys: (input) => launchKeys(state, resolveLaunch(state, input)),
      run: async (input, call) => {
        const repeated = input.ClientToken === undefined ? undefined : byToken.get(input.ClientToken);
        if (repeated) {
          return reservation(
            repeated.ReservationId!,
            instances.all().filter(({ reservationId }) => reservationId === repeated.ReservationId),
          );
        }
        const launch = resolveLaunch(state, input);
        const tagged = new Set(launch.tagSpecifications.map(({ ResourceType }) => ResourceType!));
        for (const type of tagged)
          call.authorize(
            'ec2:CreateTags',
            state.arn(type, '*'),
            createdBy('RunInstances', tagsFor(launch.tagSpecifications, type, TAGGED_WITH)),
          );
        const profile = await passProfile(launch, call);
        const count = input.MaxCount ?? 1;
        if (!(count >= 1 && (input.MinCount ?? 1) <= count)) {
          throw new Fault(
            'InvalidParameterCombination',
            `MinCount is ${input.MinCount} and MaxCount ${input.MaxCount}; both are from 1 up, and MinCount is not the greater.`,
          );
        }
        if (input.DryRun) {
          throw dryRun();
        }
        const reservationId = core.id('r');
        const isBuild = isBuildMachine(call.principal);
        const hasVolumes = launch.keyIds.every((key) => mayAttach(core, key, call.principal));
        const started: InstanceRecord[] = [];
        for (let index = 0; index < count; index++) {
          const instance = launchOne(launch, reservationId, index, input.ClientToken, isBuild);
          if (profile) instance.IamInstanceProfile = { Arn: profile.arn, Id: profile.id };
          if (!hasVolumes) failToStart(instance);
          else if (isBuild) boot(instance);
          else start(instance, profile?.roleArn);
          started.push(instances.add(instance));
        }
        const answer = reservation(reservationId, started);
        if (input.ClientToken !== undefined) byToken.set(input.ClientToken, answer);
        return answer;
      },
    },

    DescribeInstances: {
      accepts: { InstanceIds: true, ...PAGE, ...UNMANAGED, Filters: FILTERS },
      run: (input) => {
        const found = instances.find(input.InstanceIds, input.Filters);
        const { items, NextToken } = page(found, input, { ids: input.InstanceIds });
        const reservations = new Map<string, InstanceRecord[]>();
        for (const instance of items) {
          const among = reservations.get(instance.reservationId) ?? [];
          reservations.set(instance.reservationId, [...among, instance]);
        }
        return {
          Reservations: [...reservations].map(([id, records]) => reservation(id, records)),
          NextToken,
        };
      },
    },

    TerminateInstances: {
      accepts: { InstanceIds: true },
      resources: arns,
      run: ({ InstanceIds }, { principal }) => {
        if (!InstanceIds?.length) throw missingParameter('instancesSet');
        const named = instances.find(InstanceIds, undefined);
        const kept = named.find((instance) => instance.isProtected && !isEnding(instance));
        // Auto Scaling's own terminations are not held back.
        if (kept && principal.kind !== 'service') {
          // In zones without a protected instance, the others are terminated all the same, as by EC2.
          const zones = named
            .filter(({ isProtected }) => isProtected)
            .map((one) => one.Placement?.AvailabilityZone);
          for (const instance of named)
            if (!zones.includes(instance.Placement?.AvailabilityZone)) void terminate(instance, BY_USER);
          throw new Fault(
            'OperationNotPermitted',
            `The instance '${kept.InstanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
          );
        }
        const TerminatingInstances = named.map((instance) => {
          const PreviousState = instance.State;
          void terminate(instance, BY_USER);
          return { InstanceId: instance.InstanceId, PreviousState, CurrentState: instance.State };
        });
        return { TerminatingInstances };
      },
    },

    GetConsoleOutput: {
      accepts: { InstanceId: true, Latest: true },
      resources: ({ InstanceId }) => [state.arn('instance', InstanceId ?? '*')],
      run: ({ InstanceId, Latest }) => {
        const { InstanceType = '' } = instances.get(InstanceId);
        if (Latest && !isNitro(InstanceType))
          throw new Fault(
            'UnsupportedOperation',
            `The instance type ${InstanceType} does not support retrieving the latest console output.`,
          );
        return {
          InstanceId,
          Timestamp: state.now(),
          Output: Buffer.from(machines.consoleOutput(InstanceId!)).toString('base64'),
        };
      },
    },
  };
}

/** The instance metadata service shows tags only where that was asked for. */
function metadataTags({ MetadataOptions, Tags = [] }: InstanceRecord): Record<string, string> | undefined {
  if (MetadataOptions?.InstanceMetadataTags !== 'enabled') return undefined;
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/**
 * A machine that Image Builder builds or tests on takes its place in the network as any other, but what is done on
 * it, its driver does where it bakes.
 */
function isBuildMachine(principal: Principal): boolean {
  return principal.kind === 'service' && principal.service === 'imagebuilder.amazonaws.com';
}

/** True for an instance that is on its way out, or gone. */
function isEnding({ State }: sdk.Instance): boolean {
  return State?.Name === 'shutting-down' || State?.Name === 'terminated';
}

/** True once nothing of an instance is left in its subnet: its network interface goes when it is terminated. */
export function isGone({ State }: sdk.Instance): boolean {
  return State?.Name === 'terminated';
}

function lastOfEachKey(tags: readonly sdk.Tag[]): sdk.Tag[] {
  return [...new Map(tags.map((tag) => [tag.Key, tag])).values()];
}

/**
 * Why a machine has ended, as EC2 tells it: by a code of its own, where the reason begins with one.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
 */
function stateReason(reason: string): sdk.StateReason {
  const [, Code] = /^((?:Client|Server)\.[\w.]+): /.exec(reason) ?? [];
  return Code
    ? { Code, Message: reason }
    : { Code: 'Server.InternalError', Message: `Server.InternalError: ${reason}` };
}
