import { randomBytes, randomUUID } from 'node:crypto';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Timer } from '../core/clock';
import type { Core } from '../core/core';
import type { Properties, Provisioned, Provisioning } from '../core/service';
import { type Route, wireResponse } from '../wire/http';
import { isObject } from './references';
import { ResourceError, reasonOf } from './resource-error';

/** What CloudFormation sends to a custom resource's function. */
export interface CustomResourceRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly ServiceToken: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Properties;
  readonly OldResourceProperties?: Properties;
}

/** A custom resource, after its function answered. */
export interface ProvisionedCustomResource extends Provisioned {
  readonly noEcho: boolean;
}

interface Task {
  readonly type: string;
  readonly provisioning: Provisioning;
}

interface Waiting {
  readonly answer: (body: Uint8Array) => void;
  readonly timer: Timer;
}

const PREFIX = '/cloudformation-custom-resource-response/';
const MAX_RESPONSE_BYTES = 4096;
const MAX_PHYSICAL_ID_BYTES = 1024;
const MAX_TIMEOUT_SECONDS = 3600;

/**
 * Custom resources by their protocol: the function is invoked asynchronously, and answers by an HTTP PUT.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export class CustomResources {
  private readonly waiting = new Map<string, Waiting>();
  /** Tokens that no longer wait. As with the bucket behind the real URL, a later PUT succeeds and changes nothing. */
  private readonly ended = new Set<string>();

  constructor(private readonly core: Core) {}

  /** Takes the answers. */
  readonly route: Route = {
    prefix: PREFIX,
    handle: async ({ method, path, body }) => {
      const token = path.slice(PREFIX.length);
      if (method !== 'PUT') return wireResponse(405, 'A response is sent with PUT.');
      const waiting = this.waiting.get(token);
      if (!waiting && !this.ended.has(token)) return wireResponse(403, 'Access denied.');
      waiting?.answer(body);
      return wireResponse(200, '');
    },
  };

  async create(task: Task, properties: Properties): Promise<ProvisionedCustomResource> {
    const invented = inventId(task.provisioning);
    const response = await this.ask(task, { RequestType: 'Create' }, properties, invented);
    return provisioned(response, invented);
  }

  async update(
    task: Task,
    physicalId: string,
    properties: Properties,
    old: Properties,
  ): Promise<ProvisionedCustomResource> {
    if (properties.ServiceToken !== old.ServiceToken)
      throw new ResourceError('Modifying service token is not allowed.');
    const request = {
      RequestType: 'Update',
      PhysicalResourceId: physicalId,
      OldResourceProperties: stringly(old) as Properties,
    } as const;
    return provisioned(await this.ask(task, request, properties), physicalId);
  }

  async delete(task: Task, physicalId: string, properties: Properties): Promise<void> {
    await this.ask(task, { RequestType: 'Delete', PhysicalResourceId: physicalId }, properties);
  }

  close(): void {
    for (const { timer } of this.waiting.values()) timer.cancel();
    this.waiting.clear();
  }

  /**
   * Sends a request and waits for its answer.
   * @param invented id that is deleted when a Create fails without having told one
   */
  private async ask(
    { type, provisioning }: Task,
    kind: Pick<CustomResourceRequest, 'RequestType' | 'PhysicalResourceId' | 'OldResourceProperties'>,
    properties: Properties,
    invented?: string,
  ): Promise<Response> {
    const { core } = this;
    const timeoutSeconds = timeoutOf(properties);
    const token = randomBytes(24).toString('hex');
    const requestId = randomUUID();
    const request: CustomResourceRequest = {
      ...kind,
      RequestId: requestId,
      ResponseURL: `${core.endpoint}${PREFIX}${token}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=7200`,
      StackId: provisioning.stackId,
      ResourceType: type,
      LogicalResourceId: provisioning.logicalId,
      ServiceToken: serviceToken(properties),
      ResourceProperties: stringly(properties) as Properties,
    };
    const answered = new Promise<Response>((resolve, reject) => {
      const timer = core.clock.after(timeoutSeconds * 1000, () => {
        this.end(token);
        reject(new ResourceError(timeoutReason(requestId), invented));
      });
      const answer = (body: Uint8Array) => {
        this.end(token);
        try {
          resolve(parseResponse(body, request, invented));
        } catch (error) {
          reject(error as Error);
        }
      };
      this.waiting.set(token, { timer, answer });
      void provisioning.cancelled?.then(() => {
        this.end(token);
        reject(new ResourceError('Resource operation cancelled', invented));
      });
    });
    // Whoever waits sees the rejection; it may come while the function is still being invoked.
    answered.catch(() => undefined);
    try {
      await core.send(
        new InvokeCommand({
          FunctionName: request.ServiceToken,
          InvocationType: 'Event',
          Payload: Buffer.from(JSON.stringify(request)),
        }),
      );
    } catch (error) {
      this.end(token);
      throw new ResourceError(reasonOf(error));
    }
    return answered;
  }

  private end(token: string): void {
    this.waiting.get(token)?.timer.cancel();
    this.waiting.delete(token);
    this.ended.add(token);
  }
}

