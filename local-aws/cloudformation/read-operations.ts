import type {
  DescribeEventsInput,
  DescribeEventsOutput,
  DescribeStackEventsInput,
  DescribeStackEventsOutput,
  DescribeStackResourceInput,
  DescribeStackResourceOutput,
  DescribeStackResourcesInput,
  DescribeStackResourcesOutput,
  DescribeStacksInput,
  DescribeStacksOutput,
  GetTemplateInput,
  GetTemplateOutput,
  GetTemplateSummaryInput,
  GetTemplateSummaryOutput,
  ListExportsInput,
  ListExportsOutput,
  ListHookResultsInput,
  ListHookResultsOutput,
  ListImportsInput,
  ListImportsOutput,
  ListStackResourcesInput,
  ListStackResourcesOutput,
  ListStacksInput,
  ListStacksOutput,
  ValidateTemplateInput,
  ValidateTemplateOutput,
} from '@aws-sdk/client-cloudformation';
import { type Operation, operation } from '../core/service';
import type { Parts } from './change-set-operations';
import { describeResource, describeStack, page } from './describe';
import { validationError } from './faults';
import { requiredCapabilities } from './model-factory';
import { summarizeParameters } from './parameters';
import { parseTemplate, type Template } from './template';

/** The operations that change nothing. */
export function readOperations({ store, models }: Parts): Readonly<Record<string, Operation>> {
  return {
    DescribeStacks: operation<DescribeStacksInput, DescribeStacksOutput>({
      resources: ({ StackName }) => [store.find(StackName)?.id ?? '*'],
      run(input) {
        const stacks = input.StackName ? [store.get(input.StackName)] : store.live();
        const { items, nextToken } = page(stacks, input.NextToken);
        return { Stacks: items.map(describeStack), NextToken: nextToken };
      },
    }),
    ListStacks: operation<ListStacksInput, ListStacksOutput>({
      run(input) {
        const wanted = store
          .all()
          .filter(
            ({ status }) => !input.StackStatusFilter?.length || input.StackStatusFilter.includes(status),
          );
        const { items, nextToken } = page(wanted, input.NextToken);
        return {
          StackSummaries: items.map((stack) => {
            const {
              StackId,
              StackName,
              CreationTime,
              LastUpdatedTime,
              DeletionTime,
              StackStatus,
              StackStatusReason,
            } = describeStack(stack);
            return {
              StackId,
              StackName,
              CreationTime,
              LastUpdatedTime,
              DeletionTime,
              StackStatus,
              StackStatusReason,
            };
          }),
          NextToken: nextToken,
        };
      },
    }),
    DescribeStackEvents: operation<DescribeStackEventsInput, DescribeStackEventsOutput>({
      resources: ({ StackName }) => [store.find(StackName)?.id ?? '*'],
      run(input) {
        const stack = store.find(input.StackName);
        if (!stack) throw validationError(`Stack [${input.StackName}] does not exist`);
        const { items, nextToken } = page([...stack.events].reverse(), input.NextToken);
        return { StackEvents: items, NextToken: nextToken };
      },
    }),
    // The CDK CLI asks for what early validation and hooks found; there are none here.
    DescribeEvents: operation<DescribeEventsInput, DescribeEventsOutput>({
      run: () => ({ OperationEvents: [] }),
    }),
    ListHookResults: operation<ListHookResultsInput, ListHookResultsOutput>({
      run: () => ({ HookResults: [] }),
    }),
    DescribeStackResource: operation<DescribeStackResourceInput, DescribeStackResourceOutput>({
      run(input) {
        const stack = store.get(input.StackName);
        const resource = stack.resources.get(input.LogicalResourceId ?? '');
        if (!resource) {
          throw validationError(
            `Resource ${input.LogicalResourceId} does not exist for stack ${input.StackName}`,
          );
        }
        const { LastUpdatedTimestamp, DriftInformation: _, ...detail } = describeResource(resource);
        const metadata = stack.model?.template.Resources[resource.logicalId]?.Metadata;
        return {
          StackResourceDetail: {
            ...detail,
            StackName: stack.name,
            StackId: stack.id,
            LastUpdatedTimestamp,
            ...(metadata !== undefined ? { Metadata: JSON.stringify(metadata) } : {}),
          },
        };
      },
    }),
    DescribeStackResources: operation<DescribeStackResourcesInput, DescribeStackResourcesOutput>({
      run(input) {
        const stack = input.StackName
          ? store.get(input.StackName)
          : store
              .live()
              .find(({ resources }) =>
                [...resources.values()].some(({ physicalId }) => physicalId === input.PhysicalResourceId),
              );
        if (!stack) throw validationError(`Stack for ${input.PhysicalResourceId} does not exist`);
        return {
          StackResources: [...stack.resources.values()]
            .filter(({ logicalId }) => !input.LogicalResourceId || logicalId === input.LogicalResourceId)
            .map((resource) => {
              const { LastUpdatedTimestamp, ...summary } = describeResource(resource);
              return {
                ...summary,
                StackName: stack.name,
                StackId: stack.id,
                Timestamp: LastUpdatedTimestamp,
              };
            }),
        };
      },
    }),
    ListStackResources: operation<ListStackResourcesInput, ListStackResourcesOutput>({
      run(input) {
        const stack = store.get(input.StackName);
        const { items, nextToken } = page([...stack.resources.values()], input.NextToken);
        return { StackResourceSummaries: items.map(describeResource), NextToken: nextToken };
      },
    }),
    GetTemplate: operation<GetTemplateInput, GetTemplateOutput>({
      run(input) {
        const model = input.ChangeSetName
          ? store.changeSet(input.ChangeSetName, input.StackName)[1].model
          : store.get(input.StackName).model;
        // A stack in review has no template yet, and is asked for it all the same.
        return { TemplateBody: model?.input.body ?? '{}', StagesAvailable: ['Original', 'Processed'] };
      },
    }),
    GetTemplateSummary: operation<GetTemplateSummaryInput, GetTemplateSummaryOutput>({
      async run(input) {
        const body = input.StackName
          ? (store.get(input.StackName).model?.input.body ?? '{}')
          : await models.body(input);
        const template = parseTemplate(body);
        return {
          ...summary(template),
          ResourceTypes: [...new Set(Object.values(template.Resources).map(({ Type }) => Type))],
          ...(template.Metadata !== undefined ? { Metadata: JSON.stringify(template.Metadata) } : {}),
        };
      },
    }),
    ValidateTemplate: operation<ValidateTemplateInput, ValidateTemplateOutput>({
      async run(input) {
        const { Parameters, ...rest } = summary(parseTemplate(await models.body(input)));
        return {
          ...rest,
          Parameters: Parameters?.map(({ ParameterKey, DefaultValue, NoEcho, Description }) => ({
            ParameterKey,
            DefaultValue,
            NoEcho,
            Description,
          })),
        };
      },
    }),
    ListExports: operation<ListExportsInput, ListExportsOutput>({
      run: () => ({
        Exports: store
          .live()
          .flatMap(({ id, exports }) =>
            exports.map(({ name, value }) => ({ ExportingStackId: id, Name: name, Value: value })),
          ),
      }),
    }),
    ListImports: operation<ListImportsInput, ListImportsOutput>({
      run(input) {
        const importers = store.importers(input.ExportName ?? '');
        if (!importers.length)
          throw validationError(`Export '${input.ExportName}' is not imported by any stack.`);
        return { Imports: [...importers] };
      },
    }),
  };
}

function summary(
  template: Template,
): Pick<GetTemplateSummaryOutput, 'Parameters' | 'Description' | 'Capabilities' | 'CapabilitiesReason'> {
  const capabilities = requiredCapabilities(template);
  return {
    Parameters: summarizeParameters(template),
    ...(template.Description !== undefined ? { Description: template.Description } : {}),
    Capabilities: capabilities,
    ...(capabilities.length ? { CapabilitiesReason: 'The template has IAM resources.' } : {}),
  };
}
