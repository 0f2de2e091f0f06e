import * as cloudWatchSdk from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import * as kmsSdk from '@aws-sdk/client-kms';
import * as sfnSdk from '@aws-sdk/client-sfn';
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Fault } from '../../../local-aws/core/fault';
import { createHandler } from '../../../local-aws/wire/handler';
import { wireRequest } from '../../../local-aws/wire/http';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { fake } from './fake';

/** The header of a signature for a service. */
const scope = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/${service}/aws4_request`;

describe('the JSON protocol', () => {
  test('carries structures, lists, dates and numbers both ways', async () => {
    const Timestamp = new Date('2026-01-02T03:04:05.678Z');
    const MetricAlarms = [
      { AlarmName: 'sick', StateUpdatedTimestamp: Timestamp, Threshold: 0.5, Dimensions: [] },
    ];
    const { core, inputs } = fake('monitoring', cloudWatchSdk, {
      DescribeAlarms: { MetricAlarms },
      PutMetricData: {},
    });
    const client = new CloudWatchClient(clientConfig(core));
    const answer = await client.send(new DescribeAlarmsCommand({ AlarmNames: [] }));
    expect(answer.MetricAlarms).toEqual(MetricAlarms);
    const input = {
      Namespace: 'a',
      MetricData: [{ MetricName: 'b', Timestamp, Value: 1.5, Dimensions: [{ Name: 'c', Value: 'd' }] }],
    };
    await client.send(new PutMetricDataCommand(input));
    expect(inputs).toEqual([{ AlarmNames: [] }, input]);
  });

  test('names typed exceptions, with the old query code for those that know it', async () => {
    const alarms = fake('monitoring', cloudWatchSdk, {
      SetAlarmState: new Fault('ResourceNotFound', 'No alarm a.'),
    });
    const command = new SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'ALARM', StateReason: 'x' });
    await expect(new CloudWatchClient(clientConfig(alarms.core)).send(command)).rejects.toMatchObject({
      name: 'ResourceNotFound',
      message: 'No alarm a.',
      $metadata: { httpStatusCode: 404 },
    });
    const machines = fake('states', sfnSdk, {
      DescribeExecution: new Fault('ExecutionDoesNotExist', 'Execution Does Not Exist: x'),
    });
    const describe = new SFNClient(clientConfig(machines.core)).send(
      new DescribeExecutionCommand({ executionArn: 'x' }),
    );
    await expect(describe).rejects.toBeInstanceOf(ExecutionDoesNotExist);
    const parameters = fake('ssm', ssmSdk, { GetParameter: new Fault('ParameterNotFound', '') });
    const get = new SSMClient(clientConfig(parameters.core)).send(new GetParameterCommand({ Name: 'x' }));
    await expect(get).rejects.toBeInstanceOf(ParameterNotFound);
  });

  test('of a service that is not compatible with the query protocol, no old code or status is told', async () => {
    const { core } = fake('kms', kmsSdk, { DescribeKey: new Fault('NotFoundException', 'No key.') });
    const response = await createHandler(core)(
      wireRequest(
        'POST',
        '/',
        { authorization: scope('kms'), 'x-amz-target': 'TrentService.DescribeKey' },
        '{"KeyId":"k"}',
      ),
    );
    expect(response.status).toBe(400);
    expect(response.headers).toMatchObject({ 'x-amzn-errortype': 'NotFoundException' });
    expect(response.headers).not.toHaveProperty('x-amzn-query-error');
  });

  test('passes on an error that no model knows, and hides no failure of the local AWS itself', async () => {
    const { core } = fake('ssm', ssmSdk, {
      GetParameter: new Fault('AccessDeniedException', 'ssm:GetParameter is missing', 400),
      PutParameter: new TypeError('broken'),
    });
    const client = new SSMClient(clientConfig(core, undefined, { maxAttempts: 1 }));
    await expect(client.send(new GetParameterCommand({ Name: 'x' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'ssm:GetParameter is missing',
    });
    await expect(client.send(new PutParameterCommand({ Name: 'x', Value: 'y' }))).rejects.toMatchObject({
      name: 'InternalFailure',
      message: 'broken',
      $metadata: { httpStatusCode: 500 },
    });
  });
});

describe('callers', () => {
  const target = { 'x-amz-target': 'AmazonSSM.GetParameter' };

  test('a session is known by its access key id, and everyone else is the administrator', async () => {
    const { core } = fake('ssm', ssmSdk, {});
    const seen: string[] = [];
    Object.assign(core.service('ssm')!.operations, {
      GetParameter: {
        accepts: { Name: true },
        run: (_input: unknown, call: { principal: { arn: string } }) => {
          seen.push(call.principal.arn);
          return {};
        },
      },
    });
    core.sessions.set('ASIA1', {
      kind: 'role',
      arn: 'arn:session',
      roleArn: 'arn:role',
      accessKeyId: 'ASIA1',
    });
    const command = new GetParameterCommand({ Name: 'x' });
    const session = { accessKeyId: 'ASIA1', secretAccessKey: 's', sessionToken: 't' };
    await new SSMClient(clientConfig(core, session)).send(command);
    await new SSMClient(clientConfig(core)).send(command);
    expect(seen).toEqual(['arn:session', 'arn:aws:iam::000000000000:root']);
  });

  test.each([
    [{}, 403, 'MissingAuthenticationToken'],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=AKID' }, 403, 'IncompleteSignature'],
    [{ authorization: scope('sqs') }, 501, 'no service sqs; it has ssm'],
    [{ authorization: scope('ssm') }, 400, 'SerializationException'],
  ])('%j is refused, and stands in the log', async (headers, status, text) => {
    const { core, calls } = fake('ssm', ssmSdk, { GetParameter: {} });
    const response = await createHandler(core)(
      wireRequest('POST', '/', { ...target, ...headers }, '{"Name":'),
    );
    expect(response.status).toBe(status);
    expect(Buffer.from(response.body).toString()).toContain(text);
    expect(calls).toMatchObject([{ operation: 'AmazonSSM.GetParameter', fault: expect.any(String) }]);
  });
});