interface Response {
  readonly physicalId?: string;
  readonly noEcho: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

function provisioned(response: Response, defaultId: string): ProvisionedCustomResource {
  return {
    physicalId: response.physicalId ?? defaultId,
    attributes: response.data,
    noEcho: response.noEcho,
  };
}

/** @throws ResourceError for an answer that fails the resource, or that breaks the protocol */
function parseResponse(
  body: Uint8Array,
  request: CustomResourceRequest,
  invented: string | undefined,
): Response {
  const refuse = (reason: string, physicalId = invented): never => {
    throw new ResourceError(`${reason} (RequestId: ${request.RequestId})`, physicalId);
  };
  if (body.byteLength > MAX_RESPONSE_BYTES) refuse('Response object is too long.');
  const response = parseJson(body);
  if (!isObject(response)) return refuse('Invalid response object: the response is not a JSON object.');
  for (const member of ['StackId', 'RequestId', 'LogicalResourceId'] as const) {
    if (response[member] !== request[member])
      refuse(`Invalid response object: Value of property ${member} must match request ${member}.`);
  }
  const { Status, Reason, PhysicalResourceId: id, Data = {}, NoEcho = false } = response;
  if (id !== undefined && typeof id !== 'string')
    return refuse('Invalid response object: Value of property PhysicalResourceId must be of type String.');
  if (Status === 'FAILED') {
    if (typeof Reason !== 'string' || !Reason)
      refuse('Invalid response object: Property Reason is mandatory when the status is FAILED.');
    const leftBehind = request.RequestType === 'Create' ? id || invented : undefined;
    refuse(
      `Received response status [FAILED] from custom resource. Message returned: ${String(Reason)}`,
      leftBehind,
    );
  }
  if (Status !== 'SUCCESS')
    refuse(
      `Invalid response object: Value of property Status must be SUCCESS or FAILED; found ${JSON.stringify(Status)}.`,
    );
  if (request.RequestType !== 'Delete' && !id)
    refuse('Invalid PhysicalResourceId: it must be a non-empty string.');
  if (id !== undefined && Buffer.byteLength(id) > MAX_PHYSICAL_ID_BYTES)
    refuse(`Invalid PhysicalResourceId: it must be at most ${MAX_PHYSICAL_ID_BYTES} bytes long.`);
  if (!isObject(Data)) return refuse('Invalid response object: Value of property Data must be an object.');
  return { physicalId: id, data: Data, noEcho: NoEcho === true || NoEcho === 'true' };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    // Told by the caller, in CloudFormation's words.
    return undefined;
  }
}

function timeoutReason(requestId: string): string {
  return `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${requestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`;
}

function timeoutOf(properties: Properties): number {
  const given = properties.ServiceTimeout ?? MAX_TIMEOUT_SECONDS;
  const seconds = Number(given);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
    throw new ResourceError(
      `ServiceTimeout must be a whole number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}; found ${JSON.stringify(given)}.`,
    );
  }
  return seconds;
}

function serviceToken({ ServiceToken }: Properties): string {
  if (typeof ServiceToken === 'string' && /^arn:[^:]+:lambda:/.test(ServiceToken)) return ServiceToken;
  throw new ResourceError(
    `ServiceToken must be the ARN of a Lambda function; found ${JSON.stringify(ServiceToken)}.`,
  );
}

/** As CloudFormation makes up the id of a resource that never told its own. */
function inventId({ stackName, logicalId }: Provisioning): string {
  return `${stackName}-${logicalId}-${randomBytes(6).toString('hex').toUpperCase()}`;
}

/** Numbers and booleans reach a custom resource as strings. */
function stringly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringly);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, stringly(member)]));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
