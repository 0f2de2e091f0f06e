import { BALANCER_OUTPUTS, balancer, NETWORK } from './parts';
import type { Probe } from './probe';

/** So many answers in a row from the new action count as "everywhere". */
const IN_A_ROW = 20;

/** How long a listener's changed action takes to be in force on every node of its load balancer. */
export const listenerChange: Probe = {
  id: 'listener-change',
  question: 'How long after ModifyListener does the old action still answer?',
  usd: 0.03,
  minutes: 15,
  ranges: { inForceSeconds: [0, 120] },
  async run(lab) {
    const answer = (text: string) => ({
      Type: 'fixed-response',
      FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: text },
    });
    const { outputs } = await lab.create(
      { ...NETWORK, ...balancer(answer('before')) },
      { ...BALANCER_OUTPUTS, Listener: { Ref: 'Listener' } },
    );
    const ask = async () => (await fetch(`http://${outputs.Address}`)).text();
    await lab.until(ask, (text) => text === 'before', 300, 2);
    lab.say('a changed action, asked for again and again');
    await lab.clients.elb.modifyListener({
      ListenerArn: outputs.Listener,
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: 'after' },
        },
      ],
    });
    const began = lab.time.now();
    let lastOld = began;
    let inARow = 0;
    await lab.until(
      async () => {
        const isNew = (await ask()) === 'after';
        if (!isNew) lastOld = lab.time.now();
        inARow = isNew ? inARow + 1 : 0;
        return inARow;
      },
      (count) => count >= IN_A_ROW,
      600,
      0.5,
    );
    return { facts: {}, figures: { inForceSeconds: Math.round((lastOld - began) / 1_000) } };
  },
};
