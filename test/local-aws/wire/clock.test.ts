import * as ssmSdk from '@aws-sdk/client-ssm';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { VirtualClock } from '../../../local-aws/core/clock';
import { clientConfig } from '../../../local-aws/wire/in-process';
import { fake } from './fake';

test('a client’s call costs no modelled time, whatever else goes on', async () => {
  const { core } = fake('ssm', ssmSdk, { GetParameter: { Parameter: { Value: 'v' } } });
  const clock = core.clock as VirtualClock;
  const start = clock.now();
  const tick = () => {
    clock.after(1000, tick);
  };
  tick();
  const client = new SSMClient(clientConfig(core));
  const { Parameter } = await clock.runUntil(client.send(new GetParameterCommand({ Name: 'x' })));
  expect([Parameter?.Value, clock.now() - start]).toEqual(['v', 0]);
});
