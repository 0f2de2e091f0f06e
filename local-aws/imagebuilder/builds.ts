import type { Image as Ami } from '@aws-sdk/client-ec2';
import type { Image, ImagePipeline, Ami as OutputAmi } from '@aws-sdk/client-imagebuilder';
import type { Timer } from '../core/clock';
import { type BakeRequest, type MachineDriver, TestPhaseFailure } from '../machines/driver';
import { BuildLog } from './build-log';
import { endMachine, launchMachine } from './build-machine';
import { profileRoleArn } from './infrastructure-operations';
import { arnOf, partsOf } from './names';
import { createAmi, distributeAmi, parentAmi } from './output-image';
import { type Build, isEnded, type Store, type Workflow } from './store';
import { PENDING_MINUTES, ROLLBACK_MINUTES, type Stage, type StepTiming } from './timing';
import { beginStep, endWorkflow, workflowOf } from './workflows';

const MINUTE_MS = 60_000;

/** What one run learns on its way. */
interface Run {
  readonly build: Build;
  readonly components: BakeRequest['components'];
  /** Id of the content until the AMI is made. */
  readonly provisionalId: string;
  readonly log: BuildLog;
  /** Settles when the run is cancelled. */
  readonly cancelled: Promise<void>;
  readonly cancel: () => void;
  parent?: Ami;
  /** Instance id of the machine that it builds or tests on, until that is ended. */
  machine?: string;
  /** What the test phase fails with, known since the bake. */
  testFailure?: TestPhaseFailure;
  output?: OutputAmi;
}

class Cancelled extends Error {}

/** Carries out the runs of pipelines: each pipeline's one after the other. */
export class Builds {
  private readonly lastOf = new Map<string, Promise<void>>();
  private readonly counts = new Map<string, number>();
  private readonly timers = new Set<Timer>();
  private readonly running = new Map<string, Run>();

  constructor(
    private readonly store: Store,
    private readonly machines: MachineDriver,
    private readonly stages: readonly Stage[],
  ) {}

  /** Starts a run, and returns at once. Recipe and configurations are those of this moment. */
  start(pipeline: ImagePipeline, tags: Record<string, string>): Build {
    const run = this.prepare(pipeline, tags);
    this.store.builds.set(run.build.arn, run.build);
    this.running.set(run.build.arn, run);
    const before = this.lastOf.get(pipeline.arn!) ?? Promise.resolve();
    this.lastOf.set(
      pipeline.arn!,
      before.then(() => this.carryOut(run)),
    );
    return run.build;
  }

  /** Ends a run as cancelled, at once or some time later, as AWS does; by then it may have ended. */
  cancel(build: Build): void {
    const delayMs = this.store.core.variations.cancellationDelayMs();
    if (delayMs === 0) this.endAsCancelled(build);
    else this.timers.add(this.store.core.clock.after(delayMs, () => this.endAsCancelled(build)));
  }

  /** The run's machine is ended then, which takes its time. */
  private endAsCancelled(build: Build): void {
    if (isEnded(build.image)) return;
    build.image.state = { status: 'CANCELLED', reason: 'Image build was cancelled by the user.' };
    endWorkflow(build.workflows.at(-1), 'CANCELLED', this.store.now());
    this.running.get(build.arn)?.cancel();
  }

  close(): void {
    for (const timer of this.timers) timer.cancel();
  }

