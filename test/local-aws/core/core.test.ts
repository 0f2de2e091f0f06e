import * as ec2 from '@aws-sdk/client-ec2';
import * as ssm from '@aws-sdk/client-ssm';
import { VirtualClock } from '../../../local-aws/core/clock';
import { type CallRecord, Core } from '../../../local-aws/core/core';
import { Fault } from '../../../local-aws/core/fault';
import type { Operations } from '../../../local-aws/core/service';

function coreWith(run: (input: ssm.GetParameterCommandInput) => object) {
  const calls: CallRecord[] = [];
  const core = new Core({ clock: new VirtualClock(), onCall: (record) => calls.push(record) });
  const operations: Operations<typeof ssm> = {
    GetParameter: {
      accepts: { Name: true },
      run,
      resources: (input, { core }) => [core.arn('ssm', `parameter/${input.Name}`)],
    },
  };
  core.register({ signingName: 'ssm', sdk: ssm, operations });
  return { core, calls };
}

test('an SDK command finds its service and operation', async () => {
  const { core } = coreWith(({ Name }) => ({ Parameter: { Name, Value: 'v' } }));
  const { Parameter } = await core.send(new ssm.GetParameterCommand({ Name: 'p' }));
  expect(Parameter).toEqual({ Name: 'p', Value: 'v' });
});

test('what a call returns is a copy: changing it changes nothing in the service', async () => {
  const state = { Parameter: { Value: 'kept' } };
  const { core } = coreWith(() => state);
  const answer = await core.send(new ssm.GetParameterCommand({ Name: 'p' }));
  (answer.Parameter as { Value: string }).Value = 'changed';
  expect(state.Parameter.Value).toBe('kept');
});

test('an operation that is not served gets a clear error and stands in the log', async () => {
  const { core, calls } = coreWith(() => ({}));
  await expect(core.send(new ssm.PutParameterCommand({ Name: 'p', Value: 'v' }))).rejects.toThrow(
    'The local AWS does not serve ssm:PutParameter.',
  );
  expect(calls).toMatchObject([{ operation: 'PutParameter', fault: 'NotImplemented' }]);
});

test('permission is asked for before the operation runs, on the resource that it names', async () => {
  const run = jest.fn(() => ({}));
  const { core } = coreWith(run);
  core.authorizer = (_principal, action, resource) => {
    throw new Fault('AccessDeniedException', `${action} on ${resource}`, 403);
  };
  await expect(core.send(new ssm.GetParameterCommand({ Name: 'p' }))).rejects.toThrow(
    'ssm:GetParameter on arn:aws:ssm:eu-central-1:000000000000:parameter/p',
  );
  expect(run).not.toHaveBeenCalled();
});

test('a member that the operation does not declare is refused by its name, in the words of the service', async () => {
  const run = jest.fn(() => ({}));
  const { core, calls } = coreWith(run);
  await expect(
    core.send(new ssm.GetParameterCommand({ Name: 'p', WithDecryption: true })),
  ).rejects.toMatchObject({
    code: 'ValidationException',
    message: 'GetParameter: WithDecryption is not served by the local AWS.',
  });
  expect(run).not.toHaveBeenCalled();
  expect(calls).toMatchObject([{ operation: 'GetParameter', fault: 'ValidationException' }]);
});

test('DryRun asks for the permissions and does nothing', async () => {
  const run = jest.fn(() => ({}));
  const core = new Core({ clock: new VirtualClock() });
  const operations: Operations<typeof ec2> = { CreateVpc: { accepts: { CidrBlock: true }, run } };
  core.register({ signingName: 'ec2', sdk: ec2, hasDryRun: true, operations });
  const tried = () => core.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16', DryRun: true }));
  await expect(tried()).rejects.toMatchObject({ code: 'DryRunOperation', status: 412 });
  core.authorizer = () => {
    throw new Fault('UnauthorizedOperation', 'no', 403);
  };
  await expect(tried()).rejects.toMatchObject({ code: 'UnauthorizedOperation' });
  expect(run).not.toHaveBeenCalled();
});
