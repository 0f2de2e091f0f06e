import type * as sdk from '@aws-sdk/client-ec2';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { FILTERS, LAUNCH as LAUNCH_DATA, PAGE, TAG_SPECIFICATIONS, UNMANAGED } from './accepted';
import { createdBy } from './condition-keys';
import { TEMPLATE_VERSION_FILTERS } from './filter-values';
import { filtered } from './filters';
import { type Ec2State, type TemplateRecord, tagsFor } from './state';
import { dryRun, missingParameter, page } from './table';

interface Named {
  readonly LaunchTemplateId?: string;
  readonly LaunchTemplateName?: string;
}

/** @throws Fault when there is no such launch template */
export function findTemplate(
  state: Ec2State,
  { LaunchTemplateId, LaunchTemplateName }: Named,
): TemplateRecord {
  if (LaunchTemplateId !== undefined) return state.templates.get(LaunchTemplateId);
  if (LaunchTemplateName === undefined) throw missingParameter('LaunchTemplateId or LaunchTemplateName');
  const found = state.templates.all().find((template) => template.LaunchTemplateName === LaunchTemplateName);
  if (found) return found;
  throw new Fault(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${LaunchTemplateName}, does not exist.`,
  );
}

/**
 * One version of a launch template; none given means the default version, as for RunInstances.
 * @throws Fault when there is no such version
 */
export function findVersion(
  template: TemplateRecord,
  version = '$Default',
  isTold: (version: sdk.LaunchTemplateVersion) => boolean = () => true,
): sdk.LaunchTemplateVersion {
  const found = template.versions.find(({ VersionNumber }) => VersionNumber === numberOf(template, version));
  if (found && isTold(found)) return found;
  throw new Fault(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${version} for the launch template with ID ${template.LaunchTemplateId}.`,
  );
}

function numberOf(template: TemplateRecord, version: string): number {
  if (version === '$Latest') return template.versions.at(-1)!.VersionNumber!;
  if (version === '$Default') return template.DefaultVersionNumber!;
  if (/^\d+$/.test(version)) return Number(version);
  throw new Fault(
    'InvalidLaunchTemplateVersion.Malformed',
    `The launch template version '${version}' is not valid; it is a number, $Latest or $Default.`,
  );
}

