import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Imagebuilder } from '@aws-sdk/client-imagebuilder';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SSM } from '@aws-sdk/client-ssm';
import { type AnswerEvent, endingOf } from '../../lib/custom-resource/answer';
import { enter } from '../../lib/custom-resource/entry';
import { kinds } from '../../lib/custom-resource/kinds';
import { answerBody, type ResourceRequest } from '../../lib/custom-resource/protocol';
import { type LongRunning, runStep, type StepEvent } from '../../lib/custom-resource/step';
import { bakedImage } from '../../lib/image/bake/baked-image-step';
import { releaseRecords } from '../../lib/release/release-records';
import { releasedVersion } from '../../lib/release/released-version-step';
import { rollout } from '../../lib/rollout/rollout-step';
import { verification } from '../../lib/rollout/verify';
import type { Core } from '../../local-aws/core/core';
import { openSession } from '../../local-aws/sts/session';
import type { Route } from '../../local-aws/wire/http';
import { wireRequest } from '../../local-aws/wire/http';
import { clientConfig } from '../../local-aws/wire/in-process';

type Config = ReturnType<typeof clientConfig>;

/** The step functions' wiring, as in their `*.lambda.ts`, with clients of this process. */
const STEPS: Readonly<Record<string, (config: Config) => LongRunning<never>>> = {
  release: (config) => releasedVersion(releaseRecords(new SSM(config))) as LongRunning<never>,
  'baked-image': (config) =>
    bakedImage({
      ec2: new EC2(config),
      imageBuilder: new Imagebuilder(config),
      logs: new CloudWatchLogs(config),
    }) as LongRunning<never>,
  rollout: (config) =>
    rollout({
      autoScaling: new AutoScaling(config),
      cloudFormation: new CloudFormation(config),
      cloudWatch: new CloudWatch(config),
      ec2: new EC2(config),
      loadBalancing: new ElasticLoadBalancingV2(config),
    }) as LongRunning<never>,
  verification: (config) =>
    verification({
      autoScaling: new AutoScaling(config),
      ec2: new EC2(config),
      loadBalancing: new ElasticLoadBalancingV2(config),
    }) as LongRunning<never>,
};

/** Called before a handler runs; what it throws is the function's death. */
export type BeforeInvocation = (handler: string, event: unknown) => void;

/**
 * Runs the project's handlers in this process, each under the permissions of its function's own role.
 * @param core asked for when a function is invoked
 */
export function inProcessHandlers(
  core: () => Core,
  routes: () => readonly Route[],
  before: BeforeInvocation = () => undefined,
): (functionName: string, event: unknown) => Promise<unknown> {
  const configs = new Map<string, Config>();

  async function deliver(url: string, body: string): Promise<void> {
    const { pathname } = new URL(url);
    const route = routes().find(({ prefix }) => pathname.startsWith(prefix));
    const answer = await route!.handle(wireRequest('PUT', url, {}, body));
    if (answer.status >= 400) throw new Error(`HTTP status ${answer.status}`);
  }

  return async (functionName, event) => {
    const { Handler, Role, Environment } = await core().send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    const name = Handler!.replace(/\.handler$/, '');
    before(name, event);
    const config =
      configs.get(functionName) ?? clientConfig(core(), openSession(core(), Role!, functionName));
    configs.set(functionName, config);
    switch (name) {
      case 'entry': {
        const cloudFormation = new CloudFormation(config);
        const states = new SFNClient(config);
        return enter(event as ResourceRequest, kinds, JSON.parse(Environment!.Variables!.STATE_MACHINES!), {
          deliver,
          async startExecution(stateMachineArn, execution, input) {
            await states.send(new StartExecutionCommand({ stateMachineArn, name: execution, input }));
          },
          async stackStatus(StackName) {
            const { Stacks } = await cloudFormation.describeStacks({ StackName });
            return Stacks?.[0]?.StackStatus ?? '';
          },
        });
      }
      case 'answer': {
        const { request, ending } = endingOf(event as AnswerEvent);
        return deliver(request.ResponseURL, answerBody(request, ending));
      }
      default:
        return runStep(event as StepEvent, STEPS[name]!(config));
    }
  };
}
