import { createHash } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-lambda';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';

/** A deployment package: its files, by path. */
export interface Code {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly size: number;
  /** SHA-256 of the archive, base64. */
  readonly sha256: string;
}

/** What a function is configured with, besides its code. */
export interface FunctionConfiguration {
  readonly runtime: string;
  readonly role: string;
  readonly handler: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly ephemeralMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly architectures: readonly sdk.Architecture[];
  readonly logging: sdk.LoggingConfig;
}

/** A function as it is kept. */
export interface FunctionRecord {
  readonly name: string;
  readonly arn: string;
  configuration: FunctionConfiguration;
  code: Code;
  lastModified: string;
  readonly tags: Map<string, string>;
  /** Statements of the function's own policy, by id. */
  readonly permissions: Map<string, Permission>;
  /** Changes with every change of the function, so that a caller can change what it has seen alone. */
  revisionId: string;
  /** After so long an event is aborted; undefined stands for Lambda's own six hours. */
  maximumEventAgeSeconds?: number;
  /** Retries of an asynchronous invocation; undefined stands for Lambda's own two. */
  maximumRetries?: number;
}

/** A statement of a function's policy: who may invoke it, and on behalf of what. */
export interface Permission {
  readonly id: string;
  readonly action: string;
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/** The functions of an account. */
export class Functions {
  private readonly byName = new Map<string, FunctionRecord>();

  constructor(private readonly core: Core) {}

  /** ARN of a function that is named by its name, its ARN, or its ARN's last part. */
  arn(reference: string | undefined): string {
    this.checkPlace(reference ?? '');
    return this.core.arn('lambda', `function:${functionName(reference)}`);
  }

  /** @throws Fault for an ARN of another region or account */
  private checkPlace(reference: string): void {
    const [, region, account] = /^arn:[^:]*:lambda:([^:]*):([^:]*):/.exec(reference) ?? [];
    if (region === undefined || (region === this.core.region && account === this.core.account)) return;
    throw new Fault(
      'ResourceNotFoundException',
      `Functions not found: ${reference}; the local AWS has the account ${this.core.account} in ${this.core.region} alone.`,
      404,
    );
  }

  all(): readonly FunctionRecord[] {
    return [...this.byName.values()];
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** @throws Fault ResourceNotFoundException */
  find(reference: string | undefined): FunctionRecord {
    this.checkPlace(reference ?? '');
    const record = this.byName.get(functionName(reference));
    if (!record)
      throw new Fault('ResourceNotFoundException', `Function not found: ${this.arn(reference)}`, 404);
    return record;
  }

  add(record: FunctionRecord): void {
    this.byName.set(record.name, record);
  }

  delete(record: FunctionRecord): void {
    this.byName.delete(record.name);
  }
}

/** Name of a function that is given by name, by ARN, or with the qualifier `$LATEST`, the only one served. */
export function functionName(reference = ''): string {
  const [name = '', qualifier] = reference.replace(/^.*\bfunction:/, '').split(':');
  if (qualifier !== undefined && qualifier !== '$LATEST')
    throw new Fault(
      'ResourceNotFoundException',
      `The local AWS has no function versions or aliases; found the qualifier ${qualifier} of ${name}.`,
      404,
    );
  return name;
}

/** Group that a function's log goes to. */
export function logGroupOf(record: FunctionRecord): string {
  return record.configuration.logging.LogGroup ?? `/aws/lambda/${record.name}`;
}

/** @throws Fault when a caller means another state of the function than the present one */
export function checkRevision(record: FunctionRecord, revisionId: string | undefined): void {
  if (revisionId === undefined || revisionId === record.revisionId) return;
  throw new Fault(
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId',
    412,
  );
}

/** A function as the API gives it. */
export function describeFunction(record: FunctionRecord): sdk.FunctionConfiguration {
  const { configuration, code } = record;
  return {
    FunctionName: record.name,
    FunctionArn: record.arn,
    Runtime: configuration.runtime as sdk.Runtime,
    Role: configuration.role,
    Handler: configuration.handler,
    CodeSize: code.size,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMegabytes,
    LastModified: record.lastModified,
    CodeSha256: code.sha256,
    Version: '$LATEST',
    Environment: { Variables: { ...configuration.environment } },
    TracingConfig: { Mode: 'PassThrough' },
    EphemeralStorage: { Size: configuration.ephemeralMegabytes },
    RevisionId: record.revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [...configuration.architectures],
    LoggingConfig: { LogFormat: 'Text', ...configuration.logging, LogGroup: logGroupOf(record) },
  };
}

/** SHA-256 digest in base64, as Lambda's CodeSha256. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
