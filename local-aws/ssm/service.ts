import * as sdk from '@aws-sdk/client-ssm';
import { only } from '../core/accepts';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import type { Operations, ResourceType, Service } from '../core/service';
import { Parameters } from './parameters';
import { parameterResourceType } from './resources';

export interface SsmOptions {
  /** AWS's public parameters, by name: `/aws/service/ami-amazon-linux-latest/…`. @default none */
  readonly presets?: Readonly<Record<string, string>>;
}

/** Systems Manager's parameter store, without encrypted parameters. */
export class SsmService implements Service {
  readonly signingName = 'ssm';
  readonly sdk = sdk;
  readonly operations: Operations<typeof sdk>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::SSM::Parameter': parameterResourceType,
  };

  private readonly parameters: Parameters;

  constructor(core: Core, options: SsmOptions = {}) {
    const parameters = new Parameters(core, options.presets ?? {});
    this.parameters = parameters;
    this.operations = { ...reading(parameters), ...writing(parameters), ...tagging(parameters) };
  }

  /** AWS writes a public parameter. */
  publish(name: string, value: string): void {
    this.parameters.publish(name, value);
  }
}

function reading(parameters: Parameters): Operations<typeof sdk> {
  return {
    GetParameter: {
      accepts: { Name: true, WithDecryption: 'no parameter here is encrypted' },
      resources: ({ Name = '' }) => [parameters.arn(Name)],
      run: ({ Name = '' }) => ({ Parameter: parameters.get(Name) }),
    },
    GetParameters: {
      accepts: { Names: true, WithDecryption: 'no parameter here is encrypted' },
      resources: ({ Names = [] }) => Names.map((name) => parameters.arn(name)),
      run: ({ Names = [] }) => ({
        Parameters: Names.flatMap((name) => parameters.find(name) ?? []),
        InvalidParameters: Names.filter((name) => !parameters.find(name)),
      }),
    },
    GetParametersByPath: {
      accepts: {
        Path: true,
        Recursive: true,
        MaxResults: true,
        NextToken: true,
        WithDecryption: 'no parameter here is encrypted',
        ParameterFilters: { Key: true, Option: true, Values: true },
      },
      resources: ({ Path = '' }) => [parameters.arn(Path)],
      run: ({ Path = '', Recursive = false, ParameterFilters = [], MaxResults, NextToken }) => {
        if (!Path.startsWith('/'))
          throw new Fault('ValidationException', `A parameter path begins with a slash; found "${Path}".`);
        const found = parameters
          .below(Path, Recursive)
          .filter((parameter) => ParameterFilters.every((filter) => matches(parameters, parameter, filter)));
        const { items, next } = page(found, MaxResults, MAXIMUM_BY_PATH, NextToken);
        return { Parameters: items, NextToken: next };
      },
    },
    DescribeParameters: {
      accepts: {
        MaxResults: true,
        NextToken: true,
        Filters: { Key: true, Values: true },
        ParameterFilters: { Key: true, Option: true, Values: true },
        Shared: only(false),
      },
      run: ({ ParameterFilters = [], Filters = [], MaxResults, NextToken }) => {
        if (ParameterFilters.length > 0 && Filters.length > 0)
          throw new Fault(
            'ValidationException',
            'You can use either Filters or ParameterFilters in a single request.',
          );
        const filters = [
          ...ParameterFilters,
          // The older filters have one way to compare.
          ...Filters.map(({ Key, Values }) => ({ Key, Option: 'BeginsWith', Values })),
        ];
        const matching = parameters
          .metadata()
          .filter((parameter) => filters.every((filter) => matches(parameters, parameter, filter)));
        const { items, next } = page(matching, MaxResults, MAXIMUM_DESCRIBED, NextToken);
        return { Parameters: items, NextToken: next };
      },
    },
  };
}

