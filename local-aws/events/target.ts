import type { InputTransformer, Target } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { findPath, parsePath } from '../stepfunctions/json-path';

/** What a rule is known by to its targets. */
export interface RuleName {
  readonly name: string;
  readonly arn: string;
}

/** @throws Fault ValidationException when a target is of a kind that is not served, or its paths are not read */
export function checkTarget(target: Target): void {
  const given = [target.Input, target.InputPath, target.InputTransformer].filter((one) => one !== undefined);
  if (given.length > 1)
    throw invalid(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${target.Id}.`,
    );
  if (!/^arn:aws:lambda:[^:]+:\d{12}:function:[^:]+$/.test(target.Arn ?? ''))
    throw invalid(`The local AWS delivers events to Lambda functions; found the target ${target.Arn}.`);
  const paths = [target.InputPath, ...Object.values(target.InputTransformer?.InputPathsMap ?? {})];
  for (const path of paths) {
    try {
      if (path !== undefined) parsePath(path);
    } catch (error) {
      throw invalid((error as Error).message);
    }
  }
}

/** Hands an event to a target. A function has to let the rule invoke it, by its own policy. */
export async function deliver(core: Core, rule: RuleName, target: Target, event: object): Promise<void> {
  await core.send(
    new InvokeCommand({
      FunctionName: target.Arn,
      InvocationType: 'Event',
      Payload: inputOf(target, rule, event),
    }),
    { kind: 'service', service: 'events.amazonaws.com', arn: rule.arn },
  );
}

/** What a target gets, as JSON text: a constant, a part of the event, a text made of it, or all of it. */
export function inputOf(target: Target, rule: RuleName, event: object): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputTransformer) return transform(target.InputTransformer, rule, event);
  const part = target.InputPath === undefined ? event : findPath(target.InputPath, event);
  return JSON.stringify(part ?? {});
}

/**
 * Fills the placeholders of a template. Inside a quoted string a value is put in as text, elsewhere as JSON.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function transform({ InputPathsMap, InputTemplate = '' }: InputTransformer, rule: RuleName, event: object) {
  const values: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event': event,
    'aws.events.event.json': event,
  };
  for (const [name, path] of Object.entries(InputPathsMap ?? {})) values[name] = findPath(path, event);
  let quoted = false;
  return InputTemplate.replace(/\\.|"|<([\w.-]+)>/gs, (found, name: string | undefined) => {
    if (found === '"') quoted = !quoted;
    if (name === undefined) return found;
    const value = values[name];
    if (!quoted) return JSON.stringify(value ?? null);
    const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

function invalid(message: string): Fault {
  return new Fault('ValidationException', message, 400);
}