/** Operations on launch templates and their versions. */
export function launchTemplateOperations(state: Ec2State): Operations<typeof sdk> {
  const { core, templates } = state;
  const describe = ({ versions: _, clientToken: __, ...template }: TemplateRecord): sdk.LaunchTemplate =>
    template;
  /** When describe calls begin to tell of a version: they are eventually consistent. */
  const told = new WeakMap<sdk.LaunchTemplateVersion, number>();
  const toldFrom = (version: sdk.LaunchTemplateVersion): number => {
    const from = told.get(version) ?? version.CreateTime!.getTime() + core.variations.describeDelayMs();
    told.set(version, from);
    return from;
  };
  const arnOf = (input: Named) => [
    state.arn('launch-template', findTemplate(state, input).LaunchTemplateId ?? '*'),
  ];
  const arnOfAny = () => [state.arn('launch-template', '*')];

  /** Numbers go on where they were: a deleted version's number is not given again. */
  const addVersion = (
    template: TemplateRecord,
    data: sdk.RequestLaunchTemplateData,
    description: string | undefined,
    createdBy: string,
  ): sdk.LaunchTemplateVersion => {
    const VersionNumber = (template.LatestVersionNumber ?? 0) + 1;
    template.LatestVersionNumber = VersionNumber;
    const version: sdk.LaunchTemplateVersion = {
      LaunchTemplateId: template.LaunchTemplateId,
      LaunchTemplateName: template.LaunchTemplateName,
      VersionNumber,
      VersionDescription: description,
      CreateTime: state.now(),
      CreatedBy: createdBy,
      LaunchTemplateData: structuredClone(data) as sdk.ResponseLaunchTemplateData,
    };
    template.versions.push(version);
    return version;
  };
  const withDefault = (template: TemplateRecord) => (version: sdk.LaunchTemplateVersion) => ({
    ...version,
    DefaultVersion: version.VersionNumber === template.DefaultVersionNumber,
  });

  return {
    CreateLaunchTemplate: {
      accepts: {
        LaunchTemplateName: true,
        VersionDescription: true,
        ClientToken: true,
        DryRun: true,
        LaunchTemplateData: LAUNCH_DATA,
        TagSpecifications: TAG_SPECIFICATIONS,
      },
      resources: arnOfAny,
      run: (input, call) => {
        const name = input.LaunchTemplateName ?? '';
        const repeated = templates.all().find((template) => template.LaunchTemplateName === name);
        if (input.ClientToken && repeated?.clientToken === input.ClientToken)
          return { LaunchTemplate: describe(repeated) };
        if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
          throw new Fault(
            'InvalidLaunchTemplateName.MalformedException',
            `The launch template name '${name}' is not valid; it has 3 to 128 letters, digits and characters of ( ) . - / _.`,
          );
        }
        if (templates.all().some((template) => template.LaunchTemplateName === name)) {
          throw new Fault(
            'InvalidLaunchTemplateName.AlreadyExistsException',
            'Launch template name already in use.',
          );
        }
        if (!input.LaunchTemplateData) throw missingParameter('LaunchTemplateData');
        const Tags = tagsFor(input.TagSpecifications, 'launch-template');
        if (Tags.length)
          call.authorize(
            'ec2:CreateTags',
            state.arn('launch-template', '*'),
            createdBy('CreateLaunchTemplate', Tags),
          );
        if (input.DryRun) throw dryRun();
        const template: TemplateRecord = templates.add({
          LaunchTemplateId: core.id('lt'),
          LaunchTemplateName: name,
          CreateTime: state.now(),
          CreatedBy: call.principal.arn,
          DefaultVersionNumber: 1,
          LatestVersionNumber: 0,
          Tags,
          clientToken: input.ClientToken,
          versions: [],
        });
        addVersion(template, input.LaunchTemplateData, input.VersionDescription, call.principal.arn);
        return { LaunchTemplate: describe(template) };
      },
    },

    CreateLaunchTemplateVersion: {
      accepts: {
        LaunchTemplateId: true,
        LaunchTemplateName: true,
        SourceVersion: true,
        VersionDescription: true,
        ClientToken: true,
        LaunchTemplateData: LAUNCH_DATA,
        ResolveAlias: only(false),
      },
      resources: arnOf,
      run: (input, call) => {
        const template = findTemplate(state, input);
        const { LaunchTemplateData } = input;
        if (!LaunchTemplateData) throw missingParameter('LaunchTemplateData');
        const source =
          input.SourceVersion === undefined
            ? {}
            : findVersion(template, input.SourceVersion).LaunchTemplateData;
        const data = { ...(source as sdk.RequestLaunchTemplateData), ...LaunchTemplateData };
        const version = state.tokens.once('CreateLaunchTemplateVersion', input, () =>
          addVersion(template, data, input.VersionDescription, call.principal.arn),
        );
        return { LaunchTemplateVersion: withDefault(template)(version) };
      },
    },

    DescribeLaunchTemplates: {
      accepts: {
        LaunchTemplateIds: true,
        LaunchTemplateNames: true,
        ...PAGE,
        ...UNMANAGED,
        Filters: FILTERS,
      },
      run: (input) => {
        const ids = [
          ...(input.LaunchTemplateIds ?? []),
          ...(input.LaunchTemplateNames ?? []).map(
            (LaunchTemplateName) => findTemplate(state, { LaunchTemplateName }).LaunchTemplateId!,
          ),
        ];
        const { items, NextToken } = page(templates.find(ids, input.Filters).map(describe), input, {
          minimum: 1,
          maximum: 200,
        });
        return { LaunchTemplates: items, NextToken };
      },
    },

    DescribeLaunchTemplateVersions: {
      accepts: {
        LaunchTemplateId: true,
        LaunchTemplateName: true,
        Versions: true,
        MinVersion: true,
        MaxVersion: true,
        ...PAGE,
        ...UNMANAGED,
        Filters: FILTERS,
        ResolveAlias: only(false),
      },
      run: (input, { principal }) => {
        const isTold = (version: sdk.LaunchTemplateVersion) =>
          principal.kind !== 'role' || core.clock.now() >= toldFrom(version);
        const isNamed = input.LaunchTemplateId !== undefined || input.LaunchTemplateName !== undefined;
        // Without a template it is the latest or the default version of every one.
        const among = isNamed ? [findTemplate(state, input)] : templates.all();
        const found = among.flatMap((template) => {
          const versions = input.Versions?.length
            ? [...new Set(input.Versions.map((version) => findVersion(template, version, isTold)))]
            : [...template.versions].reverse().filter(isTold);
          return versions
            .filter(
              ({ VersionNumber }) =>
                VersionNumber! >= Number(input.MinVersion ?? 1) &&
                VersionNumber! <= Number(input.MaxVersion ?? Number.POSITIVE_INFINITY),
            )
            .map(withDefault(template));
        });
        const matching = filtered(
          found,
          input.Filters,
          'DescribeLaunchTemplateVersions',
          TEMPLATE_VERSION_FILTERS,
        );
        const { items, NextToken } = page(matching, input, { minimum: 1, maximum: 200 });
        return { LaunchTemplateVersions: items, NextToken };
      },
    },

    ModifyLaunchTemplate: {
      accepts: {
        LaunchTemplateId: true,
        LaunchTemplateName: true,
        DefaultVersion: true,
        ClientToken: 'a change that is repeated changes nothing',
      },
      resources: arnOf,
      run: (input) => {
        const template = findTemplate(state, input);
        if (input.DefaultVersion !== undefined) {
          template.DefaultVersionNumber = findVersion(template, input.DefaultVersion).VersionNumber;
        }
        return { LaunchTemplate: describe(template) };
      },
    },

    DeleteLaunchTemplate: {
      accepts: { LaunchTemplateId: true, LaunchTemplateName: true },
      resources: arnOf,
      run: (input) => ({
        LaunchTemplate: describe(templates.remove(findTemplate(state, input).LaunchTemplateId)),
      }),
    },

    DeleteLaunchTemplateVersions: {
      accepts: { LaunchTemplateId: true, LaunchTemplateName: true, Versions: true },
      resources: arnOf,
      run: (input) => {
        const template = findTemplate(state, input);
        const { LaunchTemplateId, LaunchTemplateName } = template;
        const deleted: sdk.DeleteLaunchTemplateVersionsResponseSuccessItem[] = [];
        const kept: sdk.DeleteLaunchTemplateVersionsResponseErrorItem[] = [];
        for (const version of input.Versions ?? []) {
          const VersionNumber = Number(version);
          const item = { LaunchTemplateId, LaunchTemplateName, VersionNumber };
          const index = template.versions.findIndex((candidate) => candidate.VersionNumber === VersionNumber);
          if (index < 0) {
            const Message = `The specified launch template version ${version} does not exist.`;
            kept.push({ ...item, ResponseError: { Code: 'launchTemplateVersionDoesNotExist', Message } });
          } else if (VersionNumber === template.DefaultVersionNumber) {
            const Message = 'The default version of a launch template cannot be deleted.';
            kept.push({ ...item, ResponseError: { Code: 'unexpectedError', Message } });
          } else {
            template.versions.splice(index, 1);
            deleted.push(item);
          }
        }
        return {
          SuccessfullyDeletedLaunchTemplateVersions: deleted,
          UnsuccessfullyDeletedLaunchTemplateVersions: kept,
        };
      },
    },
  };
}
