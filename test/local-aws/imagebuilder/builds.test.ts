import * as ib from '@aws-sdk/client-imagebuilder';
import type { Principal } from '../../../local-aws/core/principal';
import { PARENT, ROLE, world } from './fixture';

const MINUTE = 60_000;

test('a run goes through its states in 22 modelled minutes, and ends with a tagged AMI', async () => {
  const { clock, core, pipeline, image, bakes, amis, instances, snapshots, adopted, log } = world();
  const imagePipelineArn = await pipeline({ parentImage: 'ssm:/aws/service/ami' });
  const { imageBuildVersionArn } = await core.send(
    new ib.StartImagePipelineExecutionCommand({ imagePipelineArn, tags: { release: '1.2.3' } }),
  );
  expect(imageBuildVersionArn).toBe('arn:aws:imagebuilder:eu-central-1:000000000000:image/guestbook/1.0.0/1');
  const seen: (string | undefined)[] = [];
  for (let half = 0; half < 2 * 23; half++) {
    const { status } = (await image(imageBuildVersionArn)).state!;
    if (seen.at(-1) !== status) seen.push(status);
    await clock.advance(MINUTE / 2);
  }
  expect(seen).toEqual([
    'PENDING',
    'CREATING',
    'BUILDING',
    'TESTING',
    'DISTRIBUTING',
    'INTEGRATING',
    'AVAILABLE',
  ]);

  expect(bakes).toHaveLength(1);
  expect(bakes[0]).toMatchObject({
    baseImageId: PARENT,
    roleArn: ROLE,
    components: [{ name: 'Install App', parameters: { Version: '1.2.3', Port: '8080' } }],
  });
  const [ami, ...others] = await amis();
  expect(others).toEqual([]);
  expect(adopted).toEqual([[bakes[0]!.imageId, ami!.ImageId]]);
  const own = [
    { Key: 'CreatedBy', Value: 'EC2 Image Builder' },
    { Key: 'Ec2ImageBuilderArn', Value: imageBuildVersionArn },
  ];
  expect(ami).toMatchObject({
    Name: expect.stringMatching(/^guestbook 2026-01-01T00-\d\d-\d\d\.\d{3}Z$/),
    Architecture: 'x86_64',
    RootDeviceName: '/dev/xvda',
    Tags: [...own, { Key: 'image-rollouts:version', Value: '1.2.3' }],
  });
  expect(await snapshots()).toMatchObject([{ Tags: own }]);
  expect(await instances()).toMatchObject([
    { ImageId: PARENT, State: { Name: 'terminated' }, Tags: expect.arrayContaining(own) },
    { ImageId: ami!.ImageId, State: { Name: 'terminated' }, Tags: expect.arrayContaining(own) },
  ]);
  const done = await image(imageBuildVersionArn);
  expect(done.tags).toEqual({ release: '1.2.3' });
  expect(done.outputResources?.amis).toEqual([
    {
      region: 'eu-central-1',
      image: ami!.ImageId,
      name: ami!.Name,
      description: undefined,
      accountId: '000000000000',
      state: { status: 'AVAILABLE' },
    },
  ]);
  // In the group of the recipe's name as it was written, though the ARN has it in lower case.
  expect(log).toEqual(
    expect.arrayContaining([
      `/aws/imagebuilder/Guestbook 1.0.0/1 Image transitioned to CREATING state for Image ARN: ${imageBuildVersionArn}`,
      '/aws/imagebuilder/Guestbook 1.0.0/1 Started step ApplyBuildComponents with action ExecuteComponents',
      '/aws/imagebuilder/Guestbook 1.0.0/1 installing',
    ]),
  );
});

test('a failed bake names the step, and its log has the reason, with the tear-down behind it', async () => {
  const { clock, core, pipeline, image, log, amis, instances } = world({
    // What follows the first line stands in the log already.
    bakeFailure: () => "Step 'Install' exited with 1.\nIt wrote at last:\nno such file",
  });
  const imagePipelineArn = await pipeline();
  const { imageBuildVersionArn } = await core.send(
    new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }),
  );
  await clock.advance(10 * MINUTE);
  const { state } = await image(imageBuildVersionArn);
  expect(state?.status).toBe('FAILED');
  expect(state?.reason).toMatch(
    /^Workflow Execution ID: 'wf-.*' failed with reason: Step 'ApplyBuildComponents' failed: Step 'Install' exited with 1\.$/,
  );
  const reason = log.findIndex((line) => line.endsWith("Step 'Install' exited with 1."));
  expect(log[reason + 1]).toMatch(/TOE has completed execution with failure - Execution failed!$/);
  expect(log.length - reason).toBeGreaterThan(15);
  expect(await amis()).toEqual([]);
  expect(await instances()).toMatchObject([{ State: { Name: 'terminated' } }]);

  const { workflowExecutions } = await core.send(
    new ib.ListWorkflowExecutionsCommand({ imageBuildVersionArn }),
  );
  expect(workflowExecutions).toMatchObject([{ type: 'BUILD', status: 'FAILED', totalStepsFailed: 1 }]);
  const { steps } = await core.send(
    new ib.ListWorkflowStepExecutionsCommand({
      workflowExecutionId: workflowExecutions![0]!.workflowExecutionId,
    }),
  );
  expect(steps).toMatchObject([
    { name: 'LaunchBuildInstance', status: 'COMPLETED' },
    { name: 'ApplyBuildComponents', status: 'FAILED', message: "Step 'Install' exited with 1." },
  ]);
});

