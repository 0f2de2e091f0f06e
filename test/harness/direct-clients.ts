import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as cloudFormation from '@aws-sdk/client-cloudformation';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import * as loadBalancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as imageBuilder from '@aws-sdk/client-imagebuilder';
import * as kms from '@aws-sdk/client-kms';
import * as lambda from '@aws-sdk/client-lambda';
import * as states from '@aws-sdk/client-sfn';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import type { CommandLike, Core } from '../../local-aws/core/core';
import { Fault } from '../../local-aws/core/fault';
import { ConnectionLost } from '../../local-aws/core/fault-injection';
import type { Principal } from '../../local-aws/core/principal';
import { tokenMembers } from '../../local-aws/core/required';
import type { Service } from '../../local-aws/core/service';
import type { HandlerClients } from './handlers';

/** What stands around each call of a client: it may never come back, when the caller dies in it. */
export type Around = (operation: string, input: object, call: () => Promise<object>) => Promise<object>;

type Sdk = Readonly<Record<string, unknown>>;
type Command = CommandLike<object, object>;

const PACKAGES = {
  autoScaling,
  cloudFormation,
  cloudWatch,
  dynamoDb,
  ec2,
  functions: lambda,
  imageBuilder,
  kms,
  loadBalancing,
  logs,
  parameters: ssm,
  states,
  identity: sts,
} as const satisfies Record<string, Sdk>;

/** Attempts of the SDK's clients, the first included. */
const ATTEMPTS = 3;

const THROTTLED =
  /throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|CallRateLimit|SlowDown/i;

/**
 * Clients that leave the wire out: their calls go to the local AWS as they are, with the SDK's retries and
 * errors. The wire has tests of its own, and takes most of a simulation's time where it is left in.
 */
export function directClients(
  core: Core,
  principal: Principal,
  around: Around = (_, __, call) => call(),
): HandlerClients & { readonly identity: sts.STS } {
  const made = new Map<string, object>();
  return new Proxy(
    {},
    {
      get: (_, name: string) => {
        const sdk: Sdk | undefined = PACKAGES[name as keyof typeof PACKAGES];
        if (!sdk) return undefined;
        const client = made.get(name) ?? directClient(sdk, core, principal, around);
        made.set(name, client);
        return client;
      },
      // Clients are handed on as `{ ...clients, ledger }`.
      ownKeys: () => Object.keys(PACKAGES),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    },
  ) as HandlerClients & { readonly identity: sts.STS };
}

function directClient(sdk: Sdk, core: Core, principal: Principal, around: Around): object {
  const send = (command: Command) => {
    const { schema } = command as { schema?: readonly unknown[] };
    return around(String(schema?.[2]), command.input, () => attempts(sdk, core, principal, command));
  };
  return new Proxy(
    {},
    {
      get: (_, name: string) => {
        if (name === 'send') return send;
        const Command = sdk[`${name[0]!.toUpperCase()}${name.slice(1)}Command`] as
          | (new (
              input: object,
            ) => Command)
          | undefined;
        return Command && ((input: object) => send(new Command(withTokens(sdk, name, input, core))));
      },
    },
  );
}

/** The SDK fills in tokens, by which its own repetitions are known. */
function withTokens(sdk: Sdk, operation: string, input: object, core: Core): object {
  const name = `${operation[0]!.toUpperCase()}${operation.slice(1)}`;
  const missing = tokenMembers({ sdk: sdk as Service['sdk'] }, name).filter(
    (member) => input[member as keyof typeof input] === undefined,
  );
  if (missing.length === 0) return input;
  return { ...input, ...Object.fromEntries(missing.map((member) => [member, core.id('token')])) };
}

async function attempts(sdk: Sdk, core: Core, principal: Principal, command: Command): Promise<object> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await core.send(command, principal);
    } catch (error) {
      if (attempt < ATTEMPTS && isWorthAnother(error)) continue;
      throw error instanceof Fault ? sdkError(sdk, error) : error;
    }
  }
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof Fault) return error.status >= 500 || THROTTLED.test(error.code);
  return error instanceof ConnectionLost;
}

/** The error as the SDK makes it of an answer: of its own class where it has one. */
function sdkError(sdk: Sdk, { code, message, members, status }: Fault): Error {
  const Modelled = [code, `${code}Fault`, `${code}Exception`]
    .map((name) => sdk[name])
    .find((value) => typeof value === 'function' && value.prototype instanceof Error) as
    | (new (
        options: object,
      ) => Error)
    | undefined;
  const details = { $metadata: { httpStatusCode: status }, ...members };
  if (Modelled) return new Modelled({ message, ...details });
  return Object.assign(new Error(message), { name: code, ...details });
}
