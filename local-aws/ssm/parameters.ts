import type {
  Parameter,
  ParameterMetadata,
  ParameterType,
  PutParameterRequest,
  Tag,
} from '@aws-sdk/client-ssm';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';

const MAX_LENGTH = { Standard: 4096, Advanced: 8192 };

/** One version of a parameter. */
interface Version {
  readonly version: number;
  readonly value: string;
  readonly type: ParameterType;
  readonly dataType: string;
  readonly tier: 'Standard' | 'Advanced';
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly modifiedAt: Date;
}

interface Entry {
  readonly name: string;
  readonly arn: string;
  readonly versions: Version[];
  readonly tags: Map<string, string>;
}

/** The parameters of the account, and AWS's public ones. */
export class Parameters {
  private readonly entries = new Map<string, Entry>();

  /** @param presets AWS's public parameters, by name */
  constructor(
    private readonly core: Core,
    presets: Readonly<Record<string, string>>,
  ) {
    for (const [name, value] of Object.entries(presets)) this.publish(name, value);
  }

  /** Writes a public parameter, as AWS does. */
  publish(name: string, value: string): void {
    // Public parameters belong to no account.
    const arn = `arn:aws:ssm:${this.core.region}::parameter${name}`;
    if (!this.entries.has(name)) this.entries.set(name, { name, arn, versions: [], tags: new Map() });
    this.add(name, { Name: name, Value: value, Type: 'String' });
  }

  /** ARN that permissions on a parameter, or on a path, are given by. */
  arn(name: string): string {
    const plain = this.plainName(name);
    return this.entries.get(plain)?.arn ?? this.core.arn('ssm', `parameter/${plain.replace(/^\//, '')}`);
  }

  /** @param selector name or ARN, with `:VERSION` where an older one is meant. @throws Fault when there is none */
  get(selector: string): Parameter {
    const found = this.find(selector);
    if (found) return found;
    throw this.notFound(selector);
  }

  find(selector: string): Parameter | undefined {
    const [, name = '', number] = /^(.*?)(?::(\d+))?$/.exec(this.withoutArn(selector)) ?? [];
    const entry = this.entries.get(name);
    const version = number
      ? entry?.versions.find((candidate) => candidate.version === Number(number))
      : entry?.versions.at(-1);
    if (!entry || !version) return undefined;
    return {
      Name: name,
      ARN: entry.arn,
      Type: version.type,
      Value: version.value,
      Version: version.version,
      DataType: version.dataType,
      LastModifiedDate: version.modifiedAt,
      ...(number && { Selector: `:${number}` }),
    };
  }

  /** What is known of the account's own parameters, without their values. */
  metadata(): ParameterMetadata[] {
    const own = [...this.entries.values()].filter(({ arn }) => arn.includes(`:${this.core.account}:`));
    return own.map((entry) => {
      const version = entry.versions.at(-1)!;
      return {
        Name: entry.name,
        ARN: entry.arn,
        Type: version.type,
        Version: version.version,
        DataType: version.dataType,
        Tier: version.tier,
        Description: version.description,
        AllowedPattern: version.allowedPattern,
        LastModifiedDate: version.modifiedAt,
        Policies: [],
      };
    });
  }

