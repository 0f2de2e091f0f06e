import { createHash } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-imagebuilder';
import type { CreateComponentRequest, CreateImageRecipeRequest } from '@aws-sdk/client-imagebuilder';
import { only } from '../core/accepts';
import { Fault } from '../core/fault';
import type { Operations } from '../core/service';
import { DocumentError, parseComponentDocument } from './component-document';
import { filtered, inUse, page } from './listing';
import { arnOf, checkName, invalidParameter, nextVersion, parseVersion, partsOf } from './names';
import { nameOf, type Store } from './store';

const NO_VOLUMES = 'machines have the disk of this computer';

/** Components and image recipes: what an image is made of. */
export function componentOperations(store: Store): Operations<typeof sdk> {
  return {
    CreateComponent: {
      accepts: {
        name: true,
        semanticVersion: true,
        description: true,
        changeDescription: true,
        platform: true,
        data: true,
        tags: true,
        clientToken: true,
        dryRun: true,
        supportedOsVersions: 'told of the component; parents are not compared with it',
        kmsKeyId: 'nothing is encrypted',
      },
      resources: (input) => [
        arnOf(store.core, 'component', input.name ?? '', input.semanticVersion ?? '', '*'),
      ],
      run: (input, call) =>
        store.once('CreateComponent', input, () => {
          const arn = createComponent(store, input);
          return { requestId: call.requestId, clientToken: input.clientToken, componentBuildVersionArn: arn };
        }),
    },
    GetComponent: {
      accepts: { componentBuildVersionArn: true },
      resources: (input) => [input.componentBuildVersionArn ?? '*'],
      run: (input, call) => ({
        requestId: call.requestId,
        component: store.component(input.componentBuildVersionArn),
      }),
    },
    ListComponents: {
      accepts: {
        maxResults: true,
        nextToken: true,
        owner: only('Self'),
        filters: { name: true, values: true },
        byName: only(false),
      },
      run: (input, call) => {
        const versions = [...store.components.values()]
          .filter((component) => store.component(versionArn(component.arn!)).arn === component.arn)
          .map(({ arn, name, version, description, platform, type, owner, dateCreated }) => ({
            ...{ arn: versionArn(arn!), name, version, description, platform, type, owner, dateCreated },
          }));
        const [componentVersionList, nextToken] = page(
          filtered(versions, input.filters, ['description', 'name', 'platform', 'type', 'version']),
          input,
        );
        return { requestId: call.requestId, componentVersionList, nextToken };
      },
    },
    ListComponentBuildVersions: {
      accepts: { componentVersionArn: true, maxResults: true, nextToken: true },
      resources: (input) => [input.componentVersionArn ?? '*'],
      run: (input, call) => {
        const builds = [...store.components.values()].filter(
          ({ arn }) => versionArn(arn!) === input.componentVersionArn,
        );
        const [componentSummaryList, nextToken] = page(
          builds.map(({ data: _data, parameters: _parameters, ...summary }) => summary),
          input,
        );
        return { requestId: call.requestId, componentSummaryList, nextToken };
      },
    },
    DeleteComponent: {
      accepts: { componentBuildVersionArn: true },
      resources: (input) => [input.componentBuildVersionArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(store.components, 'component', input.componentBuildVersionArn);
        for (const recipe of store.recipes.values()) {
          const used = recipe.components?.some(
            ({ componentArn }) => store.component(componentArn).arn === arn,
          );
          if (used) throw inUse(arn!, recipe.arn!);
        }
        const run = store.runThatNeeds(
          ({ imageRecipe }) =>
            imageRecipe?.components?.some(({ componentArn }) => store.component(componentArn).arn === arn) ??
            false,
        );
        if (run) throw inUse(arn!, run.arn);
        store.components.delete(arn!);
        return { requestId: call.requestId, componentBuildVersionArn: arn };
      },
    },
    CreateImageRecipe: {
      accepts: {
        name: true,
        description: true,
        semanticVersion: true,
        parentImage: true,
        tags: true,
        amiTags: true,
        clientToken: true,
        components: { componentArn: true, parameters: { name: true, value: true } },
        blockDeviceMappings: {
          deviceName: true,
          ebs: {
            volumeSize: true,
            encrypted: NO_VOLUMES,
            deleteOnTermination: NO_VOLUMES,
            iops: NO_VOLUMES,
            kmsKeyId: NO_VOLUMES,
            snapshotId: NO_VOLUMES,
            volumeType: NO_VOLUMES,
            throughput: NO_VOLUMES,
          },
        },
        workingDirectory: 'commands run in a folder of their own',
        additionalInstanceConfiguration: {
          systemsManagerAgent: { uninstallAfterBuild: 'there is no agent' },
        },
      },
      resources: (input) => [
        arnOf(store.core, 'image-recipe', input.name ?? '', input.semanticVersion ?? ''),
      ],
      run: (input, call) =>
        store.once('CreateImageRecipe', input, () => {
          const arn = createImageRecipe(store, input);
          return { requestId: call.requestId, clientToken: input.clientToken, imageRecipeArn: arn };
        }),
    },
    GetImageRecipe: {
      accepts: { imageRecipeArn: true },
      resources: (input) => [input.imageRecipeArn ?? '*'],
      run: (input, call) => ({ requestId: call.requestId, imageRecipe: store.recipe(input.imageRecipeArn) }),
    },
    ListImageRecipes: {
      accepts: {
        maxResults: true,
        nextToken: true,
        owner: only('Self'),
        filters: { name: true, values: true },
      },
      run: (input, call) => {
        const summaries = [...store.recipes.values()].map(
          ({ arn, name, platform, owner, parentImage, dateCreated, tags }) => ({
            ...{ arn, name, platform, owner, parentImage, dateCreated, tags },
          }),
        );
        const [imageRecipeSummaryList, nextToken] = page(
          filtered(summaries, input.filters, ['name', 'parentImage', 'platform']),
          input,
        );
        return { requestId: call.requestId, imageRecipeSummaryList, nextToken };
      },
    },
    DeleteImageRecipe: {
      accepts: { imageRecipeArn: true },
      resources: (input) => [input.imageRecipeArn ?? '*'],
      run: (input, call) => {
        const { arn } = store.get(store.recipes, 'image-recipe', input.imageRecipeArn);
        for (const pipeline of store.pipelines.values()) {
          if (store.recipe(pipeline.imageRecipeArn).arn === arn) throw inUse(arn!, pipeline.arn!);
        }
        const run = store.runThatNeeds(({ imageRecipe }) => imageRecipe?.arn === arn);
        if (run) throw inUse(arn!, run.arn);
        store.recipes.delete(arn!);
        return { requestId: call.requestId, imageRecipeArn: arn };
      },
    },
  };
}

