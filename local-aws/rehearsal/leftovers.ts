import { connect } from 'node:net';
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Core } from '../core/core';
import { allProcesses, strayProcesses } from './processes';

/** A place where something has listened. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * What is left of the stacks, by kind; every list is empty when nothing is.
 * @param places where machines and load balancers have listened
 */
export async function leftoversOf(
  core: Core,
  places: readonly Place[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { Stacks = [] } = await core.send(new DescribeStacksCommand({}));
  const { AutoScalingGroups = [] } = await core.send(new DescribeAutoScalingGroupsCommand({}));
  const { LoadBalancers = [] } = await core.send(new DescribeLoadBalancersCommand({}));
  const { Reservations = [] } = await core.send(new DescribeInstancesCommand({}));
  const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
  const isListening = await Promise.all(places.map(answers));
  return {
    // The ledger outlives all fleets.
    stacks: Stacks.filter(({ StackName }) => StackName !== LEDGER_STACK).map(
      ({ StackName, StackStatus }) => `${StackName} ${StackStatus}`,
    ),
    'Auto Scaling groups': AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName!),
    'load balancers': LoadBalancers.map(({ DNSName }) => DNSName!),
    instances: instances
      .filter(({ State }) => State?.Name !== 'terminated')
      .map(({ InstanceId, State }) => `${InstanceId} ${State?.Name}`),
    'processes of machines and functions': strayProcesses(await allProcesses(), process.pid),
    'ports that answer': places
      .filter((_, index) => isListening[index])
      .map(({ host, port }) => `${host}:${port}`),
  };
}

/** Real time in which machines that were terminated have to be gone after the last stack is. */
const GONE_WITHIN_MS = 10_000;

/**
 * What is left of the stacks after a moment: CloudFormation is done with a group when its machines are on
 * their way out.
 * @param places where machines and load balancers have listened
 */
export async function leftWhenSettled(
  core: Core,
  places: readonly Place[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const until = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const found = await leftoversOf(core, places);
    const isClean = Object.values(found).every((entries) => entries.length === 0);
    if (isClean || performance.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Stack of the ledger. */
const LEDGER_STACK = 'Ledger';

function answers({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (isListening: boolean) => {
      socket.destroy();
      resolve(isListening);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
