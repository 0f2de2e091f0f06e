import { Match, type Template } from 'aws-cdk-lib/assertions';
import { only, templates } from '../stacks/synthesize';

interface Resource {
  readonly Type: string;
  readonly DependsOn?: string | readonly string[];
}

const FIRST = { release: 'sample-app/1.0.0.json' };
/** Another release, on other machines. */
const SECOND = { release: 'sample-app/1.1.0.json', instanceType: 't3.large', masterImageId: 'ami-12345678' };

const BEFORE = templates(FIRST);

const contentOf = (template: Template) =>
  String(only(template, 'Custom::Preflight').Properties.MachineContent);

const resourcesOf = (template: { toJSON(): { [name: string]: unknown } }) =>
  template.toJSON().Resources as Readonly<Record<string, Resource>>;

/** Resources that have to stand before one, itself among them. */
function prerequisites(resources: Readonly<Record<string, Resource>>, id: string, seen = new Set<string>()) {
  if (seen.has(id) || !resources[id]) return seen;
  seen.add(id);
  const text = JSON.stringify(resources[id]);
  const named = [
    ...[resources[id].DependsOn ?? []].flat(),
    ...[...text.matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)].map(([, name]) => name!),
    ...[...text.matchAll(/\$\{(\w+)[.}]/g)].map(([, name]) => name!),
  ];
  for (const name of named) prerequisites(resources, name, seen);
  return seen;
}

describe.each(['imageBased', 'instanceBased'] as const)('%s', (variant) => {
  const [first, second] = [FIRST, SECOND].map((context) => templates(context)[variant]);

  test('whatever changes with a release waits for the preflight', () => {
    const [old, present] = [resourcesOf(first!), resourcesOf(second!)];
    const { id: preflight } = only(second!, 'Custom::Preflight');
    // Another path for health checks would change the load balancer's.
    const changed = Object.keys(present).filter(
      (id) =>
        id !== preflight &&
        // What it is told: choosing a base image changes nothing.
        present[id]!.Type !== 'Custom::BaseImage' &&
        (JSON.stringify(old[id]) !== JSON.stringify(present[id]) ||
          present[id]!.Type.startsWith('AWS::ElasticLoadBalancingV2::')),
    );
    expect(changed.map((id) => present[id]!.Type)).toEqual(
      expect.arrayContaining(['Custom::Release', 'Custom::Rollout', 'AWS::EC2::LaunchTemplate']),
    );
    for (const id of changed) expect([id, prerequisites(present, id).has(preflight)]).toEqual([id, true]);
  });

  test('the preflight itself waits for nothing of the fleet', () => {
    const resources = resourcesOf(second!);
    const { id } = only(second!, 'Custom::Preflight');
    const types = [...prerequisites(resources, id)].map((name) => resources[name]!.Type);
    // Choosing the base image changes nothing either.
    const chooses = variant === 'imageBased' ? ['Custom::BaseImage'] : [];
    expect(new Set(types)).toEqual(
      new Set([
        ...chooses,
        'Custom::Preflight',
        'AWS::IAM::Role',
        'AWS::IAM::Policy',
        'AWS::Lambda::Function',
        'AWS::Lambda::Permission',
        'AWS::Logs::LogGroup',
        'AWS::StepFunctions::StateMachine',
        'AWS::Events::Rule',
      ]),
    );
  });
});