function createComponent(store: Store, input: CreateComponentRequest): string {
  const name = checkName(input.name);
  const version = parseVersion(input.semanticVersion).join('.');
  if (input.platform !== 'Linux')
    throw invalidParameter('platform', `The local AWS builds for Linux; found '${input.platform}'.`);
  const data = input.data ?? '';
  if (data.length < 1 || data.length > 16_000) {
    throw invalidParameter('data', `A component document has 1 to 16000 characters; found ${data.length}.`);
  }
  const document = documentOf(data);
  const builds = store
    .versionsOf(store.components, arnOf(store.core, 'component', name))
    .filter((arn) => partsOf(arn).version === version)
    .map((arn) => store.components.get(arn)!);
  // https://docs.aws.amazon.com/imagebuilder/latest/userguide/ibhow-semantic-versioning.html
  const same = builds.find((build) => contentOf(build) === contentOf(input));
  if (same) {
    throw new Fault(
      'ResourceAlreadyExistsException',
      `Component already exists with the same name, version and content: ${same.arn}`,
    );
  }
  const next = 1 + Math.max(0, ...builds.map(({ arn }) => partsOf(arn!).build!));
  const arn = arnOf(store.core, 'component', name, version, next);
  if (input.dryRun) return arn;
  store.components.set(arn, {
    ...{ arn, name, version, data, platform: 'Linux', owner: store.core.account, encrypted: true },
    type: document.phases.every(({ name }) => name === 'test') ? 'TEST' : 'BUILD',
    description: input.description,
    changeDescription: input.changeDescription,
    supportedOsVersions: input.supportedOsVersions,
    kmsKeyId: input.kmsKeyId,
    state: { status: 'ACTIVE' },
    parameters: document.parameters.map(({ name, default: fallback, description }) => ({
      ...{ name, type: 'string', description, defaultValue: fallback === undefined ? undefined : [fallback] },
    })),
    dateCreated: store.now(),
    tags: input.tags ?? {},
  });
  return arn;
}

function documentOf(data: string) {
  try {
    return parseComponentDocument(data);
  } catch (error) {
    if (error instanceof DocumentError) throw invalidParameter('data', error.message);
    throw error;
  }
}

function contentOf(component: {
  data?: string;
  description?: string;
  supportedOsVersions?: string[];
}): string {
  const { data, description, supportedOsVersions } = component;
  return createHash('sha256')
    .update(JSON.stringify([data, description, supportedOsVersions]))
    .digest('hex');
}

function createImageRecipe(store: Store, input: CreateImageRecipeRequest): string {
  const name = checkName(input.name);
  if (!input.parentImage) throw invalidParameter('parentImage', 'It is empty.');
  for (const { componentArn, parameters = [] } of input.components ?? []) {
    const component = store.component(componentArn);
    for (const { name, value } of parameters) {
      if (!component.parameters?.some((declared) => declared.name === name)) {
        throw invalidParameter('components', `The component ${component.arn} has no parameter '${name}'.`);
      }
      if (value?.length !== 1) {
        throw invalidParameter(
          'components',
          `The parameter '${name}' needs one value; found ${value?.length ?? 0}.`,
        );
      }
    }
    const missing = component.parameters?.find(
      (declared) => !declared.defaultValue && !parameters.some(({ name }) => name === declared.name),
    );
    if (missing) {
      throw invalidParameter(
        'components',
        `The component ${component.arn} needs a value for the parameter '${missing.name}'.`,
      );
    }
  }
  const existing = store.versionsOf(store.recipes, arnOf(store.core, 'image-recipe', name));
  const version = nextVersion(
    input.semanticVersion,
    existing.map((arn) => partsOf(arn).version!),
  );
  const arn = arnOf(store.core, 'image-recipe', name, version);
  if (store.recipes.has(arn)) {
    throw new Fault('ResourceAlreadyExistsException', `The image recipe already exists: ${arn}`);
  }
  const { clientToken: _token, semanticVersion: _version, ...content } = input;
  store.recipes.set(arn, {
    ...content,
    ...{ arn, name, version, type: 'AMI', platform: 'Linux', owner: store.core.account },
    dateCreated: store.now(),
    tags: input.tags ?? {},
  });
  return arn;
}

/** A component's ARN without its build number. */
function versionArn(arn: string): string {
  return `${nameOf(arn)}/${partsOf(arn).version}`;
}
