import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import type { Clock } from '../../../local-aws/core/clock';
import { Core } from '../../../local-aws/core/core';
import { IamService } from '../../../local-aws/iam/service';
import { type LambdaOptions, LambdaService } from '../../../local-aws/lambda/service';
import { LogsService } from '../../../local-aws/logs/service';
import { StsService } from '../../../local-aws/sts/service';

/** A local AWS with what functions need, and a role `function` that may do what the statements say. */
export async function coreWithLambda(clock: Clock, options: LambdaOptions, ...statements: object[]) {
  const core = new Core({ clock });
  const service = new LambdaService(core, options);
  for (const each of [new IamService(core), new StsService(core), new LogsService(core), service])
    core.register(each);
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  await core.send(
    new iam.CreateRoleCommand({
      RoleName: 'function',
      AssumeRolePolicyDocument: JSON.stringify({ Statement: trust }),
    }),
  );
  await core.send(
    new iam.PutRolePolicyCommand({
      RoleName: 'function',
      PolicyName: 'P',
      PolicyDocument: JSON.stringify({
        Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }, ...statements],
      }),
    }),
  );
  return { core, service };
}

export function createFunction(
  core: Core,
  files: Readonly<Record<string, string>>,
  more: Partial<lambda.CreateFunctionCommandInput> = {},
) {
  const archive = Object.entries(files).map(([path, text]) => [path, strToU8(text)]);
  return core.send(
    new lambda.CreateFunctionCommand({
      FunctionName: 'F',
      Runtime: 'nodejs20.x',
      Role: core.arn('iam', 'role/function'),
      Handler: 'index.handler',
      Code: { ZipFile: zipSync(Object.fromEntries(archive)) },
      ...more,
    }),
  );
}

/** Invokes a function, and returns what it answered. */
export async function invoke(core: Core, event: unknown, name = 'F') {
  const { Payload, FunctionError } = await core.send(
    new lambda.InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload ?? []).toString()) };
}
