import type { Timer } from '../core/clock';
import { holding } from '../core/clock';
import type { MachineDriver } from '../machines/driver';
import { chooseByWeight, ruleFor } from './routing';
import { type ElbState, type ListenerRecord, targetGroupsOf } from './state';
import type { Traffic } from './traffic';

/** How often visitors come, in modelled time. */
const EVERY_MS = 10_000;
/** Turns that spread evenly over all weights: multiples of the golden ratio. */
const GOLDEN = 0.618_033_988_749_895;
/** As a load balancer waits for an answer, unless it is set otherwise. */
const TIMEOUT_MS = 60_000;
const VISIT = { method: 'GET', host: 'localhost', url: '/', headers: {} } as const;

/** Visitors in modelled time, where no load balancer listens: they are counted as forwarded requests are. */
export class Visitors {
  private timer: Timer;
  private isClosed = false;
  private visits = 0;

  constructor(
    private readonly state: ElbState,
    private readonly machines: MachineDriver,
    private readonly traffic: Traffic,
    private readonly perMinute: number,
  ) {
    this.timer = this.next();
  }

  close(): void {
    this.isClosed = true;
    this.timer.cancel();
  }

  private next(): Timer {
    const { clock } = this.state.core;
    return clock.after(EVERY_MS, async () => {
      await holding(clock, () => this.comeToAll());
      if (!this.isClosed) this.timer = this.next();
    });
  }

  private async comeToAll(): Promise<void> {
    const count = (this.perMinute * EVERY_MS) / 60_000;
    for (const listener of this.state.listeners.values()) {
      const [action] = ruleFor(listener.rules, VISIT)?.actions.slice(-1) ?? [];
      if (action?.Type !== 'forward') continue;
      for (let visit = 0; visit < count; visit++) {
        this.visits++;
        await this.visit(listener, chooseByWeight(targetGroupsOf([action]), (this.visits * GOLDEN) % 1));
      }
    }
  }

  private async visit({ loadBalancerArn }: ListenerRecord, targetGroupArn = ''): Promise<void> {
    const { traffic } = this;
    traffic.request(loadBalancerArn, targetGroupArn || undefined);
    const target = this.state.targetGroups.get(targetGroupArn)?.targets.next();
    if (!target) return traffic.failed(loadBalancerArn, 503);
    const probe = await this.machines.probe(target.id, target.port, VISIT.url, TIMEOUT_MS);
    if ('status' in probe) traffic.answered(loadBalancerArn, targetGroupArn, probe.status, 0);
    else traffic.failed(loadBalancerArn, probe.timedOut ? 504 : 502);
  }
}
