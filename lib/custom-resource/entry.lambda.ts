import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { newestEvent } from './awaited';
import { deliver, overHttp } from './deliver';
import { type EntryClients, enter } from './entry';
import { kinds } from './kinds';
import type { ResourceRequest } from './protocol';

const states = new SFNClient({});
const cloudFormation = new CloudFormationClient({});

const clients: EntryClients = {
  async startExecution(stateMachineArn, name, input) {
    await states.send(new StartExecutionCommand({ stateMachineArn, name, input }));
  },
  async stackStatus(stackId) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackId }));
    return Stacks?.[0]?.StackStatus ?? '';
  },
  newestEvent: (stackId, logicalId) =>
    newestEvent(
      (NextToken) => cloudFormation.send(new DescribeStackEventsCommand({ StackName: stackId, NextToken })),
      logicalId,
    ),
  deliver: (url, body) => deliver(url, body, overHttp),
  sleep: overHttp.sleep,
};

export async function handler(request: ResourceRequest): Promise<void> {
  // One short line: the CDK CLI shows it to whoever's deployment has failed.
  const { RequestType, LogicalResourceId, RequestId } = request;
  console.log(`${RequestType} ${LogicalResourceId}, request ${RequestId}`);
  await enter(request, kinds, process.env.STATE_MACHINE_PREFIX!, clients);
}