test('a parent image that does not exist fails the run', async () => {
  const { clock, core, pipeline, image } = world();
  const imagePipelineArn = await pipeline({ parentImage: 'ami-0bbbbbbbbbbbbbbbb' });
  const { imageBuildVersionArn } = await core.send(
    new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }),
  );
  await clock.advance(MINUTE);
  expect((await image(imageBuildVersionArn)).state?.reason).toMatch(
    /Step 'LaunchBuildInstance' failed: .*does not exist/,
  );
});

test('a repeated client token starts nothing; runs of one pipeline follow each other', async () => {
  const { clock, core, pipeline, image } = world();
  const imagePipelineArn = await pipeline();
  const start = (clientToken: string) =>
    core.send(new ib.StartImagePipelineExecutionCommand({ imagePipelineArn, clientToken }));
  const [first, atOnce] = await Promise.all([start('a'), start('a')]);
  expect(atOnce).toMatchObject({ imageBuildVersionArn: first.imageBuildVersionArn });
  expect(await start('a')).toMatchObject({ imageBuildVersionArn: first.imageBuildVersionArn });
  const second = await start('b');
  expect(second.imageBuildVersionArn).toMatch(/\/1\.0\.0\/2$/);
  await clock.advance(21 * MINUTE);
  expect((await image(second.imageBuildVersionArn)).state?.status).toBe('PENDING');
  await clock.advance(23 * MINUTE);
  expect((await image(second.imageBuildVersionArn)).state?.status).toBe('AVAILABLE');
  const { imageSummaryList } = await core.send(new ib.ListImagePipelineImagesCommand({ imagePipelineArn }));
  expect(imageSummaryList?.map(({ version }) => version)).toEqual(['1.0.0/1', '1.0.0/2']);
  const { imageVersionList } = await core.send(new ib.ListImagesCommand({}));
  expect(imageVersionList).toMatchObject([{ name: 'Guestbook', version: '1.0.0' }]);
});

test("a run whose test phase fails leaves its AMI and snapshot, with Image Builder's own tags alone", async () => {
  const { clock, core, pipeline, image, amis, snapshots, instances, driver } = world({
    testFailure: () => '/health answered 404',
  });
  const imagePipelineArn = await pipeline();
  const { imageBuildVersionArn } = await core.send(
    new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }),
  );
  await clock.advance(30 * MINUTE);
  expect((await image(imageBuildVersionArn)).state).toMatchObject({
    status: 'FAILED',
    reason: expect.stringContaining("Step 'ApplyTestComponents' failed: /health answered 404"),
  });
  const Tags = [
    { Key: 'CreatedBy', Value: 'EC2 Image Builder' },
    { Key: 'Ec2ImageBuilderArn', Value: imageBuildVersionArn },
  ];
  expect(await amis()).toMatchObject([{ State: 'available', Tags }]);
  expect((await amis())[0]!.Tags).toHaveLength(2);
  expect(await snapshots()).toMatchObject([{ Tags }]);
  expect((await instances()).map(({ State }) => State!.Name)).toEqual(['terminated', 'terminated']);
  expect(driver.running).toEqual([]);
});

test('a run keeps what it needs from being deleted, and its machine is an instance of the first type that there is', async () => {
  const { clock, core, pipeline, instances, image } = world();
  const imagePipelineArn = await pipeline({}, { instanceTypes: ['t3.small', 'm5.large'] });
  const { imageBuildVersionArn } = await core.send(
    new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }),
  );
  await clock.advance(4 * MINUTE);
  expect(await instances()).toMatchObject([{ InstanceType: 't3.small', State: { Name: 'running' } }]);
  const { imageRecipe, infrastructureConfiguration, distributionConfiguration } =
    await image(imageBuildVersionArn);
  const deletions = [
    new ib.DeleteImagePipelineCommand({ imagePipelineArn }),
    new ib.DeleteImageRecipeCommand({ imageRecipeArn: imageRecipe!.arn }),
    new ib.DeleteInfrastructureConfigurationCommand({
      infrastructureConfigurationArn: infrastructureConfiguration!.arn,
    }),
    new ib.DeleteDistributionConfigurationCommand({
      distributionConfigurationArn: distributionConfiguration!.arn,
    }),
    new ib.DeleteComponentCommand({
      componentBuildVersionArn: imageRecipe!.components![0]!.componentArn,
    }),
  ];
  for (const command of deletions) {
    await expect(core.send(command as ib.DeleteImagePipelineCommand)).rejects.toMatchObject({
      code: 'ResourceDependencyException',
    });
  }
  // What the pipeline no longer names, the run still needs.
  const { infrastructureConfigurationArn } = await core.send(
    new ib.CreateInfrastructureConfigurationCommand({ name: 'other', instanceProfileName: 'build' }),
  );
  await core.send(
    new ib.UpdateImagePipelineCommand({
      ...{ imagePipelineArn, infrastructureConfigurationArn, imageRecipeArn: imageRecipe!.arn },
      distributionConfigurationArn: distributionConfiguration!.arn,
    }),
  );
  await expect(core.send(deletions[2] as ib.DeleteImagePipelineCommand)).rejects.toMatchObject({
    message: expect.stringContaining(imageBuildVersionArn!),
  });
  await core.send(new ib.CancelImageCreationCommand({ imageBuildVersionArn, clientToken: 'c' }));
  for (const command of deletions) await core.send(command as ib.DeleteImagePipelineCommand);
});

