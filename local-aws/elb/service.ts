import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import type { Operations, Service } from '../core/service';
import type { MachineDriver } from '../machines/driver';
import type { KeyPair } from './certificates';
import { Forwarding } from './forwarding';
import { listenerOperations } from './listeners';
import { loadBalancerOperations } from './load-balancers';
import { byDelay, metricsOfMinute, publish } from './metrics';
import { elbResources } from './resources';
import { ElbState } from './state';
import { tagOperations } from './tags';
import { targetGroupOperations } from './target-groups';
import { ELB_TIMING, type ElbTiming } from './timing';
import { Traffic } from './traffic';
import { Visitors } from './visitors';

export interface ElbOptions {
  /** Whether load balancers really listen and pass requests on; not in virtual time. @default false */
  readonly forward?: boolean;
  /** Visitors a minute to each listener, in modelled time, where none forwards. @default none */
  readonly visitorsPerMinute?: number;
  readonly timing?: Partial<ElbTiming>;
}

/** Elastic Load Balancing: application load balancers that check their targets' health and carry HTTP to them. */
export class ElbService implements Service {
  readonly signingName = 'elasticloadbalancing';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes = elbResources;
  private readonly state: ElbState;
  private readonly traffic = new Traffic();
  private readonly timing: ElbTiming;
  private readonly forwarding: Forwarding;
  private readonly visitors?: Visitors;
  private publication: Timer;
  /** Metrics that are on their way. */
  private readonly late = new Set<Timer>();
  private closed = false;

  constructor(core: Core, machines: MachineDriver, options: ElbOptions = {}) {
    this.timing = { ...ELB_TIMING, ...options.timing };
    this.state = new ElbState(core);
    this.forwarding = new Forwarding(this.state, machines, this.traffic, options.forward ?? false);
    this.operations = {
      ...loadBalancerOperations(this.state, this.forwarding, this.timing),
      ...targetGroupOperations(this.state, machines, this.timing),
      ...listenerOperations(this.state, this.forwarding),
      ...tagOperations(this.state),
    };
    if (options.visitorsPerMinute !== undefined)
      this.visitors = new Visitors(this.state, machines, this.traffic, options.visitorsPerMinute);
    this.publication = this.nextPublication();
  }

  /** What HTTPS is served with. */
  keyPair(): Promise<KeyPair> {
    return this.forwarding.keyPair();
  }

  /** The port of this computer at which a load balancer's port is reached. */
  realPort(loadBalancerArn: string, port: number): number {
    return this.forwarding.realPort(loadBalancerArn, port);
  }

  tagsOf(arn: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.state.tags.get(arn) ?? []);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.publication.cancel();
    this.visitors?.close();
    for (const timer of this.late) timer.cancel();
    for (const { targets } of this.state.targetGroups.values()) targets.close();
    await this.forwarding.closeAll();
  }

  /** At the end of every modelled minute, the next one only after the last was published. */
  private nextPublication(): Timer {
    const { clock } = this.state.core;
    const { metricsMs } = this.timing;
    return clock.after(metricsMs - (clock.now() % metricsMs), async () => {
      await this.publishMinute(clock.now() - metricsMs);
      if (!this.closed) this.publication = this.nextPublication();
    });
  }

  /** Metrics arrive some time after their minute, each by itself. */
  private async publishMinute(from: number): Promise<void> {
    const { core } = this.state;
    const data = metricsOfMinute(this.state, this.traffic, new Date(from));
    // Some tests have no CloudWatch beside it.
    if (!core.service('monitoring')) return;
    for (const [delayMs, some] of byDelay(data, () => core.variations.metricsDelayMs())) {
      if (delayMs === 0) {
        await publish(core, some);
        continue;
      }
      const timer = core.clock.after(delayMs, () => {
        this.late.delete(timer);
        void publish(core, some);
      });
      this.late.add(timer);
    }
  }
}
