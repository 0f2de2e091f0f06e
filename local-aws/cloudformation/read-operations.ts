import type * as sdk from '@aws-sdk/client-cloudformation';
import type { GetTemplateSummaryOutput } from '@aws-sdk/client-cloudformation';
import type { Operations } from '../core/service';
import { NO_EVENTS, NO_HOOKS } from './accepted';
import type { Parts } from './change-set-operations';
import { describeResource, describeStack, page } from './describe';
import { validationError } from './faults';
import { requiredCapabilities } from './model-factory';
import { summarizeParameters } from './parameters';
import { parseTemplate, type Template } from './template';

/** The operations that change nothing. */
export function readOperations({ store, models }: Parts): Operations<typeof sdk> {
  return {
    DescribeStacks: {
      accepts: { StackName: true, NextToken: true },
      resources: ({ StackName }) => [store.find(StackName)?.id ?? '*'],
      run(input) {
        const stacks = input.StackName ? [store.get(input.StackName)] : store.live();
        const { items, nextToken } = page(stacks, input.NextToken);
        return { Stacks: items.map(describeStack), NextToken: nextToken };
      },
    },
    ListStacks: {
      accepts: { NextToken: true, StackStatusFilter: true },
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
    },
    DescribeStackEvents: {
      accepts: { StackName: true, NextToken: true },
      resources: ({ StackName }) => [store.find(StackName)?.id ?? '*'],
      run(input) {
        const stack = store.find(input.StackName);
        if (!stack) throw validationError(`Stack [${input.StackName}] does not exist`);
        const { items, nextToken } = page([...stack.events].reverse(), input.NextToken, {
          newestFirst: true,
        });
        return { StackEvents: items, NextToken: nextToken };
      },
    },
    // The CDK CLI asks for what early validation and hooks found; there are none here.
    DescribeEvents: {
      accepts: {
        StackName: NO_EVENTS,
        ChangeSetName: NO_EVENTS,
        OperationId: NO_EVENTS,
        Filters: { FailedEvents: NO_EVENTS },
      },
      run: () => ({ OperationEvents: [] }),
    },
    ListHookResults: {
      accepts: { TargetType: NO_HOOKS, TargetId: NO_HOOKS, TypeArn: NO_HOOKS, Status: NO_HOOKS },
      run: () => ({ HookResults: [] }),
    },
    DescribeStackResource: {
      accepts: { StackName: true, LogicalResourceId: true },
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
    },
    DescribeStackResources: {
      accepts: { StackName: true, LogicalResourceId: true, PhysicalResourceId: true },
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
    },
    ListStackResources: {
      accepts: { StackName: true, NextToken: true },
      run(input) {
        const stack = store.get(input.StackName);
        const { items, nextToken } = page([...stack.resources.values()], input.NextToken);
        return { StackResourceSummaries: items.map(describeResource), NextToken: nextToken };
      },
    },
    GetTemplate: {
      accepts: {
        StackName: true,
        ChangeSetName: true,
        TemplateStage: 'without transforms the stages are the same',
      },
      run(input) {
        const model = input.ChangeSetName
          ? store.changeSet(input.ChangeSetName, input.StackName)[1].model
          : store.get(input.StackName).model;
        // A stack in review has no template yet, and is asked for it all the same.
        return { TemplateBody: model?.input.body ?? '{}', StagesAvailable: ['Original', 'Processed'] };
      },
    },
    GetTemplateSummary: {
      accepts: {
        TemplateBody: true,
        TemplateURL: true,
        StackName: true,
        TemplateSummaryConfig: { TreatUnrecognizedResourceTypesAsWarnings: 'types are told as they are' },
      },
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
    },
    ValidateTemplate: {
      accepts: { TemplateBody: true, TemplateURL: true },
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
    },
    ListExports: {
      accepts: { NextToken: true },
      run(input) {
        const found = store
          .live()
          .flatMap(({ id, exports }) =>
            exports.map(({ name, value }) => ({ ExportingStackId: id, Name: name, Value: value })),
          );
        const { items, nextToken } = page(found, input.NextToken);
        return { Exports: items, NextToken: nextToken };
      },
    },
    ListImports: {
      accepts: { ExportName: true, NextToken: true },
      run(input) {
        const importers = store.importers(input.ExportName ?? '');
        if (!importers.length)
          throw validationError(`Export '${input.ExportName}' is not imported by any stack.`);
        const { items, nextToken } = page(importers, input.NextToken);
        return { Imports: items, NextToken: nextToken };
      },
    },
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
