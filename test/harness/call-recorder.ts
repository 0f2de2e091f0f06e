import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRecord, Exchange } from '../../local-aws/core/core';
import type { Service } from '../../local-aws/core/service';
import { awsJson } from '../../local-aws/wire/json';
import { type ServiceModel, ServiceModels } from '../../local-aws/wire/model';
import type { Protocol } from '../../local-aws/wire/protocol';
import { awsQuery, ec2Query } from '../../local-aws/wire/query';
import { restJson, restXml } from '../../local-aws/wire/rest';

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  awsJson1_0: awsJson,
  awsJson1_1: awsJson,
  awsQuery,
  ec2Query,
  restJson1: restJson,
  restXml,
};
const MODELS = new ServiceModels();
/** Calls between two counts that are written: so many at most are missing at the end. */
const COUNT_EVERY = 50;

/**
 * Writes calls and their answers, as the wire has them, for `test/outside/validate_calls.py`: one line for each
 * call of another form than those before, and how many there were in all. Calls of the services among
 * themselves are left out.
 * @param services of the local AWS whose calls they are, by signing name
 * @returns undefined when the environment names no folder for them, `RECORD_CALLS`
 */
export function callRecorder(
  services: () => (signingName: string) => Service | undefined,
): ((record: CallRecord, exchange?: Exchange) => void) | undefined {
  const folder = process.env.RECORD_CALLS;
  if (!folder) return undefined;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}.jsonl`);
  const known = new Set<string>();
  let uncounted = 0;
  const line = (value: object) => appendFileSync(file, `${JSON.stringify(value)}\n`);
  const count = () => {
    if (uncounted > 0) line({ calls: uncounted });
    uncounted = 0;
  };
  return ({ service: name, operation, principal, fault }, exchange) => {
    if (!exchange || principal.includes(':role/aws-service-role/')) return;
    uncounted++;
    if (uncounted >= COUNT_EVERY) count();
    const form = `${name} ${operation} ${fault ?? ''} ${formOf(exchange.input)} ${formOf(exchange.output)}`;
    if (known.has(form)) return;
    known.add(form);
    const call = { service: name, operation, input: plainOf(exchange.input), fault };
    const service = services()(name);
    if (!exchange.output || !service) {
      line(call);
      return;
    }
    const output = plainOf(exchange.output);
    // A stream can be read once, by the caller.
    if (Object.values(exchange.output).some(isStream)) {
      line({ ...call, output });
      return;
    }
    // Synchronously as far as may be: the answer may be a part of the service's state, which changes.
    const answer = answerOf(MODELS.of(service), operation, exchange.output);
    void answer.then(({ status, headers, body }) =>
      line({
        ...call,
        output,
        answer: { status, headers, body: Buffer.from(body).toString('base64') },
      }),
    );
  };
}

async function answerOf(model: ServiceModel, operation: string, output: object) {
  return PROTOCOLS[model.protocol]!.write(output, model.operations.get(operation)!, model, 'request-id');
}

/** A copy as JSON has it, with bytes and streams marked, which JSON does not know. */
function plainOf(value: object): object {
  return JSON.parse(JSON.stringify(value, plain)) as object;
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  return isStream(value) ? { $stream: true } : value;
}

function isStream(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'pipe' in value;
}

/** What a message looks like, whatever its ids, numbers and times are, and however many items its lists have. */
function formOf(value: unknown): string {
  if (typeof value === 'string') return value.length > 26 || /\d/.test(value) ? '#' : value;
  if (typeof value !== 'object' || value === null) return typeof value;
  if (Array.isArray(value)) return `[${[...new Set(value.map(formOf))].sort().join()}]`;
  const members = Object.entries(value).map(([name, member]) => `${name}:${formOf(member)}`);
  return `{${members.sort().join()}}`;
}
