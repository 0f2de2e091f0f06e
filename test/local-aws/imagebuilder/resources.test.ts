import * as ib from '@aws-sdk/client-imagebuilder';
import { unservedMember } from '../../../local-aws/core/accepts';
import type { Properties } from '../../../local-aws/core/service';
import { provisioningOf } from '../provisioning';
import { DOCUMENT, PARENT, world } from './fixture';

function provisioner() {
  const made = world();
  const provisioning = provisioningOf(made.core, 'Logical');
  const type = (name: string) => made.service.resourceTypes[`AWS::ImageBuilder::${name}`]!;
  const create = (name: string, properties: Properties) => type(name).create(properties, provisioning);
  return { ...made, provisioning, type, create };
}

const COMPONENT = { Name: 'Install', Version: '1.0.0', Platform: 'Linux', Data: DOCUMENT };

test('a component of the same version: other content is another build, the same content is refused', async () => {
  const { create, core } = provisioner();
  const first = await create('Component', COMPONENT);
  expect(first.physicalId).toMatch(/:component\/install\/1\.0\.0\/1$/);
  expect(first.attributes).toMatchObject({ Arn: first.physicalId, Name: 'Install', Type: 'BUILD' });
  await expect(create('Component', COMPONENT)).rejects.toMatchObject({
    code: 'ResourceAlreadyExistsException',
  });
  const second = await create('Component', { ...COMPONENT, Data: `${DOCUMENT}# changed\n` });
  expect(second.physicalId).toMatch(/\/1\.0\.0\/2$/);
  const { tags } = await core.send(new ib.ListTagsForResourceCommand({ resourceArn: first.physicalId }));
  expect(tags).toEqual({ 'aws:cloudformation:stack-name': 'Stack' });
});

test('a document that the real service refuses, and a property it does not have', async () => {
  const { create } = provisioner();
  await expect(create('Component', { ...COMPONENT, Data: 'schemaVersion: 1.0' })).rejects.toThrow(
    "The value supplied for parameter 'data' is not valid. phases must be a list; found nothing.",
  );
  await expect(create('Component', { ...COMPONENT, Colour: 'blue' })).rejects.toThrow(
    'Encountered unsupported property /Colour',
  );
});

test('lists come in pages, and by the filters that they have', async () => {
  const { create, core } = provisioner();
  for (const Name of ['one', 'two', 'three']) await create('Component', { ...COMPONENT, Name });
  const list = async (input: ib.ListComponentsCommandInput) => {
    const found = await core.send(new ib.ListComponentsCommand(input));
    return { names: found.componentVersionList!.map(({ name }) => name), next: found.nextToken };
  };
  const first = await list({ maxResults: 2 });
  expect(first.names).toEqual(['one', 'two']);
  expect(await list({ maxResults: 2, nextToken: first.next })).toEqual({ names: ['three'], next: undefined });
  expect((await list({ filters: [{ name: 'name', values: ['two'] }] })).names).toEqual(['two']);
  // Where nothing is listed, as little as where something is.
  const byColour = { filters: [{ name: 'colour', values: ['blue'] }] };
  await expect(core.send(new ib.ListImagesCommand(byColour))).rejects.toThrow("found 'colour'");
  await expect(list({ maxResults: 26 })).rejects.toThrow('1 to 25');
  await expect(list({ owner: 'Amazon' })).rejects.toThrow('owner = Amazon is not served');
});

test.each([
  ['InfrastructureConfiguration', 'Logging'],
  ['ImagePipeline', 'Workflows'],
  ['Component', 'Uri'],
  ['ImageRecipe', 'Colour'],
])('%s: the property %s is refused', (name, property) => {
  const { type } = provisioner();
  expect(unservedMember(type(name).accepts!, { [property]: 'x' })).toMatch(`${property} is not served`);
});

