import type { DocumentStep } from '../imagebuilder/component-document';
import { ACTIONS, RESTART_EXIT_CODE } from './actions';

/** What comes after an attempt at a step. */
export type Verdict =
  | 'next'
  /** The step failed, which its document ignores. */
  | 'ignored'
  /** The step failed for good; the phase goes on, and fails at its end. */
  | 'failed'
  /** The step failed for good, and the phase with it. */
  | 'abort'
  | 'retry'
  /** Restart the machine; then the next step. */
  | 'restart'
  /** Restart the machine; then the same step again. */
  | 'restart-and-repeat';

/** How often a step may restart its machine: as Systems Manager's agent has it, `CommandRetryLimit`. */
const MOST_RESTARTS = 15;

/**
 * @param attempt number of the attempt, from 1; those that ended in a restart do not count
 * @param restarts how often the step has restarted the machine
 */
export function judge(
  step: DocumentStep,
  attempt: number,
  restarts: number,
  exitCode: number | 'timed out',
): Verdict {
  if (exitCode === 0) return ACTIONS[step.action]?.afterwards === 'restart' ? 'restart' : 'next';
  if (exitCode === RESTART_EXIT_CODE && restarts < MOST_RESTARTS) return 'restart-and-repeat';
  if (attempt < step.maxAttempts) return 'retry';
  switch (step.onFailure) {
    case 'Abort':
      return 'abort';
    case 'Continue':
      return 'failed';
    case 'Ignore':
      return 'ignored';
  }
}