  /** Parameters below a path, by name. */
  below(path: string, recursive: boolean): Parameter[] {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    return [...this.entries.keys()]
      .filter((name) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
      .sort()
      .map((name) => this.get(name));
  }

  /** @throws Fault when it exists and is not to be overwritten, or when something in it is not allowed */
  put(input: PutParameterRequest): { Version: number; Tier: 'Standard' | 'Advanced' } {
    const name = input.Name ?? '';
    if (!/^[\w./-]{1,1011}$/.test(name)) {
      throw new Fault(
        'ValidationException',
        `A parameter's name consists of letters, digits and the characters ".-_/"; found "${name}".`,
      );
    }
    if (/^\/?(aws|ssm)(\/|$)/i.test(name))
      throw new Fault('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
    const entry = this.entries.get(name);
    if (entry && !input.Overwrite) {
      throw new Fault(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    if (input.Overwrite && input.Tags?.length)
      throw new Fault(
        'ValidationException',
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
      );
    if (!entry) {
      const tags = new Map((input.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
      const added: Entry = { name, arn: this.arn(name), versions: [], tags };
      const version = this.version(input, added);
      this.entries.set(name, added);
      added.versions.push(version);
      return { Version: version.version, Tier: version.tier };
    }
    return this.add(name, input);
  }

  delete(name: string): boolean {
    return this.entries.delete(this.plainName(name));
  }

  tags(name: string): Map<string, string> {
    const entry = this.entries.get(this.plainName(name));
    if (!entry)
      throw new Fault(
        'InvalidResourceId',
        `The resource ID "${name}" is not valid. Verify the ID and try again.`,
      );
    return entry.tags;
  }

  tagList(name: string): Tag[] {
    return [...this.tags(name)].map(([Key, Value]) => ({ Key, Value }));
  }

  notFound(name: string): Fault {
    return new Fault('ParameterNotFound', `Parameter ${name} not found.`);
  }

  private add(name: string, input: PutParameterRequest): { Version: number; Tier: 'Standard' | 'Advanced' } {
    const entry = this.entries.get(name)!;
    const version = this.version(input, entry);
    entry.versions.push(version);
    return { Version: version.version, Tier: version.tier };
  }

  private version(input: PutParameterRequest, { versions }: Entry): Version {
    const before = versions.at(-1);
    const type = input.Type ?? before?.type;
    const value = input.Value ?? '';
    const needsAdvanced = input.Tier === 'Intelligent-Tiering' && value.length > MAX_LENGTH.Standard;
    if (input.Tier === 'Standard' && before?.tier === 'Advanced')
      throw new Fault(
        'ValidationException',
        "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
      );
    const tier =
      input.Tier === 'Advanced' || needsAdvanced || before?.tier === 'Advanced' ? 'Advanced' : 'Standard';
    if (!type)
      throw new Fault('ValidationException', 'A parameter type is required when you create a parameter.');
    if (before && type !== before.type)
      throw new Fault(
        'HierarchyTypeMismatchException',
        `Parameter Store does not support changing a parameter's type: ${before.type} to ${type}.`,
      );
    if (type === 'SecureString')
      throw new Fault(
        'NotImplemented',
        'The local AWS does not serve parameters of the type SecureString.',
        501,
      );
    if (value === '') throw new Fault('ValidationException', 'A parameter value has at least one character.');
    if (value.length > MAX_LENGTH[tier]) {
      throw new Fault(
        'ValidationException',
        `${tier} tier parameters support a maximum parameter value of ${MAX_LENGTH[tier]} characters; found ${value.length}.`,
      );
    }
    if (input.AllowedPattern && !new RegExp(input.AllowedPattern).test(value)) {
      throw new Fault(
        'ParameterPatternMismatchException',
        `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
      );
    }
    return {
      version: (before?.version ?? 0) + 1,
      value,
      type,
      tier,
      dataType: input.DataType ?? 'text',
      description: input.Description ?? before?.description,
      allowedPattern: input.AllowedPattern,
      modifiedAt: new Date(this.core.clock.now()),
    };
  }

  private plainName(selector: string): string {
    return this.withoutArn(selector).replace(/:\d+$/, '');
  }

  /** A parameter can be meant by its ARN; the name has a slash in front only where the parameter's own name has one. */
  private withoutArn(selector: string): string {
    const [, region, name] = /^arn:[^:]*:ssm:([^:]*):\d*:parameter\/(.*)$/.exec(selector) ?? [];
    // An ARN of another region stays what it is, and so names nothing here.
    if (name === undefined || region !== this.core.region) return selector;
    return this.entries.has(name.replace(/:\d+$/, '')) ? name : `/${name}`;
  }
}