  private prepare(pipeline: ImagePipeline, tags: Record<string, string>): Run {
    const { store } = this;
    const recipe = store.recipe(pipeline.imageRecipeArn);
    const version = partsOf(recipe.arn!).version!;
    const versionArn = arnOf(store.core, 'image', recipe.name!, version);
    const number = (this.counts.get(versionArn) ?? 0) + 1;
    this.counts.set(versionArn, number);
    const image: Image = structuredClone({
      arn: `${versionArn}/${number}`,
      name: recipe.name,
      version: `${version}/${number}`,
      type: 'AMI',
      platform: 'Linux',
      buildType: 'USER_INITIATED',
      imageSource: 'CUSTOM',
      enhancedImageMetadataEnabled: pipeline.enhancedImageMetadataEnabled ?? true,
      state: { status: 'PENDING' },
      imageRecipe: recipe,
      sourcePipelineName: pipeline.name,
      sourcePipelineArn: pipeline.arn,
      infrastructureConfiguration: store.get(
        store.infrastructure,
        'infrastructure-configuration',
        pipeline.infrastructureConfigurationArn,
      ),
      distributionConfiguration: store.distributions.get(pipeline.distributionConfigurationArn ?? ''),
      imageTestsConfiguration: pipeline.imageTestsConfiguration ?? {
        imageTestsEnabled: true,
        timeoutMinutes: 720,
      },
      executionRole: pipeline.executionRole,
      dateCreated: store.now(),
      outputResources: { amis: [] },
      tags,
    });
    let cancel = () => {};
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    const group = pipeline.loggingConfiguration?.imageLogGroupName ?? `/aws/imagebuilder/${recipe.name}`;
    return {
      build: { arn: image.arn!, pipelineArn: pipeline.arn!, image, workflows: [] },
      components: (recipe.components ?? []).map(({ componentArn, parameters = [] }) => {
        const component = store.component(componentArn);
        const values = [
          ...(component.parameters ?? []).map(({ name, defaultValue }) => [name!, defaultValue?.[0] ?? '']),
          ...parameters.map(({ name, value }) => [name!, value?.[0] ?? '']),
        ];
        return { name: component.name!, document: component.data!, parameters: Object.fromEntries(values) };
      }),
      provisionalId: store.core.id('ami'),
      log: new BuildLog(store.core, group, `${version}/${number}`),
      ...{ cancelled, cancel },
    };
  }

  /** Never fails: how the run ends is in the image's state. */
  private async carryOut(run: Run): Promise<void> {
    const { image, workflows } = run.build;
    const { store } = this;
    await Promise.race([this.sleep(PENDING_MINUTES * MINUTE_MS), run.cancelled]);
    if (isEnded(image)) {
      this.running.delete(image.arn!);
      return;
    }
    const pipeline = store.pipelines.get(run.build.pipelineArn);
    if (pipeline) pipeline.dateLastRun = store.now();
    try {
      for (const stage of this.stages) {
        if (stage.workflow === 'TEST' && image.imageTestsConfiguration?.imageTestsEnabled === false) continue;
        image.state = { status: stage.status };
        run.log.line(`Image transitioned to ${stage.status} state for Image ARN: ${image.arn}`);
        const workflow = workflowOf(store, run.build, stage.workflow, this.stages);
        for (const step of stage.steps) await this.step(run, workflow, step);
      }
      endWorkflow(workflows.at(-1), 'COMPLETED', store.now());
      image.outputResources = { amis: [{ ...run.output, state: { status: 'AVAILABLE' } }] };
      image.state = { status: 'AVAILABLE' };
    } catch (error) {
      if (!(error instanceof Cancelled)) await this.fail(run, messageOf(error));
      for (const line of tearDown(image.arn!)) run.log.line(line);
      await this.cleanUp(run);
    }
    if (pipeline) pipeline.lastRunStatus = image.state?.status;
    this.running.delete(image.arn!);
    await run.log.flush();
  }

  /** Unless it is cancelled meanwhile, the image fails when its workflow has been rolled back, if it is. */
  private async fail({ build, cancelled }: Run, reason: string): Promise<void> {
    const { store } = this;
    const workflow = build.workflows.at(-1);
    const isRolledBack = store.core.variations.isFailedWorkflowRolledBack();
    if (workflow && isRolledBack) {
      Object.assign(workflow.metadata, { status: 'ROLLBACK_IN_PROGRESS', message: reason });
      await Promise.race([this.sleep(ROLLBACK_MINUTES * MINUTE_MS), cancelled]);
      if (isEnded(build.image)) return;
    }
    endWorkflow(workflow, isRolledBack ? 'ROLLBACK_COMPLETED' : 'FAILED', store.now(), reason);
    build.image.state = {
      status: 'FAILED',
      reason: `Workflow Execution ID: '${workflow?.metadata.workflowExecutionId}' failed with reason: ${reason}`,
    };
  }

