import type { Round } from '../custom-resource/step';
import type { RolloutClients } from './clients';
import type { Gate } from './gates';
import type { Alarm } from './observe';
import type { RolloutSpec } from './properties';
import { isQuietAlarm } from './statuses';

/** Whether the checks of a gate hold, and if not, why. */
export interface Check {
  readonly holds: boolean;
  readonly reason: string;
}

/** What a gate's function is asked. */
export interface GateQuestion {
  readonly groupName: string;
  readonly release: string;
  readonly percentage: number;
}

/**
 * Whether all alarms are OK and the gate's function, if there is one, says yes: it answers
 * `{"pass": true}`, or `{"pass": false, "reason": "…"}`. A function that fails has not said yes.
 */
export async function checkGate(
  round: Round<RolloutSpec>,
  gate: Gate,
  alarms: readonly Alarm[],
  functions: RolloutClients['functions'],
): Promise<Check> {
  const firing = alarms.find(({ state }) => !isQuietAlarm(state));
  if (firing) return { holds: false, reason: `alarm ${firing.name} is in ${firing.state}` };
  const { gateFunctionArn, groupName, release } = round.spec;
  if (!gateFunctionArn) return { holds: true, reason: '' };
  const question: GateQuestion = { groupName, release, percentage: gate.percentage };
  const { FunctionError, Payload } = await functions.invoke({
    FunctionName: gateFunctionArn,
    Payload: Buffer.from(JSON.stringify(question)),
  });
  const text = Payload ? Buffer.from(Payload).toString('utf8') : '';
  if (FunctionError) return { holds: false, reason: `${gateFunctionArn} failed: ${text}` };
  return answerOf(gateFunctionArn, text);
}

function answerOf(functionArn: string, text: string): Check {
  try {
    const { pass, reason } = JSON.parse(text) as { pass?: unknown; reason?: unknown };
    if (pass === true) return { holds: true, reason: '' };
    if (pass === false) return { holds: false, reason: typeof reason === 'string' ? reason : 'it said no' };
  } catch {
    // Told below, with what was found.
  }
  return {
    holds: false,
    reason: `${functionArn} is to answer {"pass": true} or {"pass": false, "reason": "…"}; found ${text || 'nothing'}`,
  };
}
