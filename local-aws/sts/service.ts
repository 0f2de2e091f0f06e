import * as sdk from '@aws-sdk/client-sts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import { type Call, type Operation, operation, type Service } from '../core/service';
import { assumedRoleArn, isBootstrapRole, openSession, sessionId } from './session';
import { isAssumable } from './trust';

const DEFAULT_DURATION_SECONDS = 3600;

/** Security Token Service: who am I, and sessions of roles. */
export class StsService implements Service {
  readonly signingName = 'sts';
  readonly sdk = sdk;
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(private readonly core: Core) {
    this.operations = {
      GetCallerIdentity: operation<sdk.GetCallerIdentityRequest, sdk.GetCallerIdentityResponse>({
        // AWS asks for no permission here, and even a policy that denies it changes nothing.
        resources: () => [],
        run: (_input, { principal }) => ({
          Account: core.account,
          Arn: principal.arn,
          UserId: principal.arn.includes(':assumed-role/') ? sessionId(principal.arn) : core.account,
        }),
      }),
      AssumeRole: operation<sdk.AssumeRoleRequest, sdk.AssumeRoleResponse>({
        resources: ({ RoleArn }) => [RoleArn ?? '*'],
        run: (input, call) => this.assumeRole(input, call),
      }),
    };
  }

  private async assumeRole(input: sdk.AssumeRoleRequest, call: Call): Promise<sdk.AssumeRoleResponse> {
    const { core } = this;
    const { RoleArn = '', RoleSessionName = '' } = input;
    if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(RoleArn)) {
      throw new Fault(
        'ValidationError',
        `RoleArn is an IAM role's ARN, arn:aws:iam::ACCOUNT:role/NAME; found "${RoleArn}".`,
      );
    }
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) {
      throw new Fault(
        'ValidationError',
        `RoleSessionName has 2 to 64 letters, digits and characters of "_+=,.@-"; found "${RoleSessionName}".`,
      );
    }
    if (input.Policy || input.PolicyArns?.length)
      throw new Fault(
        'NotImplemented',
        'The local AWS does not serve sessions with policies of their own.',
        501,
      );
    if (!isBootstrapRole(RoleArn)) await this.checkTrust(RoleArn, call.principal);

    const credentials = openSession(core, RoleArn, RoleSessionName);
    // Clients compare this with their own clock, so it has to be ahead of the real one as well.
    const now = Math.max(core.clock.now(), Date.now());
    const Arn = assumedRoleArn(core, RoleArn, RoleSessionName);
    return {
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: new Date(now + (input.DurationSeconds ?? DEFAULT_DURATION_SECONDS) * 1000),
      },
      AssumedRoleUser: { Arn, AssumedRoleId: sessionId(Arn) },
    };
  }

  /** @throws Fault, the same for a role that does not exist and for one that does not trust the caller, as AWS does */
  private async checkTrust(roleArn: string, principal: Principal): Promise<void> {
    if (await isAssumable(this.core, roleArn, [principal])) return;
    throw new Fault(
      'AccessDenied',
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  }
}