test('a recipe checks its components and their parameters', async () => {
  const { create } = provisioner();
  const { physicalId } = await create('Component', COMPONENT);
  const recipe = (parameters: readonly object[] | undefined, arn = physicalId) =>
    create('ImageRecipe', {
      Name: 'Recipe',
      Version: '1.0.x',
      ParentImage: PARENT,
      Components: [{ ComponentArn: arn, Parameters: parameters }],
    });
  await expect(recipe(undefined)).rejects.toThrow(/needs a value for the parameter 'Version'/);
  await expect(recipe([{ Name: 'Colour', Value: ['blue'] }])).rejects.toThrow(/has no parameter 'Colour'/);
  await expect(
    recipe(undefined, 'arn:aws:imagebuilder:eu-central-1:000000000000:component/none/1.0.0/1'),
  ).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
  });
  const version = [{ Name: 'Version', Value: ['1'] }];
  expect((await recipe(version)).physicalId).toMatch(/:image-recipe\/recipe\/1\.0\.0$/);
  expect((await recipe(version, physicalId.replace('1.0.0/1', '1.x.x'))).physicalId).toMatch(/1\.0\.1$/);
});

test('a pipeline is changed in place; what it needs is not deleted before it', async () => {
  const { create, type, provisioning, core } = provisioner();
  const component = await create('Component', COMPONENT);
  const recipeProperties = {
    Name: 'Recipe',
    Version: '1.0.x',
    ParentImage: PARENT,
    Components: [{ ComponentArn: component.physicalId, Parameters: [{ Name: 'Version', Value: ['1'] }] }],
  };
  const [old, next] = [
    await create('ImageRecipe', recipeProperties),
    await create('ImageRecipe', recipeProperties),
  ];
  const infrastructure = await create('InfrastructureConfiguration', {
    Name: 'infra',
    InstanceProfileName: 'build',
    TerminateInstanceOnFailure: 'true',
  });
  const distribution = await create('DistributionConfiguration', {
    Name: 'dist',
    Distributions: [
      {
        Region: 'eu-central-1',
        AmiDistributionConfiguration: { Name: 'name', AmiTags: { 'Some:Tag': 'x' } },
      },
    ],
  });
  const properties = {
    Name: 'pipe',
    ImageRecipeArn: old.physicalId,
    InfrastructureConfigurationArn: infrastructure.physicalId,
    DistributionConfigurationArn: distribution.physicalId,
    ImageTestsConfiguration: { ImageTestsEnabled: 'false', TimeoutMinutes: '60' },
    Tags: { a: '1', b: '2' },
  };
  const pipeline = await create('ImagePipeline', properties);
  const changed = { ...properties, ImageRecipeArn: next.physicalId, Tags: { a: '3' } };
  const updated = await type('ImagePipeline').update!(pipeline.physicalId, changed, properties, provisioning);
  expect(updated.attributes.DeploymentId).not.toBe(pipeline.attributes.DeploymentId);
  const { imagePipeline } = await core.send(
    new ib.GetImagePipelineCommand({ imagePipelineArn: pipeline.physicalId }),
  );
  expect(imagePipeline).toMatchObject({
    imageRecipeArn: next.physicalId,
    imageTestsConfiguration: { imageTestsEnabled: false, timeoutMinutes: 60 },
    tags: { a: '3', 'aws:cloudformation:stack-name': 'Stack' },
  });
  const remove = (name: string, { physicalId }: { physicalId: string }) =>
    type(name).delete(physicalId, {}, provisioning);
  const refused = { code: 'ResourceDependencyException' };
  await expect(remove('Component', component)).rejects.toMatchObject(refused);
  await expect(remove('ImageRecipe', next)).rejects.toMatchObject(refused);
  await expect(remove('InfrastructureConfiguration', infrastructure)).rejects.toMatchObject(refused);
  await expect(remove('DistributionConfiguration', distribution)).rejects.toMatchObject(refused);
  await remove('ImageRecipe', old);
  await remove('ImagePipeline', pipeline);
  await remove('ImagePipeline', pipeline);
  await remove('ImageRecipe', next);
  await remove('Component', component);
});

test('a distribution that would leave something out is refused', async () => {
  const { create } = provisioner();
  const distribute = (distribution: object) =>
    create('DistributionConfiguration', { Name: 'dist', Distributions: [distribution] });
  await expect(distribute({ Region: 'us-east-1' })).rejects.toThrow(/has the region eu-central-1 alone/);
  await expect(
    distribute({ Region: 'eu-central-1', SsmParameterConfigurations: [{ ParameterName: '/x' }] }),
  ).rejects.toThrow(/distributions\[0\]\.ssmParameterConfigurations is not served/);
});
