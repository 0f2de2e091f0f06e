import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Capability, Parameter, Tag } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { validationError } from './faults';
import { Model } from './model';
import { parameterValues } from './parameters';
import type { ResourceTypes } from './resource-types';
import type { Stack } from './stack';
import type { StackStore } from './store';
import { parseTemplate, type Template } from './template';

/** What the requests that bring a template have in common. */
export interface TemplateRequest {
  readonly TemplateBody?: string;
  readonly TemplateURL?: string;
  readonly UsePreviousTemplate?: boolean;
  readonly Parameters?: readonly Parameter[];
  readonly Capabilities?: readonly Capability[];
  readonly Tags?: readonly Tag[];
  readonly NotificationARNs?: readonly string[];
}

const IAM_TYPES =
  /^AWS::IAM::(AccessKey|Group|InstanceProfile|ManagedPolicy|Policy|Role|User|UserToGroupAddition)$/;
const IAM_NAMES = ['RoleName', 'UserName', 'GroupName', 'ManagedPolicyName', 'InstanceProfileName'];

/** Makes models from requests, checking all that CloudFormation checks before it accepts one. */
export class ModelFactory {
  constructor(
    private readonly core: Core,
    private readonly store: StackStore,
    private readonly types: ResourceTypes,
    private readonly availabilityZones: (region: string) => readonly string[],
  ) {}

  /** @throws Fault in CloudFormation's words for everything that is wrong with the request's template */
  async make(stack: Stack, previous: Model | undefined, request: TemplateRequest): Promise<Model> {
    const body = await this.body(request, previous);
    const template = parseTemplate(body);
    this.checkTypes(template);
    checkCapabilities(template, request.Capabilities ?? []);
    const parameters = await parameterValues(
      this.core,
      template,
      request.Parameters ?? [],
      previous?.input.parameters ?? [],
    );
    return new Model({
      body,
      template,
      parameters,
      tags: request.Tags ?? previous?.input.tags ?? [],
      notificationArns: request.NotificationARNs ?? previous?.input.notificationArns ?? [],
      context: {
        account: this.core.account,
        region: this.core.region,
        stackName: stack.name,
        stackId: stack.id,
        availabilityZones: this.availabilityZones,
        exported: (name) => this.store.exported(name),
      },
    });
  }

  /** The template's text, wherever the request has it. */
  async body(request: TemplateRequest, previous?: Model): Promise<string> {
    const { UsePreviousTemplate, TemplateBody, TemplateURL } = request;
    const given = [UsePreviousTemplate || undefined, TemplateBody, TemplateURL];
    if (given.filter((one) => one !== undefined).length > 1)
      throw validationError(
        'Only one of TemplateBody, TemplateURL and UsePreviousTemplate can be specified.',
      );
    if (UsePreviousTemplate && previous) return previous.input.body;
    if (TemplateBody !== undefined) return TemplateBody;
    if (TemplateURL === undefined)
      throw validationError('Either Template URL or Template Body must be specified.');
    const [bucket, key] = objectAt(TemplateURL);
    try {
      const { Body } = await this.core.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await buffer(Body as Readable)).toString('utf8');
    } catch (error) {
      if (error instanceof Fault)
        throw validationError(`S3 error: ${error.message} (TemplateURL ${TemplateURL})`);
      throw error;
    }
  }

  private checkTypes(template: Template): void {
    const unserved = Object.entries(template.Resources).filter(([, { Type }]) => !this.types.isServed(Type));
    if (!unserved.length) return;
    const types = [...new Set(unserved.map(([, { Type }]) => Type))];
    const where = unserved.map(([id, { Type }]) => `${id} is ${Type}`).join(', ');
    throw validationError(
      `Template format error: Unrecognized resource types: [${types.join(', ')}] (the local AWS does not have them; ${where})`,
    );
  }
}

/** Capabilities that a template needs. */
export function requiredCapabilities(template: Template): Capability[] {
  const resources = Object.values(template.Resources).filter(({ Type }) => IAM_TYPES.test(Type));
  if (resources.some(({ Properties }) => IAM_NAMES.some((name) => name in Properties)))
    return ['CAPABILITY_NAMED_IAM'];
  return resources.length ? ['CAPABILITY_IAM'] : [];
}

function checkCapabilities(template: Template, given: readonly Capability[]): void {
  const [required] = requiredCapabilities(template);
  const granted =
    required === undefined ||
    given.includes('CAPABILITY_NAMED_IAM') ||
    (required === 'CAPABILITY_IAM' && given.includes('CAPABILITY_IAM'));
  if (!granted) throw new Fault('InsufficientCapabilitiesException', `Requires capabilities : [${required}]`);
}

/** Bucket and key of `https://s3.REGION.amazonaws.com/BUCKET/KEY`, `https://BUCKET.s3…/KEY` or a local endpoint's URL. */
function objectAt(templateUrl: string): [bucket: string, key: string] {
  const url = URL.parse(templateUrl);
  const path = decodeURIComponent(url?.pathname ?? '').slice(1);
  const virtualHost = /^(.+)\.s3[.-]/.exec(url?.hostname ?? '')?.[1];
  if (virtualHost) return [virtualHost, path];
  const slash = path.indexOf('/');
  if (!url || slash < 1)
    throw validationError(`TemplateURL must be an S3 URL of a template; found ${templateUrl}`);
  return [path.slice(0, slash), path.slice(slash + 1)];
}
