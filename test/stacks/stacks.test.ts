import { Tags, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { makeApp, only, templates } from './synthesize';

const { imageBased, instanceBased } = templates();

/** The other logical ids that a resource waits for, directly or through others. */
function dependencies(template: Template, id: string): ReadonlySet<string> {
  const resources = template.toJSON().Resources;
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: string[] };
    for (const next of [Ref, attribute?.[0]]) if (next) add(next);
    Object.values(value).forEach(visit);
  };
  const add = (next: string): void => {
    if (found.has(next) || !(next in resources)) return;
    found.add(next);
    for (const dependency of [resources[next].DependsOn ?? []].flat()) add(dependency);
    visit(resources[next].Properties);
  };
  add(id);
  found.delete(id);
  return found;
}

describe('the order of a deployment', () => {
  test.each([
    ['ImageBased', imageBased, ['Custom::Release', 'Custom::BakedImage']],
    ['InstanceBased', instanceBased, ['Custom::Release']],
  ] as const)('%s', (_, template, beginning) => {
    const order = [
      ...beginning,
      'AWS::EC2::LaunchTemplate',
      'Custom::Rollout',
      'AWS::AutoScaling::AutoScalingGroup',
      'Custom::Verification',
    ].map((type) => only(template, type).id);
    for (const [index, id] of order.entries()) {
      const before = dependencies(template, id);
      expect(order.filter((each) => before.has(each))).toEqual(order.slice(0, index));
    }
  });

  test('a build starts when its pipeline is whole and its role may do what it has to', () => {
    const before = dependencies(imageBased, only(imageBased, 'Custom::BakedImage').id);
    expect([...before]).toEqual(
      expect.arrayContaining([expect.stringMatching(/^ImageBuildRoleDefaultPolicy/)]),
    );
    for (const type of [
      'ImageRecipe',
      'InfrastructureConfiguration',
      'DistributionConfiguration',
      'ImagePipeline',
    ])
      expect(before).toContain(only(imageBased, `AWS::ImageBuilder::${type}`).id);
  });
});

describe('the two variants differ', () => {
  const [image, instance] = [imageBased.toJSON(), instanceBased.toJSON()];
  const ids = Object.keys(image.Resources);

  test('in the resources that the source of the software takes', () => {
    const ofImages = ids.filter((id) => !(id in instance.Resources));
    const unexpected = ofImages.filter((id) => !/^(Image|CustomResourcesBakedImage)/.test(id));
    expect(unexpected).toEqual([]);
    expect(Object.keys(instance.Resources).filter((id) => !(id in image.Resources))).toEqual([]);
  });

  test('in the launch template by image and user data, and beyond that in what follows from the source', () => {
    const different = ids.filter(
      (id) => id in instance.Resources && differs(image.Resources[id], instance.Resources[id]),
    );
    expect(different.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      'FleetLaunchTemplate',
      // Lets machines fetch the release.
      'FleetMachineRoleDefaultPolicy',
      // How long it is expected to take.
      'FleetRollout',
      // Which image is the base, and a digest over what machines start with.
      'Preflight',
    ]);
    const [ours, theirs] = [image, instance].map(
      (template) =>
        template.Resources[different.find((id) => id.startsWith('FleetLaunchTemplate'))!].Properties,
    );
    const { ImageId: _, ...common } = ours.LaunchTemplateData;
    const { ImageId: __, UserData: ___, ...alsoCommon } = theirs.LaunchTemplateData;
    expect(common).toEqual(alsoCommon);
    expect({ ...ours, LaunchTemplateData: {} }).toEqual({ ...theirs, LaunchTemplateData: {} });
  });

  test('not in parameters, outputs, conditions or rules', () => {
    expect({ ...image, Resources: {} }).toEqual({ ...instance, Resources: {} });
  });

  function differs(one: unknown, other: unknown): boolean {
    return JSON.stringify(one) !== JSON.stringify(other);
  }
});

test('a new release changes no more than it has to', () => {
  const { imageBased: next } = templates({ release: 'sample-app/1.1.0.json' });
  const [before, after] = [imageBased.toJSON().Resources, next.toJSON().Resources];
  expect(Object.keys(after)).toEqual(Object.keys(before));
  const changed = Object.keys(after).filter((id) => JSON.stringify(after[id]) !== JSON.stringify(before[id]));
  expect(changed.map((id) => before[id].Type).sort()).toEqual([
    'AWS::EC2::LaunchTemplate',
    'AWS::IAM::Policy',
    'AWS::ImageBuilder::DistributionConfiguration',
    'AWS::ImageBuilder::ImageRecipe',
    'Custom::BakedImage',
    'Custom::BaseImage',
    'Custom::Preflight',
    'Custom::Release',
    'Custom::Rollout',
  ]);
});

test.each([
  ['ImageBased', imageBased],
  ['InstanceBased', instanceBased],
])('%s is as it was', (_, template) => {
  expect(withoutDigests(template.toJSON())).toMatchSnapshot();
});

test.each([
  ['as they are', {}],
  [
    'with HTTPS and an endpoint',
    {
      certificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/0a1b-2c',
      autoScalingEndpoint: true,
    },
  ],
])("%s, both keep to cdk-nag's AwsSolutions, with a reason for each exception", (_, context) => {
  const { app } = makeApp(context);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const written = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  app.synth();
  expect(written.mock.calls.flat().join('\n')).not.toContain('AwsSolutions');
});

describe('tags of the app', () => {
  test.each(['cost center', 'team/a', '_index'])(
    'with the key %j, with which no machine starts, are refused',
    (key) => {
      const { app, instanceBased: stack } = makeApp();
      Tags.of(app).add(key, 'x');
      expect(() => Template.fromStack(stack)).toThrow(
        `Machines would get the tag key "${key}", with which EC2 starts none, because a machine's metadata can't show it: use letters, digits and + - = . , _ : @ alone.`,
      );
    },
  );

  test('that machines do not get may have any key', () => {
    const { app, instanceBased: stack } = makeApp();
    Tags.of(app).add('cost center', 'x', { applyToLaunchedInstances: false });
    Tags.of(app).add('cost-center', 'x');
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

test.each([
  ['certificateArn', 'arn:aws:acm:us-east-1:000000000000:certificate/0a1b-2c'],
  ['kmsKeyArn', 'arn:aws:kms:us-east-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef'],
  ['gateFunctionArn', 'arn:aws:lambda:us-east-1:000000000000:function:gate:live'],
])('%s in another region, which never works, is refused', (key, arn) => {
  expect(() => makeApp({ [key]: arn })).toThrow(
    `${key} is ${arn}, in us-east-1, but the stack is in eu-central-1: name one in eu-central-1.`,
  );
});

/** Digests of code and content change with every line of it. */
function withoutDigests(template: object): object {
  return JSON.parse(JSON.stringify(template).replaceAll(/[0-9a-f]{64}/g, 'DIGEST'));
}
