import type { Observation, Probe } from './probe';
import type { Result } from './run';

/** One answer of a probe, as AWS and the local AWS give it. */
export interface Answer {
  readonly name: string;
  /** As a text, a figure with its unit; undefined where there is no observation. */
  readonly aws?: string;
  readonly local?: string;
  /** False when they differ, or a figure of AWS is outside of what is assumed; undefined without AWS's answer. */
  readonly agrees?: boolean;
}

/** Holds a probe's result on AWS against the one on the local AWS. @param aws undefined when only the local AWS was asked */
export function compare(probe: Probe, local: Result, aws?: Result): readonly Answer[] {
  const names = new Set([...namesOf(local.observation), ...namesOf(aws?.observation)]);
  return [...names].map((name) => {
    const [theirs, ours] = [textOf(aws?.observation, name), textOf(local.observation, name)];
    const answer = { name, aws: theirs, local: ours };
    if (theirs === undefined) return answer;
    const range = probe.ranges?.[name];
    const figure = aws?.observation?.figures?.[name];
    const agrees = range && figure !== undefined ? figure >= range[0] && figure <= range[1] : theirs === ours;
    return { ...answer, agrees };
  });
}

/** A figure's unit is the last word of its name: `delaySeconds`. */
function textOf(observation: Observation | undefined, name: string): string | undefined {
  const figure = observation?.figures?.[name];
  if (figure === undefined) return observation?.facts[name];
  return `${figure} ${/[A-Z][a-z]+$/.exec(name)?.[0].toLowerCase() ?? ''}`.trim();
}

function namesOf(observation: Observation | undefined): readonly string[] {
  return [...Object.keys(observation?.facts ?? {}), ...Object.keys(observation?.figures ?? {})];
}
