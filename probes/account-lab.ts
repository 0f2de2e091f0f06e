import { setTimeout } from 'node:timers/promises';
import { STS } from '@aws-sdk/client-sts';
import { ConfigurationError } from '../lib/configuration-error';
import { clientsOf, Lab } from './lab';
import { stackName } from './local-lab';

/** The account that a person's own credentials open. */
export interface Account {
  readonly id: string;
  readonly region: string;
  /** Who asks. */
  readonly arn: string;
}

const NEEDS =
  'npm run probe needs credentials of an AWS account and a region, such as AWS_PROFILE and AWS_REGION; "npm run probe -- --local" needs neither.';

/**
 * Looks whose credentials there are.
 * @throws ConfigurationError in one sentence, when there are none, no region, or they are for a local AWS
 */
export async function findAccount(environment: NodeJS.ProcessEnv): Promise<Account> {
  if (environment.AWS_ENDPOINT_URL)
    throw new ConfigurationError(
      `AWS_ENDPOINT_URL is ${environment.AWS_ENDPOINT_URL}, but probes ask a real account; unset it, or use "npm run probe -- --local".`,
    );
  const sts = new STS({});
  try {
    const region = await sts.config.region();
    const { Account, Arn } = await sts.getCallerIdentity({});
    return { id: Account!, region, arn: Arn! };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isAbsent = /CredentialsProviderError/.test(error.name) || /Region is missing/.test(error.message);
    throw new ConfigurationError(isAbsent ? NEEDS : `${NEEDS} AWS refused those found: ${error.message}`);
  }
}

/** A lab on a real account. */
export function accountLab({ region }: Account, probeId: string, say: (message: string) => void): Lab {
  const time = { now: () => Date.now(), wait: (seconds: number) => setTimeout(seconds * 1_000) };
  // Throttling is common where several stacks are looked at side by side.
  const configuration = { region, maxAttempts: 10 };
  return new Lab(clientsOf(configuration), time, stackName(probeId), say, (credentials) => ({
    ...configuration,
    credentials,
  }));
}
