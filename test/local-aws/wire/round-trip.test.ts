import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as cloudFormation from '@aws-sdk/client-cloudformation';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as events from '@aws-sdk/client-eventbridge';
import * as iam from '@aws-sdk/client-iam';
import * as imageBuilder from '@aws-sdk/client-imagebuilder';
import * as kms from '@aws-sdk/client-kms';
import * as lambda from '@aws-sdk/client-lambda';
import * as stepFunctions from '@aws-sdk/client-sfn';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Service } from '../../../local-aws/core/service';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { serviceModel } from '../../../local-aws/wire/model';
import { fake } from './fake';
import { comparable, sample } from './sample';

type Sdk = Service['sdk'];
type AnyClient = new (configuration: object) => { send(command: object): Promise<object> };

/** EC2 has hundreds of operations; these are the kinds that this project calls. */
const EC2 =
  /LaunchTemplate|Instances|Images?$|Tags|Vpcs|Subnets|SecurityGroup|Volumes|ConsoleOutput|RouteTable|Addresses/;

const packages: [string, Sdk, (operation: string) => boolean][] = [
  ['autoscaling', autoScaling, () => true],
  ['cloudformation', cloudFormation, () => true],
  ['dynamodb', dynamoDb, () => true],
  ['ec2', ec2, (name) => EC2.test(name)],
  ['elasticloadbalancing', elb, () => true],
  ['events', events, (name) => name !== 'PutEvents'],
  ['iam', iam, () => true],
  ['imagebuilder', imageBuilder, () => true],
  ['kms', kms, () => true],
  // What is left out has a stream or an endpoint of its own, or is not signed.
  ['lambda', lambda, (name) => name !== 'InvokeWithResponseStream' && name !== 'InvokeAsync'],
  ['logs', logs, (name) => !/^(StartLiveTail|GetLogObject)$/.test(name)],
  ['monitoring', cloudWatch, () => true],
  ['ssm', ssm, () => true],
  ['states', stepFunctions, () => true],
  ['sts', sts, (name) => !name.startsWith('AssumeRoleWith')],
];

test.each(packages)(
  'every operation of %s understands its input and its output',
  async (signingName, sdk, isMeant) => {
    const operations = [...serviceModel(sdk).operations.values()].filter(({ name }) => isMeant(name));
    const sampleOf = (schema: NormalizedSchema) => (schema.isStructSchema() ? sample(schema) : {}) as object;
    const outputs = Object.fromEntries(operations.map(({ name, output }) => [name, sampleOf(output)]));
    const { core, inputs } = fake(signingName, sdk, outputs);
    const Client = Object.entries(sdk).find(([name]) => /^[A-Z]\w*Client$/.test(name))![1] as AnyClient;
    const client = new Client(clientConfig(core, undefined, { maxAttempts: 1 }));
    const wrong: Record<string, unknown> = {};
    for (const { name, input } of operations) {
      const Command = sdk[`${name}Command`] as new (input: object) => object;
      try {
        const answer = await client.send(new Command(sampleOf(input)));
        expect(comparable(inputs.at(-1))).toEqual(comparable(sampleOf(input)));
        expect(comparable(answer)).toEqual(comparable(outputs[name]));
      } catch (error) {
        wrong[name] = error instanceof Error ? error.message : error;
      }
    }
    expect(wrong).toEqual({});
    expect(inputs.length).toBe(operations.length);
    expect(operations.length).toBeGreaterThan(5);
  },
);