test('a preflight is told what is to be deployed, and how', () => {
  const { instanceBased } = templates({
    ...FIRST,
    strategy: 'recreate',
    ignoreAlarms: true,
    ledgerTable: 'releases',
    acceptFindings: 'machines-standby',
  });
  expect(only(instanceBased, 'Custom::Preflight').Properties).toMatchObject({
    GroupName: { 'Fn::Join': ['', [{ Ref: 'AWS::StackName' }, '-fleet']] },
    LedgerTable: 'releases',
    Application: 'guestbook',
    Version: '1.0.0',
    LivesBeside: '^1.0.0',
    HealthPath: '/health',
    Port: 8080,
    MinHealthyPercentage: 0,
    MaxHealthyPercentage: 100,
    IsMixed: false,
    AlarmNames: [],
    AcceptFindings: ['machines-standby'],
    Pin: { Ref: 'FleetPin' },
    Restart: { Ref: 'FleetRestart' },
    InstanceType: 't3.small',
    BaseImageId: { 'Fn::GetAtt': [expect.stringMatching(/^BaseImage/), 'ImageId'] },
    BaseImageKey: 'masterImageId',
    IsBaseImageConfigured: false,
    RootVolumeGiB: 8,
    Capacity: 2,
    MachineSubnetIds: [],
    LoadBalancerSubnetIds: [],
  });
});

test('the alarms that it looks at are those that turn the rollout back', () => {
  const { instanceBased } = templates(FIRST);
  const names = Object.values(instanceBased.findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties.AlarmName,
  );
  expect(only(instanceBased, 'Custom::Preflight').Properties.AlarmNames).toEqual(names);
  expect(names).toHaveLength(2);
});

test.each<[differs: boolean, context: object]>([
  [true, { instanceType: 't3.large' }],
  [true, { rootVolumeGiB: 9 }],
  [true, SECOND],
  [false, { minCapacity: 3, acceptFindings: 'alarm-not-ok', warmupSeconds: 5 }],
])('whether machines start with something else is %s with %j', (differs, context) => {
  for (const variant of ['imageBased', 'instanceBased'] as const)
    expect([variant, contentOf(templates({ ...FIRST, ...context })[variant])]).toEqual([
      variant,
      differs ? expect.not.stringMatching(contentOf(BEFORE[variant])) : contentOf(BEFORE[variant]),
    ]);
});

test('what an image is baked by counts', () => {
  const { imageBased } = templates({ ...FIRST, playbooks: 'harden-kernel' });
  expect(contentOf(imageBased)).not.toEqual(contentOf(BEFORE.imageBased));
});

test.each([
  ['imageBased', 'baseImageId'],
  ['instanceBased', 'masterImageId'],
] as const)('%s has its root volume where the image named by %s has it', (variant, key) => {
  const template = templates({ ...FIRST, [key]: 'ami-12345678' })[variant];
  const { id, Properties } = only(template, 'Custom::Preflight');
  expect(Properties).toMatchObject({ BaseImageKey: key, IsBaseImageConfigured: true });
  const DeviceName = { 'Fn::GetAtt': [id, 'RootDeviceName'] };
  expect(only(template, 'AWS::EC2::LaunchTemplate').Properties).toMatchObject({
    LaunchTemplateData: { BlockDeviceMappings: [{ DeviceName }] },
  });
  if (variant === 'imageBased')
    template.hasResourceProperties('AWS::ImageBuilder::ImageRecipe', {
      BlockDeviceMappings: [Match.objectLike({ DeviceName })],
    });
});

test('a key that is named encrypts images and machines alike, and is part of what an image is', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-central-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef';
  const { imageBased } = templates({ ...FIRST, kmsKeyArn });
  expect(only(imageBased, 'AWS::EC2::LaunchTemplate').Properties).toMatchObject({
    LaunchTemplateData: { BlockDeviceMappings: [{ Ebs: { Encrypted: true, KmsKeyId: kmsKeyArn } }] },
  });
  imageBased.hasResourceProperties('AWS::ImageBuilder::ImageRecipe', {
    BlockDeviceMappings: [{ Ebs: Match.objectLike({ KmsKeyId: kmsKeyArn }) }],
  });
  expect(only(imageBased, 'Custom::Preflight').Properties.KmsKeyArn).toBe(kmsKeyArn);
  const digestOf = (template: Template) => only(template, 'Custom::BakedImage').Properties.ContentDigest;
  expect(digestOf(imageBased)).not.toEqual(digestOf(BEFORE.imageBased));
});