  /** A run that ended badly leaves the AMI that it has made; the machine goes, unless it is kept to be looked at. */
  private async cleanUp(run: Run): Promise<void> {
    const { image } = run.build;
    const keeps = image.infrastructureConfiguration?.terminateInstanceOnFailure === false;
    try {
      if (!keeps || image.state?.status === 'CANCELLED') await this.endMachine(run);
      await this.machines.discardImage(run.provisionalId);
    } catch (error) {
      console.error(`The build ${run.build.arn} could not be cleaned up:`, error);
    }
  }

  private async step(run: Run, workflow: Workflow, timing: StepTiming): Promise<void> {
    const { name, action, minutes } = timing;
    const step = beginStep(workflow, timing, this.store.now());
    run.log.line(`Started step ${name} with action ${action}`);
    try {
      const pause = Promise.race([this.sleep(minutes * MINUTE_MS), run.cancelled]);
      await Promise.all([this.work(run, name), pause]);
      step.status = 'COMPLETED';
    } catch (error) {
      step.status = 'FAILED';
      step.message = messageOf(error);
      throw new Error(`Step '${name}' failed: ${step.message}`);
    } finally {
      step.endTime = this.store.now();
    }
    if (run.build.image.state?.status === 'CANCELLED') {
      step.status = 'CANCELLED';
      throw new Cancelled();
    }
  }

  /** What a step of Image Builder's workflows does; the others only take their time. */
  private async work(run: Run, step: string): Promise<void> {
    const { core } = this.store;
    const { build } = run;
    switch (step) {
      case 'LaunchBuildInstance':
        run.parent = await parentAmi(core, build.image.imageRecipe!);
        run.machine = await launchMachine(core, build.image, run.parent, 'Build');
        run.log.line(`Launched instance (instance id: ${run.machine})`);
        return;
      case 'ApplyBuildComponents':
        return this.bake(run);
      case 'CreateOutputAMI':
        run.output = await createAmi(core, build, run.machine!, run.parent!);
        this.machines.adoptImage(run.provisionalId, run.output.image!);
        return;
      case 'LaunchTestInstance':
        run.machine = await launchMachine(
          core,
          build.image,
          { ...run.parent, ImageId: run.output!.image },
          'Test',
        );
        return;
      case 'ApplyTestComponents':
        if (run.testFailure) throw run.testFailure;
        return;
      case 'TerminateBuildInstance':
      case 'TerminateTestInstance':
        return this.endMachine(run);
      case 'DistributeOutputImage':
        return distributeAmi(core, build, run.output!);
    }
  }

  private async endMachine(run: Run): Promise<void> {
    const { machine } = run;
    run.machine = undefined;
    if (machine !== undefined) await endMachine(this.store.core, machine);
  }

  private async bake(run: Run): Promise<void> {
    const { build, components, parent, provisionalId, log } = run;
    const { core } = this.store;
    const profile = build.image.infrastructureConfiguration?.instanceProfileName;
    const roleArn = await profileRoleArn(core, profile);
    const request = {
      imageId: provisionalId,
      baseImageId: parent!.ImageId!,
      components,
      roleArn,
      log: log.line,
      logPlace: log.place,
    };
    try {
      await this.machines.bake(request);
    } catch (error) {
      log.line(messageOf(error));
      log.line('TOE has completed execution with failure - Execution failed!');
      if (!(error instanceof TestPhaseFailure)) throw error;
      run.testFailure = error;
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.store.core.clock.after(ms, () => {
        this.timers.delete(timer);
        resolve();
      });
      this.timers.add(timer);
    });
  }
}

/**
 * What Image Builder writes to the log when a run has failed: it ends machines and collects logs, and asks again and
 * again how far that is. The log's last lines are of that, and not of the failure.
 */
function tearDown(arn: string): readonly string[] {
  const attempts = Array.from(
    { length: 20 },
    (_, index) => `Waiting for command. Attempt number: ${index + 1}.`,
  );
  return ['Collecting logs from the instance', ...attempts, `Ended the instances of Image ARN: ${arn}`];
}

/** The first line: what follows it in an error of a bake stands in the log already. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