test('a run takes the next instance type where there is none of the first', async () => {
  const { clock, core, pipeline, instances } = world({ isOffered: (type) => type !== 't3.small' });
  const imagePipelineArn = await pipeline({}, { instanceTypes: ['t3.small', 'm5.large'] });
  await core.send(new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }));
  await clock.advance(4 * MINUTE);
  expect(await instances()).toMatchObject([{ InstanceType: 'm5.large' }]);
});

test('a workflow that failed stands as failed, or as rolled back, by the seed', async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 8; seed++) {
    const { clock, core, pipeline, image } = world({ bakeFailure: () => 'no.', variations: { seed } });
    const imagePipelineArn = await pipeline();
    const { imageBuildVersionArn } = await core.send(
      new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }),
    );
    const look = async () => {
      const { workflowExecutions } = await core.send(
        new ib.ListWorkflowExecutionsCommand({ imageBuildVersionArn }),
      );
      return `${workflowExecutions?.[0]?.status}, ${(await image(imageBuildVersionArn)).state?.status}`;
    };
    await clock.advance(3.5 * MINUTE);
    const failing = await look();
    await clock.advance(1.5 * MINUTE);
    seen.add(`${failing}; ${await look()}`);
  }
  expect([...seen].sort()).toEqual([
    'FAILED, FAILED; FAILED, FAILED',
    'ROLLBACK_IN_PROGRESS, BUILDING; ROLLBACK_COMPLETED, FAILED',
  ]);
});

test('a cancelled run makes no AMI, ends its machine in its own time, and the next one goes on', async () => {
  const { clock, core, pipeline, image, amis, instances } = world();
  const imagePipelineArn = await pipeline();
  const start = () => core.send(new ib.StartImagePipelineExecutionCommand({ imagePipelineArn }));
  const { imageBuildVersionArn } = await start();
  await clock.advance(5 * MINUTE);
  await expect(core.send(new ib.DeleteImageCommand({ imageBuildVersionArn }))).rejects.toMatchObject({
    code: 'ResourceInUseException',
  });
  await core.send(new ib.CancelImageCreationCommand({ imageBuildVersionArn, clientToken: 'c' }));
  expect((await image(imageBuildVersionArn)).state?.status).toBe('CANCELLED');
  await clock.advance(1000);
  expect(await instances()).toMatchObject([{ State: { Name: 'shutting-down' } }]);
  await clock.advance(MINUTE);
  expect(await instances()).toMatchObject([{ State: { Name: 'terminated' } }]);
  const next = await start();
  await clock.advance(30 * MINUTE);
  expect((await image(next.imageBuildVersionArn)).state?.status).toBe('AVAILABLE');
  expect(await amis()).toHaveLength(1);
  await expect(
    core.send(new ib.CancelImageCreationCommand({ imageBuildVersionArn, clientToken: 'd' })),
  ).rejects.toMatchObject({ code: 'InvalidRequestException' });
  await core.send(new ib.DeleteImageCommand({ imageBuildVersionArn }));
  await expect(image(imageBuildVersionArn)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('whoever makes an infrastructure configuration must be allowed to pass its role', async () => {
  const { core } = world();
  const principal: Principal = { kind: 'role', arn: 'session', roleArn: 'role', accessKeyId: 'key' };
  const asked: string[] = [];
  core.authorizer = (_principal, action, resource) => asked.push(`${action} ${resource}`);
  const create = (instanceProfileName: string) =>
    core.send(
      new ib.CreateInfrastructureConfigurationCommand({ name: 'infra', instanceProfileName }),
      principal,
    );
  await expect(create('none')).rejects.toThrow('The provided instance profile does not exist.');
  await create('build');
  expect(asked).toContain(`iam:PassRole ${ROLE}`);
});
