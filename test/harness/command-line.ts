import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { STS } from '@aws-sdk/client-sts';
import { runCommand } from '../../lib/cli/commands';
import { explained } from '../../lib/cli/service-error';
import { ConfigurationError } from '../../lib/configuration-error';
import { DynamoDbLedger } from '../../lib/ledger/dynamodb-ledger';
import { type AccessKey, clientConfig } from '../../local-aws/wire/in-process';
import type { VirtualAws } from './virtual-aws';

/** Modelled time between two looks of a command that waits. */
const LOOK_MS = 30_000;

/** What a command line came to. */
export interface Ran {
  readonly output: string;
  readonly exitCode: number;
  /** Lines that were shown while it waited. */
  readonly lines: readonly string[];
}

/**
 * The operator's command line on a local AWS in virtual time, as `bin/rollout.ts` wires it.
 * @param credentials the caller; the account's own administrator when left out
 */
export async function rollout(aws: VirtualAws, line: string, credentials?: AccessKey): Promise<Ran> {
  const config = clientConfig(aws.core, credentials);
  const lines: string[] = [];
  const clients = {
    autoScaling: new AutoScaling(config),
    cloudFormation: new CloudFormation(config),
    cloudTrail: new CloudTrail(config),
    cloudWatch: new CloudWatch(config),
    ec2: new EC2(config),
    identity: new STS(config),
    loadBalancing: new ElasticLoadBalancingV2(config),
    http: (url: string) => answerOf(aws, url),
  };
  try {
    const { output, exitCode } = await runCommand(line.split(' '), {
      terminal: { columns: 80, colours: false },
      readJsonObject: () => ({}),
      exists: () => false,
      connect: async () => ({
        region: aws.core.region,
        clients,
        ledger: (table) => new DynamoDbLedger(new DynamoDB(config), table),
        now: () => aws.clock.now(),
      }),
      // Fewer looks than an operator has: each takes as long here as it does in earnest.
      clock: { now: () => aws.clock.now(), sleep: () => aws.clock.advance(LOOK_MS) },
      show: (scene) => {
        if (scene.line !== undefined) lines.push(scene.line);
      },
    });
    return { output, exitCode, lines };
  } catch (error) {
    const sentence = error instanceof ConfigurationError ? error.message : explained(error);
    if (sentence === undefined) throw error;
    return { output: sentence, exitCode: 1, lines };
  }
}

/** Machines in memory serve nothing: what runs on them answers in their place. */
async function answerOf(aws: VirtualAws, url: string) {
  const { hostname } = new URL(url);
  const { Reservations = [] } = await aws.core.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'private-ip-address', Values: [hostname] }] }),
  );
  const instance = Reservations[0]?.Instances?.[0]?.InstanceId;
  const software = aws.machines.running.find(({ instanceId }) => instanceId === instance)?.software;
  if (!software) throw new Error(`Nobody answers at ${url}.`);
  const { application, version } = software;
  return { status: 200, body: JSON.stringify({ application, version, instance }) };
}
