import type * as sdk from '@aws-sdk/client-ec2';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import { type Operation, operation } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import { MACHINE_TIMING } from '../machines/timing';
import { createdBy } from './condition-keys';
import { type Launch, launchKeys, launchResources, passProfile, resolveLaunch } from './launch';
import { isNitro } from './nitro';
import { type Ec2State, type InstanceRecord, tagsFor } from './state';
import { page } from './table';
import type { Ec2Timing } from './timing';

const STATES = {
  pending: { Code: 0, Name: 'pending' },
  running: { Code: 16, Name: 'running' },
  'shutting-down': { Code: 32, Name: 'shutting-down' },
  terminated: { Code: 48, Name: 'terminated' },
} as const satisfies Record<string, sdk.InstanceState>;

/** Operations on instances, and what becomes of these with time. */
export function instanceOperations(
  state: Ec2State,
  machines: MachineDriver,
  timing: Ec2Timing,
): Record<string, Operation> {
  const { core, instances } = state;
  const byToken = new Map<string, sdk.Reservation>();
  const arns = ({ InstanceIds }: { InstanceIds?: readonly string[] }) =>
    (InstanceIds ?? []).map((id) => state.arn('instance', id));

  const describe = ({
    reservationId: _,
    userData: __,
    runningSince: ___,
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
      EbsOptimized: false,
      BlockDeviceMappings: [],
      NetworkInterfaces: [],
      StateTransitionReason: '',
      Tags: [
        ...lastOfEachKey(tagsFor(launch.tagSpecifications, 'instance')),
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
    RunInstances: operation<sdk.RunInstancesRequest, sdk.Reservation>({
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
            createdBy('RunInstances', tagsFor(launch.tagSpecifications, type)),
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
          throw new Fault('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
        }
        const reservationId = core.id('r');
        const isBuild = isBuildMachine(call.principal);
        const started: InstanceRecord[] = [];
        for (let index = 0; index < count; index++) {
          const instance = launchOne(launch, reservationId, index, input.ClientToken, isBuild);
          if (profile) instance.IamInstanceProfile = { Arn: profile.arn, Id: profile.id };
          if (isBuild) boot(instance);
          else start(instance, profile?.roleArn);
          started.push(instances.add(instance));
        }
        const answer = reservation(reservationId, started);
        if (input.ClientToken !== undefined) byToken.set(input.ClientToken, answer);
        return answer;
      },
    }),

    DescribeInstances: operation<sdk.DescribeInstancesRequest, sdk.DescribeInstancesResult>({
      run: (input) => {
        const { items, NextToken } = page(instances.find(input.InstanceIds, input.Filters), input);
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
    }),

    DescribeInstanceStatus: operation<sdk.DescribeInstanceStatusRequest, sdk.DescribeInstanceStatusResult>({
      run: (input) => {
        const found = instances
          .find(input.InstanceIds, input.Filters)
          .filter(({ State }) => input.IncludeAllInstances || State?.Name === 'running');
        const { items, NextToken } = page(found, input);
        return {
          InstanceStatuses: items.map((instance) => {
            const status = statusOf(instance, core.clock.now(), timing);
            const summary: sdk.InstanceStatusSummary = {
              Status: status,
              Details: [
                { Name: 'reachability', Status: status === 'ok' ? 'passed' : (status as sdk.StatusType) },
              ],
            };
            return {
              InstanceId: instance.InstanceId,
              AvailabilityZone: instance.Placement?.AvailabilityZone,
              InstanceState: instance.State,
              InstanceStatus: summary,
              SystemStatus: summary,
              Events: [],
            };
          }),
          NextToken,
        };
      },
    }),

    TerminateInstances: operation<sdk.TerminateInstancesRequest, sdk.TerminateInstancesResult>({
      resources: arns,
      run: ({ InstanceIds }) => ({
        TerminatingInstances: instances.find(InstanceIds ?? [], undefined).map((instance) => {
          const PreviousState = instance.State;
          void terminate(instance, {
            Code: 'Client.UserInitiatedShutdown',
            Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
          });
          return { InstanceId: instance.InstanceId, PreviousState, CurrentState: instance.State };
        }),
      }),
    }),

    GetConsoleOutput: operation<sdk.GetConsoleOutputRequest, sdk.GetConsoleOutputResult>({
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
    }),

    DescribeInstanceAttribute: operation<sdk.DescribeInstanceAttributeRequest, sdk.InstanceAttribute>({
      resources: ({ InstanceId }) => [state.arn('instance', InstanceId ?? '*')],
      run: ({ InstanceId, Attribute }) => {
        const instance = instances.get(InstanceId);
        const answers: Partial<Record<sdk.InstanceAttributeName, sdk.InstanceAttribute>> = {
          userData: { UserData: { Value: instance.userData || undefined } },
          instanceType: { InstanceType: { Value: instance.InstanceType } },
          disableApiTermination: { DisableApiTermination: { Value: false } },
          instanceInitiatedShutdownBehavior: { InstanceInitiatedShutdownBehavior: { Value: 'stop' } },
          rootDeviceName: { RootDeviceName: { Value: instance.RootDeviceName } },
          groupSet: { Groups: instance.SecurityGroups },
        };
        const answer = answers[Attribute!];
        if (answer) return { InstanceId, ...answer };
        throw new Fault(
          'InvalidParameterValue',
          `The local AWS does not know the instance attribute ${Attribute}; it knows ${Object.keys(answers).join(', ')}.`,
        );
      },
    }),
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

function statusOf(instance: InstanceRecord, now: number, timing: Ec2Timing): sdk.SummaryStatus {
  if (instance.State?.Name !== 'running' || instance.runningSince === undefined) return 'not-applicable';
  return now - instance.runningSince < timing.statusChecksMs ? 'initializing' : 'ok';
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
