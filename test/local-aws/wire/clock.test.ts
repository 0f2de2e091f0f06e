import * as ssmSdk from '@aws-sdk/client-ssm';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { holding, type VirtualClock } from '../../../local-aws/core/clock';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { fake } from './fake';

test('a client’s call that holds the clock costs no modelled time, whatever else goes on', async () => {
  const { core } = fake('ssm', ssmSdk, { GetParameter: { Parameter: { Value: 'v' } } });
  const clock = core.clock as VirtualClock;
  const start = clock.now();
  const tick = () => {
    clock.after(1000, tick);
  };
  tick();
  const client = new SSMClient(clientConfig(core));
  // Before its request a client reads configuration files, which no handler can hold the clock for.
  const call = holding(clock, () => client.send(new GetParameterCommand({ Name: 'x' })));
  const { Parameter } = await clock.runUntil(call);
  expect([Parameter?.Value, clock.now() - start]).toEqual(['v', 0]);
});
