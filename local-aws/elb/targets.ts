import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Clock, Timer } from '../core/clock';
import type { MachineDriver, Probe } from '../machines/driver';
import { matches } from './matcher';

/** What a target group says of its health checks; read anew for every check. */
export interface TargetGroupView {
  readonly settings: sdk.TargetGroup;
  readonly deregistrationDelayMs: number;
  /** Whether a listener forwards to the target group. */
  readonly isUsed: boolean;
}

/** An instance's port, as it is registered with a target group. */
export interface Target {
  readonly id: string;
  readonly port: number;
}

interface Registered extends Target {
  health: sdk.TargetHealth;
  passed: number;
  failed: number;
  timer: Timer;
}

/** The targets of one target group, and their health checks on the modelled clock. */
export class Targets {
  private readonly registered = new Map<string, Registered>();
  private turn = 0;

  constructor(
    private readonly clock: Clock,
    private readonly machines: MachineDriver,
    private readonly registrationMs: number,
    private readonly view: () => TargetGroupView,
  ) {}

  /** Registers a target, or one anew that was deregistering; one that is registered stays as it is. */
  register(target: Target): void {
    const known = this.registered.get(keyOf(target));
    if (known && known.health.State !== 'draining') return;
    known?.timer.cancel();
    const registered: Registered = {
      ...target,
      health: {
        State: 'initial',
        Reason: 'Elb.RegistrationInProgress',
        Description: 'Target registration is in progress',
      },
      passed: 0,
      failed: 0,
      timer: { cancel: () => undefined },
    };
    registered.timer = this.clock.after(this.registrationMs, () => void this.check(registered));
    this.registered.set(keyOf(target), registered);
  }

  /** Sends a target no new requests, and forgets it after the deregistration delay. */
  deregister(target: Target): void {
    const known = this.registered.get(keyOf(target));
    if (!known || known.health.State === 'draining') return;
    known.timer.cancel();
    if (!this.view().isUsed) {
      this.registered.delete(keyOf(target));
      return;
    }
    known.health = {
      State: 'draining',
      Reason: 'Target.DeregistrationInProgress',
      Description: 'Target deregistration is in progress',
    };
    known.timer = this.clock.after(this.view().deregistrationDelayMs, () =>
      this.registered.delete(keyOf(target)),
    );
  }

  /** All targets with their health; a target group that no listener forwards to has unused ones. */
  all(): readonly (Target & { readonly health: sdk.TargetHealth })[] {
    const isUsed = this.view().isUsed;
    return [...this.registered.values()].map(({ id, port, health }) => ({
      id,
      port,
      health: isUsed || health.State === 'draining' ? health : NOT_IN_USE,
    }));
  }

  count(state: sdk.TargetHealthStateEnum): number {
    return this.all().filter(({ health }) => health.State === state).length;
  }

  /**
   * The target for the next request, in turn among the healthy ones; when there are none, among the
   * unhealthy ones: a load balancer fails open
   * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
   */
  next(): Target | undefined {
    const all = this.all();
    const inState = (state: sdk.TargetHealthStateEnum) => all.filter(({ health }) => health.State === state);
    const healthy = inState('healthy');
    const among = healthy.length ? healthy : inState('unhealthy');
    return among[this.turn++ % among.length];
  }

  close(): void {
    for (const { timer } of this.registered.values()) timer.cancel();
    this.registered.clear();
  }

  private async check(target: Registered): Promise<void> {
    const { settings, isUsed } = this.view();
    const interval = (settings.HealthCheckIntervalSeconds ?? 30) * 1_000;
    const startedAt = this.clock.now();
    if (isUsed) {
      // A terminated machine is deregistered by itself, as AWS does it.
      if (!this.machines.endpoint(target.id, target.port)) return this.deregister(target);
      const probe = await this.probe(target, settings);
      if (this.registered.get(keyOf(target)) !== target || target.health.State === 'draining') return;
      this.judge(target, probe, settings);
    }
    // A check that took long does not make the next ones pile up behind it.
    const next = Math.max(0, interval - (this.clock.now() - startedAt));
    target.timer = this.clock.after(next, () => void this.check(target));
  }

  private probe(target: Registered, settings: sdk.TargetGroup): Promise<Probe> {
    const port =
      settings.HealthCheckPort === undefined || settings.HealthCheckPort === 'traffic-port'
        ? target.port
        : Number(settings.HealthCheckPort);
    return this.machines
      .probe(
        target.id,
        port,
        settings.HealthCheckPath ?? '/',
        (settings.HealthCheckTimeoutSeconds ?? 5) * 1_000,
      )
      .catch((error: Error) => ({ error: error.message }));
  }

  private judge(target: Registered, probe: Probe, settings: sdk.TargetGroup): void {
    const isPassed = 'status' in probe && matches(settings.Matcher?.HttpCode ?? '200', probe.status);
    target.passed = isPassed ? target.passed + 1 : 0;
    target.failed = isPassed ? 0 : target.failed + 1;
    const state = target.health.State;
    // A new target is healthy after one check that it passes, one that was unhealthy after several.
    const threshold = state === 'initial' ? 1 : (settings.HealthyThresholdCount ?? 5);
    if (isPassed && target.passed >= threshold) target.health = { State: 'healthy' };
    if (!isPassed && (state === 'unhealthy' || target.failed >= (settings.UnhealthyThresholdCount ?? 2)))
      target.health = { State: 'unhealthy', ...failureOf(probe) };
    else if (!isPassed && state === 'initial') target.health = INITIAL_CHECKS;
  }
}

const NOT_IN_USE: sdk.TargetHealth = {
  State: 'unused',
  Reason: 'Target.NotInUse',
  Description: 'Target group is not configured to receive traffic from the load balancer',
};

const INITIAL_CHECKS: sdk.TargetHealth = {
  State: 'initial',
  Reason: 'Elb.InitialHealthChecking',
  Description: 'Initial health checks in progress',
};

function failureOf(probe: Probe): sdk.TargetHealth {
  if ('status' in probe) {
    return {
      Reason: 'Target.ResponseCodeMismatch',
      Description: `Health checks failed with these codes: [${probe.status}]`,
    };
  }
  if (probe.timedOut) return { Reason: 'Target.Timeout', Description: 'Request timed out' };
  return { Reason: 'Target.FailedHealthChecks', Description: 'Health checks failed' };
}

function keyOf({ id, port }: Target): string {
  return `${id}:${port}`;
}
