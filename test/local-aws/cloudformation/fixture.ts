import {
  CreateChangeSetCommand,
  type CreateChangeSetInput,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetOutput,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import * as ec2Sdk from '@aws-sdk/client-ec2';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import * as ssmSdk from '@aws-sdk/client-ssm';
import type { CustomResourceRequest } from '../../../local-aws/cloudformation/custom-resource';
import { type CloudFormationOptions, CloudFormationService } from '../../../local-aws/cloudformation/service';
import { VirtualClock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import type { Properties, ResourceType } from '../../../local-aws/core/service';
import { wireRequest } from '../../../local-aws/wire/http';
import { ANYTHING, operation } from '../../harness/stand-in';

/** ARN that the fake Lambda service has a function at. */
export const SERVICE_TOKEN = 'arn:aws:lambda:eu-central-1:000000000000:function:answer';

type Answer = Readonly<Record<string, unknown>> | 'silence' | Uint8Array;

/** CloudFormation on a virtual clock, with a few resource types made up for the purpose. */
export class Fixture {
  readonly clock = new VirtualClock();
  readonly core = new Core({ clock: this.clock });
  readonly service: CloudFormationService;
  /** What the resource types were told to do: `create A`, `update A x→y`, `delete ID`. */
  readonly calls: string[] = [];
  /** What the custom resources' function was sent. */
  readonly requests: CustomResourceRequest[] = [];
  readonly ssmParameters = new Map<string, string>();
  /** What the function answers; `Data` and `PhysicalResourceId` are filled in where absent. */
  answer: (request: CustomResourceRequest) => Answer = () => ({});
  private readonly versions = new Map<string, number>();
  private made = 0;

  constructor(options?: CloudFormationOptions) {
    this.service = new CloudFormationService(this.core, options);
    this.core.register(this.service);
    this.core.register({
      signingName: 'ssm',
      sdk: ssmSdk,
      operations: {
        GetParameter: operation<ssmSdk.GetParameterRequest, ssmSdk.GetParameterResult>({
          run: ({ Name = '' }) => {
            const value = this.ssmParameters.get(Name);
            if (value === undefined) throw new Fault('ParameterNotFound', '');
            return { Parameter: { Name, Value: value } };
          },
        }),
      },
      resourceTypes: {
        'Fake::Thing': this.thing(),
        'Fake::Template': this.launchTemplate(),
        'AWS::IAM::Role': this.thing(),
      },
    });
    this.core.register({
      signingName: 'ec2',
      sdk: ec2Sdk,
      operations: {
        DescribeImages: operation<ec2Sdk.DescribeImagesRequest, ec2Sdk.DescribeImagesResult>({
          run: ({ ImageIds = [] }) => {
            if (ImageIds[0] !== 'ami-0abc')
              throw new Fault('InvalidAMIID.NotFound', `The image id '[${ImageIds}]' does not exist`);
            return { Images: [{ ImageId: 'ami-0abc' }] };
          },
        }),
      },
    });
    this.core.register({
      signingName: 'lambda',
      sdk: lambdaSdk,
      operations: {
        Invoke: operation<lambdaSdk.InvocationRequest, lambdaSdk.InvocationResponse>({
          run: (input) => {
            if (input.FunctionName !== SERVICE_TOKEN)
              throw new Fault('ResourceNotFoundException', `Function not found: ${input.FunctionName}`, 404);
            const text = Buffer.from(input.Payload as Uint8Array).toString('utf8');
            const request = JSON.parse(text) as CustomResourceRequest;
            this.requests.push(request);
            this.clock.after(10_000, () => void this.respond(request, this.answer(request)));
            return { StatusCode: 202 };
          },
        }),
      },
    });
  }

  /** PUTs a response where the request asks for it. @returns the HTTP status */
  async respond(request: CustomResourceRequest, answer: Answer): Promise<number> {
    if (answer === 'silence') return 0;
    const { StackId, RequestId, LogicalResourceId } = request;
    const body =
      answer instanceof Uint8Array
        ? answer
        : JSON.stringify({
            Status: 'SUCCESS',
            PhysicalResourceId: request.PhysicalResourceId ?? `made-${LogicalResourceId}`,
            StackId,
            RequestId,
            LogicalResourceId,
            ...answer,
          });
    const response = await this.service.routes[0]!.handle(wireRequest('PUT', request.ResponseURL, {}, body));
    return response.status;
  }

  /** Makes a change set and waits for it. */
  async changeSet(
    stackName: string,
    template: object | string,
    more: Partial<CreateChangeSetInput> = {},
  ): Promise<DescribeChangeSetOutput> {
    const ChangeSetName = more.ChangeSetName ?? `change-${++this.made}`;
    const exists = (await this.stackOrNothing(stackName)) !== undefined;
    await this.core.send(
      new CreateChangeSetCommand({
        StackName: stackName,
        TemplateBody: typeof template === 'string' ? template : JSON.stringify(template),
        ChangeSetType: exists ? 'UPDATE' : 'CREATE',
        ...more,
        ChangeSetName,
      }),
    );
    await this.clock.advance(10_000);
    return this.core.send(
      new DescribeChangeSetCommand({ StackName: stackName, ChangeSetName, IncludePropertyValues: true }),
    );
  }

  /** Deploys a template by a change set. @returns the stack at rest */
  async deploy(
    stackName: string,
    template: object | string,
    more: Partial<CreateChangeSetInput> = {},
  ): Promise<Stack> {
    const changeSet = await this.changeSet(stackName, template, more);
    if (changeSet.Status !== 'CREATE_COMPLETE') throw new Error(changeSet.StatusReason);
    await this.core.send(new ExecuteChangeSetCommand({ ChangeSetName: changeSet.ChangeSetId }));
    return this.atRest(changeSet.StackId ?? '');
  }

  async destroy(stackName: string): Promise<Stack> {
    const { StackId = '' } = await this.stack(stackName);
    await this.core.send(new DeleteStackCommand({ StackName: stackName }));
    return this.atRest(StackId);
  }

  async stack(name: string): Promise<Stack> {
    const { Stacks } = await this.core.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks![0]!;
  }

  async atRest(name: string): Promise<Stack> {
    const wait = async () => {
      let stack = await this.stack(name);
      while (stack.StackStatus?.endsWith('_IN_PROGRESS')) {
        await this.clock.sleep(1000);
        stack = await this.stack(name);
      }
      return stack;
    };
    return this.clock.runUntil(wait());
  }

  /** Events, oldest first: `A CREATE_FAILED reason`. The stack itself is called `Stack`. */
  async events(stackName: string): Promise<string[]> {
    const { StackEvents = [] } = await this.core.send(
      new DescribeStackEventsCommand({ StackName: stackName }),
    );
    const times = StackEvents.map((event) => event.Timestamp!.getTime());
    expect(times).toEqual([...times].sort((a, b) => b - a));
    return StackEvents.reverse().map((event) => {
      const name = event.PhysicalResourceId === event.StackId ? 'Stack' : event.LogicalResourceId;
      return [name, event.ResourceStatus, event.ResourceStatusReason].filter(Boolean).join(' ');
    });
  }

  /** Forgets what was recorded so far. */
  forget(): void {
    this.calls.length = 0;
    this.requests.length = 0;
  }

  private async stackOrNothing(name: string): Promise<Stack | undefined> {
    return this.stack(name).catch((error: Error) => {
      if (error.message.includes('does not exist')) return undefined;
      throw error;
    });
  }

  /** A resource whose `Name` is fixed for life; `Fail` makes it fail, `Seconds` takes that long, `TellsEarly` tells its id first. */
  private thing(): ResourceType {
    const work = async (properties: Properties, what: string) => {
      if (properties.Seconds) await this.clock.sleep(Number(properties.Seconds) * 1000);
      this.calls.push(what);
      if (properties.Fail === what.split(' ')[0]) throw new Error(`${what} went wrong`);
    };
    return {
      accepts: ANYTHING,
      createOnly: ['Name'],
      create: async (properties, { logicalId, created }) => {
        const physicalId = `${logicalId}-${++this.made}`;
        if (properties.TellsEarly) created?.(physicalId);
        await work(properties, `create ${logicalId}`);
        return { physicalId, attributes: { Arn: `arn:${physicalId}`, Value: properties.Value } };
      },
      update: async (physicalId, properties, old, { logicalId, updatePolicy }) => {
        const policy = updatePolicy ? ` by ${JSON.stringify(updatePolicy)}` : '';
        await work(properties, `update ${logicalId} ${old.Value}→${properties.Value}${policy}`);
        return { physicalId, attributes: { Arn: `arn:${physicalId}`, Value: properties.Value } };
      },
      delete: async (physicalId, properties) => work(properties, `delete ${physicalId.replace(/-\d+$/, '')}`),
    };
  }

  /** As a launch template: every change makes a further version. */
  private launchTemplate(): ResourceType {
    const version = (physicalId: string) => {
      this.versions.set(physicalId, (this.versions.get(physicalId) ?? 0) + 1);
      return { physicalId, attributes: { LatestVersionNumber: String(this.versions.get(physicalId)) } };
    };
    return {
      accepts: ANYTHING,
      create: async (_properties, { logicalId }) => version(`lt-${logicalId}`),
      update: async (physicalId, properties) => {
        this.calls.push(`version of ${physicalId} with ${properties.Data}`);
        return version(physicalId);
      },
      delete: async () => undefined,
    };
  }
}

/** A `Fake::Thing`. */
export function thing(properties: object = {}, more: object = {}): object {
  return { Type: 'Fake::Thing', Properties: properties, ...more };
}

/** A custom resource of the fake function. */
export function custom(properties: object = {}, more: object = {}): object {
  return { Type: 'Custom::Job', Properties: { ServiceToken: SERVICE_TOKEN, ...properties }, ...more };
}
