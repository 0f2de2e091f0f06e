import type { AnnouncedCall, Disturbance, Occurrences } from '../../local-aws/core/fault-injection';
import { internalError, throttling } from '../../local-aws/core/fault-injection';
import type { Random } from '../../local-aws/core/random';
import type { Trace } from './trace';

/** How often what goes wrong: chances from 0 to 1. */
export interface Weather {
  /** A function dies at a call, before or after the call's effect. */
  readonly deaths: number;
  /** A function whose every run dies, by name: `rollout`. */
  readonly hopeless?: string;
  /** A step is carried out twice, one run after the other or both at the same time. */
  readonly doubledSteps: number;
  /** A call is refused as one too many. */
  readonly throttled: number;
  /** A service fails itself. */
  readonly internal: number;
  /** A call is lost on its way there or on its way back. */
  readonly lost: number;
  /** An event of EventBridge is lost, comes twice, or late. */
  readonly lostEvents: number;
  readonly doubledEvents: number;
  readonly lateEvents: number;
  /** An asynchronous invocation is carried out twice, or late. */
  readonly doubledInvocations: number;
  /** A launch is refused. */
  readonly refusedLaunches: number;
}

export const CALM: Weather = {
  deaths: 0,
  doubledSteps: 0,
  throttled: 0,
  internal: 0,
  lost: 0,
  lostEvents: 0,
  doubledEvents: 0,
  lateEvents: 0,
  doubledInvocations: 0,
  refusedLaunches: 0,
};

const RATES: readonly (readonly [keyof Weather, low: number, high: number])[] = [
  ['deaths', 0.01, 0.12],
  ['doubledSteps', 0.1, 0.6],
  ['throttled', 0.05, 0.5],
  ['internal', 0.03, 0.3],
  ['lost', 0.03, 0.3],
  ['lostEvents', 0.5, 1],
  ['doubledEvents', 0.5, 1],
  ['lateEvents', 0.5, 1],
  ['doubledInvocations', 0.3, 1],
  ['refusedLaunches', 0.1, 0.8],
];

const FUNCTIONS = ['rollout', 'verification', 'release', 'answer', 'entry'] as const;

/** Weather for a while: two in five times calm, otherwise one to four things go wrong. */
export function drawWeather(random: Random): Weather {
  if (random.chance(0.4)) return CALM;
  const drawn: Record<string, unknown> = { ...CALM };
  for (let count = random.whole(1, 4); count > 0; count--) {
    const [kind, low, high] = random.pick(RATES);
    drawn[kind] = low + random.next() * (high - low);
  }
  if (random.chance(0.04)) drawn.hopeless = random.pick(FUNCTIONS);
  return drawn as unknown as Weather;
}

/** In which moment of a call a function dies. */
export type Fate = 'before' | 'after' | undefined;

/** Runs in succession that may die: the state machine has six attempts, an asynchronous invocation three. */
const MOST_DEATHS: Readonly<Record<string, number>> = { entry: 2, answer: 2 };

/** Decides what goes wrong, by the weather and by chance, and counts what did. */
export class Faults {
  weather: Weather = CALM;
  /** How often what struck. */
  readonly struck = new Map<string, number>();
  /** Whether something happened that can keep CloudFormation from getting an answer at all. */
  netsTorn = false;
  private readonly deaths = new Map<string, number>();

  constructor(
    private readonly random: Random,
    private readonly trace: Trace,
  ) {}

  count(kind: string): void {
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
  }

  strike(kind: string, what: string): void {
    this.count(kind);
    this.trace.add('FAULT', what);
  }

  /** @param key which run it is: function and request */
  fateOf(name: string, key: string, operation: string): Fate {
    const { deaths, hopeless } = this.weather;
    const dies = this.random.chance(hopeless === name ? 0.7 : deaths);
    if (!dies) return undefined;
    const count = (this.deaths.get(key) ?? 0) + 1;
    if (hopeless !== name && count > (MOST_DEATHS[name] ?? 4)) return undefined;
    this.deaths.set(key, count);
    if (hopeless === name && (name === 'entry' || name === 'answer')) this.netsTorn = true;
    const fate = this.random.chance(0.5) ? 'before' : 'after';
    this.strike(
      hopeless === name ? 'functions that always die' : 'deaths of functions',
      `${name} dies ${fate} ${operation}`,
    );
    return fate;
  }

  /** A run has come to its end: deaths in succession are counted anew. */
  survived(key: string): void {
    this.deaths.delete(key);
  }

  readonly call = ({ service, operation, principal }: AnnouncedCall): Disturbance | undefined => {
    const { weather, random } = this;
    if (weather === CALM || principal.kind !== 'role') return undefined;
    const { throttled, internal, lost } = weather;
    const chance = random.next();
    const what = `${service}:${operation}`;
    if (chance < throttled) {
      this.strike('throttled calls', `${what} is throttled`);
      return { before: throttling(service) };
    }
    if (chance < throttled + internal) {
      const isAfter = random.chance(0.3);
      this.strike(
        'internal errors',
        `${what} fails with an internal error${isAfter ? ', after its effect' : ''}`,
      );
      return isAfter ? { after: internalError(service) } : { before: internalError(service) };
    }
    if (chance < throttled + internal + lost) {
      const isAfter = random.chance(0.5);
      this.strike('lost calls', `${what}: the ${isAfter ? 'answer' : 'request'} is lost`);
      return isAfter ? { after: 'lost' } : { before: 'lost' };
    }
    return undefined;
  };

  readonly delivery = ({ rule }: { readonly rule: string }): Occurrences => {
    const { weather, random } = this;
    const { lostEvents, doubledEvents, lateEvents } = weather;
    if (random.chance(lostEvents)) {
      this.netsTorn = true;
      this.strike('lost events', `an event for ${rule} is lost`);
      return [];
    }
    const late = random.chance(lateEvents) ? random.whole(5, 120) * 1000 : 0;
    if (late) this.strike('late events', `an event for ${rule} is ${late / 1000} s late`);
    if (!random.chance(doubledEvents)) return [late];
    this.strike('doubled events', `an event for ${rule} comes twice`);
    return [late, random.whole(0, 60) * 1000];
  };

  readonly invocation = ({ functionName }: { readonly functionName: string }): Occurrences => {
    const { weather, random } = this;
    if (!random.chance(weather.doubledInvocations)) return [0];
    this.strike('doubled invocations', `${functionName} is invoked twice`);
    return [0, random.pick([0, 1, 30, 300]) * 1000];
  };

  /** Whether a step is to be carried out twice, and how. */
  doubling(name: string): 'in turn' | 'at once' | undefined {
    if (!this.random.chance(this.weather.doubledSteps)) return undefined;
    const how = this.random.chance(0.5) ? 'in turn' : 'at once';
    this.strike('doubled steps', `${name} runs twice, ${how}`);
    return how;
  }

  refusesLaunch(): boolean {
    if (!this.random.chance(this.weather.refusedLaunches)) return false;
    this.strike('refused launches', 'a launch is refused');
    return true;
  }
}
