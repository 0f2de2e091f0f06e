import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Core } from '../core/core';
import { validationError } from './faults';
import { isObject } from './references';

const REFERENCE = /\{\{resolve:([^:}]+):([^}]+)\}\}/g;

/**
 * Carries out the dynamic references `{{resolve:ssm:NAME}}` and `{{resolve:ssm:NAME:VERSION}}`, as
 * CloudFormation does when it provisions a resource. The text in the template is what is compared for changes.
 * @throws Fault ValidationError for the kinds that the local AWS does not have
 */
export async function resolveDynamicReferences(value: unknown, core: Core): Promise<unknown> {
  if (typeof value === 'string') return resolveText(value, core);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveDynamicReferences(item, core)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, member]) => [key, await resolveDynamicReferences(member, core)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveText(text: string, core: Core): Promise<string> {
  let resolved = text;
  for (const [whole, kind, name] of text.matchAll(REFERENCE)) {
    if (kind !== 'ssm')
      throw validationError(`The local AWS resolves {{resolve:ssm:…}} only; found ${whole}.`);
    const { Parameter: parameter } = await core.send(new GetParameterCommand({ Name: name }));
    resolved = resolved.replace(whole, () => parameter?.Value ?? '');
  }
  return resolved;
}
