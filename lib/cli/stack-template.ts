/** What a stack's template says. */
import { ConfigurationError, quoted } from '../configuration-error';
import type { FleetContext } from './on-fleet';

interface Resource {
  readonly Type?: unknown;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** Digest of the release that the stack's template names. @throws ConfigurationError when it names none */
export async function templateDigest(context: FleetContext): Promise<string> {
  const { fleet } = context;
  for (const { Type, Properties } of await readResources(context)) {
    const digest = Type === 'Custom::Rollout' ? Properties?.ReleaseDigest : undefined;
    if (typeof digest === 'string') return digest;
  }
  throw new ConfigurationError(
    `The template of the stack ${quoted(fleet.stackName)} has no Custom::Rollout with a ReleaseDigest: deploy it anew, with "npx cdk deploy ${fleet.stackName}".`,
  );
}

/** Whether the stack's template has a resource of a type. */
export async function templateHas(context: FleetContext, resourceType: string): Promise<boolean> {
  return (await readResources(context)).some(({ Type }) => Type === resourceType);
}

async function readResources({ clients, fleet }: FleetContext): Promise<readonly Resource[]> {
  const { TemplateBody = '' } = await clients.cloudFormation.getTemplate({
    StackName: fleet.stackId,
    TemplateStage: 'Original',
  });
  try {
    const { Resources } = JSON.parse(TemplateBody) as { Resources?: Readonly<Record<string, Resource>> };
    return Object.values(Resources ?? {});
  } catch (error) {
    // Not the CDK's: that is JSON.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
