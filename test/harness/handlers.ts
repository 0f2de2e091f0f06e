import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Imagebuilder } from '@aws-sdk/client-imagebuilder';
import { KMS } from '@aws-sdk/client-kms';
import { GetFunctionConfigurationCommand, Lambda } from '@aws-sdk/client-lambda';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SSM } from '@aws-sdk/client-ssm';
import { type AnswerEvent, endingOf } from '../../lib/custom-resource/answer';
import { newestEvent } from '../../lib/custom-resource/awaited';
import { enter } from '../../lib/custom-resource/entry';
import { kinds } from '../../lib/custom-resource/kinds';
import { answerBody, type ResourceRequest } from '../../lib/custom-resource/protocol';
import { type LongRunning, runStep, type StepEvent } from '../../lib/custom-resource/step';
import { bakedImage } from '../../lib/image/bake/baked-image-step';
import { DynamoDbLedger } from '../../lib/ledger/dynamodb-ledger';
import type { Ledger } from '../../lib/ledger/ledger';
import { baseImage } from '../../lib/machines/base-image-step';
import { preflight } from '../../lib/preflight/preflight-step';
import { releaseRecords } from '../../lib/release/release-records';
import { releasedVersion } from '../../lib/release/released-version-step';
import { rollout } from '../../lib/rollout/rollout-step';
import { verification } from '../../lib/rollout/verify';
import type { Core } from '../../local-aws/core/core';
import type { InProcess } from '../../local-aws/lambda/runner';
import { openSession } from '../../local-aws/sts/session';
import type { Route } from '../../local-aws/wire/http';
import { wireRequest } from '../../local-aws/wire/http';
import { type AccessKey, clientConfig } from '../../local-aws/wire/in-process';

/** What the functions call, by the names that their entry files give it. */
export interface HandlerClients {
  readonly autoScaling: AutoScaling;
  readonly cloudFormation: CloudFormation;
  readonly cloudWatch: CloudWatch;
  readonly dynamoDb: DynamoDB;
  readonly ec2: EC2;
  readonly functions: Lambda;
  readonly imageBuilder: Imagebuilder;
  readonly kms: KMS;
  readonly loadBalancing: ElasticLoadBalancingV2;
  readonly logs: CloudWatchLogs;
  readonly parameters: SSM;
  readonly states: SFNClient;
}

/** The SDK's own clients, which speak AWS's protocols to the local AWS. */
export function wireClients(core: Core, session: AccessKey): HandlerClients {
  const config = clientConfig(core, session);
  return {
    autoScaling: new AutoScaling(config),
    cloudFormation: new CloudFormation(config),
    cloudWatch: new CloudWatch(config),
    dynamoDb: new DynamoDB(config),
    ec2: new EC2(config),
    functions: new Lambda(config),
    imageBuilder: new Imagebuilder(config),
    kms: new KMS(config),
    loadBalancing: new ElasticLoadBalancingV2(config),
    logs: new CloudWatchLogs(config),
    parameters: new SSM(config),
    states: new SFNClient(config),
  };
}

/** The step functions' wiring, as in their `*.lambda.ts`. */
export const STEPS: Readonly<Record<string, (clients: HandlerClients) => LongRunning<never>>> = {
  preflight: (clients) => preflight({ ...clients, ledger: ledgers(clients) }) as LongRunning<never>,
  release: ({ parameters }) => releasedVersion(releaseRecords(parameters)) as LongRunning<never>,
  'base-image': (clients) => baseImage({ ...clients, ledger: ledgers(clients) }) as LongRunning<never>,
  'baked-image': (clients) => bakedImage(clients) as LongRunning<never>,
  rollout: (clients) => rollout({ ...clients, ledger: ledgers(clients) }) as LongRunning<never>,
  verification: (clients) => verification({ ...clients, ledger: ledgers(clients) }) as LongRunning<never>,
};

/** Where a step function keeps the ledger. */
export function ledgers({ dynamoDb }: HandlerClients): (table: string) => Ledger {
  return (table) => new DynamoDbLedger(dynamoDb, table);
}

/** What the handlers have besides their event. */
export interface HandlerParts {
  readonly clients: HandlerClients;
  readonly environment: Readonly<Record<string, string>>;
  readonly steps: typeof STEPS;
  /** Sends an answer to CloudFormation. */
  readonly deliver: (url: string, body: string) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Runs the handler of a name, as its entry file does. */
export async function runHandler(name: string, event: unknown, parts: HandlerParts): Promise<unknown> {
  const { clients, environment, steps, deliver, sleep } = parts;
  switch (name) {
    case 'entry':
      return enter(event as ResourceRequest, kinds, environment.STATE_MACHINE_PREFIX!, {
        deliver,
        sleep,
        async startExecution(stateMachineArn, execution, input) {
          await clients.states.send(new StartExecutionCommand({ stateMachineArn, name: execution, input }));
        },
        async stackStatus(StackName) {
          const { Stacks } = await clients.cloudFormation.describeStacks({ StackName });
          return Stacks?.[0]?.StackStatus ?? '';
        },
        newestEvent: (StackName, logicalId) =>
          newestEvent(
            (NextToken) => clients.cloudFormation.describeStackEvents({ StackName, NextToken }),
            logicalId,
          ),
      });
    case 'answer': {
      const { request, ending } = endingOf(event as AnswerEvent);
      return deliver(request.ResponseURL, answerBody(request, ending));
    }
    default:
      return runStep(event as StepEvent, steps[name]!(clients));
  }
}

/** Takes an answer to where CloudFormation waits for it. @throws Error when it is refused */
export async function deliverTo(routes: readonly Route[], url: string, body: string): Promise<void> {
  const { pathname } = new URL(url);
  const route = routes.find(({ prefix }) => pathname.startsWith(prefix));
  const answer = await route!.handle(wireRequest('PUT', url, {}, body));
  if (answer.status >= 400) throw new Error(`HTTP status ${answer.status}`);
}

/** Called before a handler runs; what it throws is the function's death. */
export type BeforeInvocation = (handler: string, event: unknown) => void;

/** A function's clients, under its role's session. */
export type ClientsOf = (core: Core, session: AccessKey) => HandlerClients;

/**
 * Runs the project's handlers in this process, each under the permissions of its function's own role.
 * @param core asked for when a function is invoked
 */
export function inProcessHandlers(
  core: () => Core,
  routes: () => readonly Route[],
  clientsOf: ClientsOf,
  before: BeforeInvocation = () => undefined,
): InProcess {
  const known = new Map<string, HandlerClients>();
  return async (functionName, event, sleep) => {
    const { Handler, Role, Environment } = await core().send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    const name = Handler!.replace(/\.handler$/, '');
    before(name, event);
    const clients = known.get(functionName) ?? clientsOf(core(), openSession(core(), Role!, functionName));
    known.set(functionName, clients);
    return runHandler(name, event, {
      clients,
      environment: Environment?.Variables ?? {},
      steps: STEPS,
      deliver: (url, body) => deliverTo(routes(), url, body),
      sleep,
    });
  };
}
