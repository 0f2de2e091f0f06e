import type { Stack } from '@aws-sdk/client-cloudformation';
import { ConfigurationError, didYouMean, quoted } from '../configuration-error';
import { isStackBusy } from '../custom-resource/stack-status';
import { codeOf } from '../rollout/clients';
import type { OperatorClients } from './clients';

/** A fleet, as its stack tells of it. */
export interface DeployedFleet {
  readonly stackName: string;
  readonly stackId: string;
  readonly stackStatus: string;
  /** Values of the stack's parameters. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Auto Scaling group, and the fleet's name in the ledger. */
  readonly groupName: string;
  readonly launchTemplateId: string;
  readonly url: string;
  readonly ledgerTable: string;
}

type Clients = Pick<OperatorClients, 'cloudFormation'>;

/** Finds a stack's fleet. @throws ConfigurationError naming the stacks that have one */
export async function findFleet(clients: Clients, stackName: string, region: string): Promise<DeployedFleet> {
  const stack = await readStack(clients, stackName);
  if (!stack)
    throw await noSuchFleet(clients, `There is no stack ${quoted(stackName)} in ${region}`, stackName);
  const outputs = new Map(
    (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const name = stack.StackName ?? stackName;
  const groupName = outputs.get('GroupName');
  if (!groupName) {
    const status = stack.StackStatus ?? '';
    if (isStackBusy(status))
      throw new ConfigurationError(
        `The stack ${quoted(name)} is ${status}, and tells of no fleet yet: wait for the end of that deployment.`,
      );
    throw await noSuchFleet(
      clients,
      `The stack ${quoted(name)} has no fleet (it is ${status}, and has no output GroupName)`,
      name,
    );
  }
  const output = (key: string): string => {
    const value = outputs.get(key);
    if (value) return value;
    throw new ConfigurationError(
      `The stack ${quoted(name)} has no output ${key}: deploy it anew, with "npx cdk deploy ${name}".`,
    );
  };
  return {
    stackName: name,
    stackId: stack.StackId ?? '',
    stackStatus: stack.StackStatus ?? '',
    parameters: parametersOf(stack),
    groupName,
    launchTemplateId: output('LaunchTemplateId'),
    url: output('Url'),
    ledgerTable: output('LedgerTable'),
  };
}

/** Values of a stack's parameters. */
export function parametersOf(stack: Stack | undefined): ReadonlyMap<string, string> {
  return new Map(
    (stack?.Parameters ?? []).map(({ ParameterKey, ParameterValue }) => [
      ParameterKey ?? '',
      ParameterValue ?? '',
    ]),
  );
}

/** A stack as it is now; undefined when there is none of that name. */
export async function readStack(clients: Clients, stackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await clients.cloudFormation.describeStacks({ StackName: stackName });
    return Stacks?.[0];
  } catch (error) {
    // CloudFormation has no code of its own for a stack that is not there, nor for a name that none can have.
    if (codeOf(error) === 'ValidationError' && /does not exist|constraint/i.test((error as Error).message))
      return undefined;
    throw error;
  }
}

async function noSuchFleet(clients: Clients, what: string, stackName: string): Promise<ConfigurationError> {
  const names = await stacksWithFleet(clients);
  if (names.length === 0)
    return new ConfigurationError(
      `${what}, and no other stack there has one: deploy one, or name another --region.`,
    );
  return new ConfigurationError(
    `${what}${didYouMean(stackName, names)}; with a fleet there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}.`,
  );
}

async function stacksWithFleet(clients: Clients): Promise<readonly string[]> {
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await clients.cloudFormation.describeStacks({ NextToken });
    for (const { StackName, Outputs } of page.Stacks ?? [])
      if (StackName && Outputs?.some(({ OutputKey }) => OutputKey === 'GroupName')) names.push(StackName);
    NextToken = page.NextToken;
  } while (NextToken);
  return names.sort();
}
