import { GetRoleCommand } from '@aws-sdk/client-iam';
import * as sdk from '@aws-sdk/client-sts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import type { Principal } from '../core/principal';
import type { Call, Operations, Service } from '../core/service';
import { assumedRoleArn, isBootstrapRole, openSession, sessionId } from './session';
import { isAssumable } from './trust';

const DEFAULT_DURATION_SECONDS = 3600;
const MINIMUM_DURATION_SECONDS = 900;
const MAXIMUM_DURATION_SECONDS = 43_200;
/** A session that another session opens. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const MAXIMUM_CHAINED_SECONDS = 3600;

/** Security Token Service: who am I, and sessions of roles. */
export class StsService implements Service {
  readonly signingName = 'sts';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;

  constructor(private readonly core: Core) {
    this.operations = {
      GetCallerIdentity: {
        accepts: {},
        // AWS asks for no permission here, and even a policy that denies it changes nothing.
        resources: () => [],
        run: (_input, { principal }) => ({
          Account: core.account,
          Arn: principal.arn,
          UserId: principal.arn.includes(':assumed-role/') ? sessionId(principal.arn) : core.account,
        }),
      },
      AssumeRole: {
        accepts: {
          RoleArn: true,
          RoleSessionName: true,
          DurationSeconds: true,
          ExternalId: 'conditions of trust policies are not evaluated',
        },
        resources: ({ RoleArn }) => [RoleArn ?? '*'],
        run: (input, call) => this.assumeRole(input, call),
      },
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
    const seconds = input.DurationSeconds ?? DEFAULT_DURATION_SECONDS;
    if (!(seconds >= MINIMUM_DURATION_SECONDS && seconds <= MAXIMUM_DURATION_SECONDS))
      throw new Fault(
        'ValidationError',
        `DurationSeconds is ${MINIMUM_DURATION_SECONDS} to ${MAXIMUM_DURATION_SECONDS}; found ${seconds}.`,
      );
    if (!isBootstrapRole(RoleArn)) {
      await this.checkTrust(RoleArn, call.principal);
      await this.checkDuration(RoleArn, seconds, call.principal);
    }

    const credentials = openSession(core, RoleArn, RoleSessionName);
    // Clients compare this with their own clock, so it has to be ahead of the real one as well.
    const now = Math.max(core.clock.now(), Date.now());
    const Arn = assumedRoleArn(core, RoleArn, RoleSessionName);
    return {
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: new Date(now + seconds * 1000),
      },
      AssumedRoleUser: { Arn, AssumedRoleId: sessionId(Arn) },
    };
  }

  /** @throws Fault for a session that is longer than its role, or a session that opens another, allows */
  private async checkDuration(roleArn: string, seconds: number, principal: Principal): Promise<void> {
    if (principal.kind === 'role' && seconds > MAXIMUM_CHAINED_SECONDS)
      throw new Fault(
        'ValidationError',
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      );
    const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    const { Role } = await this.core.send(new GetRoleCommand({ RoleName }));
    if (seconds > (Role?.MaxSessionDuration ?? DEFAULT_DURATION_SECONDS))
      throw new Fault(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
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