function writing(parameters: Parameters): Operations<typeof sdk> {
  return {
    PutParameter: {
      accepts: {
        Name: true,
        Description: true,
        Value: true,
        Type: true,
        Overwrite: true,
        AllowedPattern: true,
        Tier: true,
        Tags: { Key: true, Value: true },
        DataType: only('text'),
      },
      resources: ({ Name = '' }) => [parameters.arn(Name)],
      conditionKeys: ({ Overwrite = false }) => ({ 'ssm:Overwrite': String(Overwrite) }),
      run: (input) => parameters.put(input),
    },
    DeleteParameter: {
      accepts: { Name: true },
      resources: ({ Name = '' }) => [parameters.arn(Name)],
      run: ({ Name = '' }) => {
        if (!parameters.delete(Name)) throw parameters.notFound(Name);
        return {};
      },
    },
    DeleteParameters: {
      accepts: { Names: true },
      resources: ({ Names = [] }) => Names.map((name) => parameters.arn(name)),
      run: ({ Names = [] }) => {
        const DeletedParameters = Names.filter((name) => parameters.delete(name));
        return {
          DeletedParameters,
          InvalidParameters: Names.filter((name) => !DeletedParameters.includes(name)),
        };
      },
    },
  };
}

function tagging(parameters: Parameters): Operations<typeof sdk> {
  const resources = ({ ResourceId = '' }: { ResourceId?: string }) => [parameters.arn(ResourceId)];
  return {
    AddTagsToResource: {
      accepts: { ResourceId: true, ResourceType: only('Parameter'), Tags: { Key: true, Value: true } },
      resources,
      run: ({ ResourceId = '', Tags = [] }) => {
        const tags = parameters.tags(ResourceId);
        for (const { Key = '', Value = '' } of Tags) tags.set(Key, Value);
        return {};
      },
    },
    RemoveTagsFromResource: {
      accepts: { ResourceId: true, TagKeys: true, ResourceType: only('Parameter') },
      resources,
      run: ({ ResourceId = '', TagKeys = [] }) => {
        const tags = parameters.tags(ResourceId);
        for (const key of TagKeys) tags.delete(key);
        return {};
      },
    },
    ListTagsForResource: {
      accepts: { ResourceId: true, ResourceType: only('Parameter') },
      resources,
      run: ({ ResourceId = '' }) => ({ TagList: parameters.tagList(ResourceId) }),
    },
  };
}

const MAXIMUM_BY_PATH = 10;
const MAXIMUM_DESCRIBED = 50;

/** @throws Fault for a page that is larger than the operation gives */
function page<T>(items: readonly T[], size: number | undefined, maximum: number, token: string | undefined) {
  if (size !== undefined && !(size >= 1 && size <= maximum))
    throw new Fault(
      'ValidationException',
      `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and ${maximum}`,
    );
  const invalid = () => new Fault('InvalidNextToken', 'The specified token is not valid.');
  return pageOf(items, { size: size ?? maximum, token, invalid });
}

function matches(
  parameters: Parameters,
  parameter: sdk.ParameterMetadata | sdk.Parameter,
  filter: sdk.ParameterStringFilter,
): boolean {
  const name = parameter.Name ?? '';
  const values = filter.Values ?? [];
  switch (filter.Key) {
    case 'Name':
      return values.some((value) => compares(name, filter.Option, value));
    case 'Type':
      return values.some((value) => compares(parameter.Type ?? '', filter.Option, value));
    case 'Path':
      return values.some((value) => {
        const prefix = value.endsWith('/') ? value : `${value}/`;
        const rest = name.slice(prefix.length);
        return name.startsWith(prefix) && (filter.Option === 'Recursive' || !rest.includes('/'));
      });
    case 'DataType':
      return values.includes(parameter.DataType ?? '');
    case 'Tier':
      return 'Tier' in parameter && values.includes(parameter.Tier ?? '');
    default: {
      const key = /^tag:(.+)$/.exec(filter.Key ?? '')?.[1];
      if (key === undefined)
        throw new Fault(
          'InvalidFilterKey',
          `The local AWS filters parameters by Name, Type, Path, DataType, Tier and tags (tag:KEY); found ${filter.Key}.`,
        );
      const value = parameters.tags(name).get(key);
      return value !== undefined && (values.length === 0 || values.includes(value));
    }
  }
}

function compares(text: string, option: string | undefined, value: string): boolean {
  if (option === 'BeginsWith') return text.startsWith(value);
  if (option === 'Contains') return text.includes(value);
  return text === value;
}
