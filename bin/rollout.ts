import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { STS } from '@aws-sdk/client-sts';
import type { Account, Session } from '../lib/cli/command';
import { runCommand } from '../lib/cli/commands';
import { screen } from '../lib/cli/screen';
import { explained } from '../lib/cli/service-error';
import { ServicesClock } from '../lib/cli/services-clock';
import { ConfigurationError } from '../lib/configuration-error';
import { DynamoDbLedger } from '../lib/ledger/dynamodb-ledger';
import { readJsonObject } from '../lib/release/json-file';

/** For a page of a machine, which answers at once or is not reachable. */
const HTTP_TIMEOUT_MS = 3000;

async function main(args: readonly string[]): Promise<void> {
  const { stdout } = process;
  const terminal = {
    columns: stdout.columns ?? (Number(process.env.COLUMNS) || 80),
    colours: stdout.isTTY === true && !process.env.NO_COLOR,
  };
  const { output, files, exitCode } = await runCommand(args, {
    terminal,
    readJsonObject,
    exists: existsSync,
    connect,
    clock: { now: Date.now, sleep: (seconds) => sleep(seconds * 1000) },
    show: screen(
      (text) => stdout.write(text),
      stdout.isTTY ? { ...terminal, rows: stdout.rows ?? 24 } : undefined,
      Date.now,
    ),
  });
  process.exitCode = exitCode;
  for (const { path, content } of files) write(path, content);
  console.log(output);
}

async function connect(account: Account): Promise<Session> {
  const clock = new ServicesClock(Date.now);
  const cloudFormation = new CloudFormation(account);
  const clients = {
    cloudFormation,
    autoScaling: new AutoScaling(account),
    cloudTrail: new CloudTrail(account),
    cloudWatch: new CloudWatch(account),
    ec2: new EC2(account),
    identity: new STS(account),
    loadBalancing: new ElasticLoadBalancingV2(account),
  };
  clock.watch(cloudFormation);
  clock.watch(clients.autoScaling);
  const dynamoDb = new DynamoDB(account);
  return {
    region: await cloudFormation.config.region(),
    clients: { ...clients, http },
    ledger: (table) => new DynamoDbLedger(dynamoDb, table),
    now: () => clock.now(),
  };
}

async function http(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS), redirect: 'manual' });
  return { status: response.status, body: await response.text() };
}

function write(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (error) {
    throw new ConfigurationError(`${path} can't be written: ${(error as Error).message}.`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const sentence = error instanceof ConfigurationError ? error.message : explained(error);
  if (sentence === undefined) throw error;
  console.error(sentence);
  process.exitCode = 1;
});
