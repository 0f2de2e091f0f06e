import * as sdk from '@aws-sdk/client-ssm';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { pageOf } from '../core/page';
import { type Operation, operation, type ResourceType, type Service } from '../core/service';
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
  readonly operations: Readonly<Record<string, Operation>>;
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = {
    'AWS::SSM::Parameter': parameterResourceType,
  };

  constructor(core: Core, options: SsmOptions = {}) {
    const parameters = new Parameters(core, options.presets ?? {});
    this.operations = { ...reading(parameters), ...writing(parameters), ...tagging(parameters) };
  }
}

function reading(parameters: Parameters): Record<string, Operation> {
  return {
    GetParameter: operation<sdk.GetParameterRequest, sdk.GetParameterResult>({
      resources: ({ Name = '' }) => [parameters.arn(Name)],
      run: ({ Name = '' }) => ({ Parameter: parameters.get(Name) }),
    }),
    GetParameters: operation<sdk.GetParametersRequest, sdk.GetParametersResult>({
      resources: ({ Names = [] }) => Names.map((name) => parameters.arn(name)),
      run: ({ Names = [] }) => ({
        Parameters: Names.flatMap((name) => parameters.find(name) ?? []),
        InvalidParameters: Names.filter((name) => !parameters.find(name)),
      }),
    }),
    GetParametersByPath: operation<sdk.GetParametersByPathRequest, sdk.GetParametersByPathResult>({
      resources: ({ Path = '' }) => [parameters.arn(Path)],
      run: ({ Path = '', Recursive = false, MaxResults = 10, NextToken }) => {
        if (!Path.startsWith('/'))
          throw new Fault('ValidationException', `A parameter path begins with a slash; found "${Path}".`);
        const { items, next } = page(parameters.below(Path, Recursive), MaxResults, NextToken);
        return { Parameters: items, NextToken: next };
      },
    }),
    DescribeParameters: operation<sdk.DescribeParametersRequest, sdk.DescribeParametersResult>({
      run: ({ ParameterFilters = [], Filters = [], MaxResults = 50, NextToken }) => {
        const filters = [
          ...ParameterFilters,
          // The older filters have one way to compare.
          ...Filters.map(({ Key, Values }) => ({ Key, Option: 'BeginsWith', Values })),
        ];
        const matching = parameters
          .metadata()
          .filter((parameter) => filters.every((filter) => matches(parameter, filter)));
        const { items, next } = page(matching, MaxResults, NextToken);
        return { Parameters: items, NextToken: next };
      },
    }),
  };
}

function writing(parameters: Parameters): Record<string, Operation> {
  return {
    PutParameter: operation<sdk.PutParameterRequest, sdk.PutParameterResult>({
      resources: ({ Name = '' }) => [parameters.arn(Name)],
      run: (input) => parameters.put(input),
    }),
    DeleteParameter: operation<sdk.DeleteParameterRequest, sdk.DeleteParameterResult>({
      resources: ({ Name = '' }) => [parameters.arn(Name)],
      run: ({ Name = '' }) => {
        if (!parameters.delete(Name)) throw parameters.notFound(Name);
        return {};
      },
    }),
    DeleteParameters: operation<sdk.DeleteParametersRequest, sdk.DeleteParametersResult>({
      resources: ({ Names = [] }) => Names.map((name) => parameters.arn(name)),
      run: ({ Names = [] }) => {
        const DeletedParameters = Names.filter((name) => parameters.delete(name));
        return {
          DeletedParameters,
          InvalidParameters: Names.filter((name) => !DeletedParameters.includes(name)),
        };
      },
    }),
  };
}

function tagging(parameters: Parameters): Record<string, Operation> {
  const resources = ({ ResourceId = '' }: { ResourceId?: string }) => [parameters.arn(ResourceId)];
  return {
    AddTagsToResource: operation<sdk.AddTagsToResourceRequest, sdk.AddTagsToResourceResult>({
      resources,
      run: ({ ResourceId = '', Tags = [] }) => {
        const tags = parameters.tags(ResourceId);
        for (const { Key = '', Value = '' } of Tags) tags.set(Key, Value);
        return {};
      },
    }),
    RemoveTagsFromResource: operation<sdk.RemoveTagsFromResourceRequest, sdk.RemoveTagsFromResourceResult>({
      resources,
      run: ({ ResourceId = '', TagKeys = [] }) => {
        const tags = parameters.tags(ResourceId);
        for (const key of TagKeys) tags.delete(key);
        return {};
      },
    }),
    ListTagsForResource: operation<sdk.ListTagsForResourceRequest, sdk.ListTagsForResourceResult>({
      resources,
      run: ({ ResourceId = '' }) => ({ TagList: parameters.tagList(ResourceId) }),
    }),
  };
}

function page<T>(items: readonly T[], size: number, token: string | undefined) {
  const invalid = () => new Fault('InvalidNextToken', 'The specified token is not valid.');
  return pageOf(items, { size, token, invalid });
}

function matches(parameter: sdk.ParameterMetadata, filter: sdk.ParameterStringFilter): boolean {
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
    default:
      throw new Fault(
        'InvalidFilterKey',
        `The local AWS filters parameters by Name, Type and Path; found ${filter.Key}.`,
      );
  }
}

function compares(text: string, option: string | undefined, value: string): boolean {
  if (option === 'BeginsWith') return text.startsWith(value);
  if (option === 'Contains') return text.includes(value);
  return text === value;
}
