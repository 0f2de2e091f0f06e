import type { Invocation, Outcome } from './function-process';
import type { FunctionRecord } from './functions';

/** Lets modelled time pass while a function waits; an invocation holds the clock otherwise. */
export type Pause = (ms: number) => Promise<void>;

/** A function's code, run in this process. */
export type InProcess = (functionName: string, event: unknown, pause: Pause) => Promise<unknown>;

/** Runs functions. */
export interface Runner {
  /** @param pause none where somebody waits for the answer, and holds the clock until then */
  run(record: FunctionRecord, invocation: Invocation, pause?: Pause): Promise<Outcome>;
  /** Process ids of a function's processes; none where functions do not run in processes. */
  processes(functionName: string): number[];
  /** Lets go of what runs a function's earlier code or configuration, as soon as it has nothing to do. */
  retire(functionName: string): void;
  close(): Promise<void>;
}

/** Runs handlers in this process, for tests in virtual time: `handle` stands for the function's code. */
export function inProcessRunner(handle: InProcess): Runner {
  return {
    async run(record, { event }, pause = cannotPause) {
      try {
        const result = await handle(record.name, JSON.parse(event), pause);
        return { failed: false, payload: JSON.stringify(result) ?? 'null' };
      } catch (error) {
        const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
        const trace = (stack ?? '').split('\n');
        return {
          failed: true,
          payload: JSON.stringify({ errorType: name, errorMessage: message, trace }),
        };
      }
    },
    processes: () => [],
    retire: () => undefined,
    close: async () => undefined,
  };
}

async function cannotPause(): Promise<never> {
  throw new Error('A function that somebody waits for cannot let modelled time pass.');
}
