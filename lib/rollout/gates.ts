/**
 * A share of new machines at which a rollout stops. AWS knows checkpoints, which wait for a time; a gate
 * waits until somebody passes it, or until its checks have held for a time.
 */
export interface Gate {
  /** From 1 to 99. */
  readonly percentage: number;
  /** For how long the checks have to hold. @default the gate waits for an operator */
  readonly minutes?: number;
}

/** A refresh waits at a checkpoint for two days at most: longer than any rollout may take. */
export const GATE_DELAY_SECONDS = 172_800;

/** The first gate that is not passed yet. */
export function nextGate(gates: readonly Gate[], passed: number): Gate | undefined {
  return gates.find(({ percentage }) => percentage > passed);
}

/** Whether so many new machines are as many as the gate lets through. */
export function isReached(gate: Gate, desiredCapacity: number, alreadyNew: number): boolean {
  return alreadyNew >= machinesAt(gate, desiredCapacity);
}

function machinesAt({ percentage }: Gate, desiredCapacity: number): number {
  return Math.ceil((desiredCapacity * percentage) / 100);
}

/**
 * Checkpoint of a refresh that is to stop at a gate. A refresh that skips machines counts its
 * percentages among the others; that is how the model in `lib/refresh-model` has it, and AWS does not say.
 * Should AWS count those that it skips as replaced, the refresh stops earlier, never later.
 * @returns undefined when the gate is reached before the refresh starts
 */
export function checkpointFor(gate: Gate, desiredCapacity: number, alreadyNew: number): number | undefined {
  const atGate = machinesAt(gate, desiredCapacity);
  const left = desiredCapacity - alreadyNew;
  if (atGate <= alreadyNew || atGate >= desiredCapacity) return undefined;
  // A checkpoint is reached by the next whole machine: rounded up, it would be one machine too late.
  return Math.max(1, Math.floor((100 * (atGate - alreadyNew)) / left));
}
