import { randomUUID } from 'node:crypto';
import type { Image as Ami } from '@aws-sdk/client-ec2';
import type {
  Image,
  ImagePipeline,
  Ami as OutputAmi,
  WorkflowStepMetadata,
} from '@aws-sdk/client-imagebuilder';
import type { Timer } from '../core/clock';
import type { BakeRequest, MachineDriver } from '../machines/driver';
import { BuildLog } from './build-log';
import { profileRoleArn } from './infrastructure-operations';
import { arnOf, partsOf } from './names';
import { parentAmi, registerAmi } from './output-image';
import type { Build, Store, Workflow } from './store';
import { APPLY_COMPONENTS, PENDING_MINUTES, type Stage, type StepTiming } from './timing';

const MINUTE_MS = 60_000;
/** Status of an image whose run has ended. */
const ENDED = ['AVAILABLE', 'FAILED', 'CANCELLED'];

/** What one run learns on its way. */
interface Run {
  readonly build: Build;
  readonly components: BakeRequest['components'];
  /** Id of the content until the AMI is registered. */
  readonly provisionalId: string;
  readonly log: BuildLog;
  parent?: Ami;
}

class Cancelled extends Error {}

/** Carries out the runs of pipelines: each pipeline's one after the other. */
export class Builds {
  private readonly lastOf = new Map<string, Promise<void>>();
  private readonly counts = new Map<string, number>();
  private readonly timers = new Set<Timer>();

  constructor(
    private readonly store: Store,
    private readonly machines: MachineDriver,
    private readonly stages: readonly Stage[],
  ) {}

  /** Starts a run, and returns at once. Recipe and configurations are those of this moment. */
  start(pipeline: ImagePipeline, tags: Record<string, string>): Build {
    const run = this.prepare(pipeline, tags);
    this.store.builds.set(run.build.arn, run.build);
    const before = this.lastOf.get(pipeline.arn!) ?? Promise.resolve();
    this.lastOf.set(
      pipeline.arn!,
      before.then(() => this.carryOut(run)),
    );
    return run.build;
  }

  /** Ends a run as cancelled. Does nothing when it has ended. */
  cancel(build: Build): void {
    if (isEnded(build.image)) return;
    build.image.state = { status: 'CANCELLED', reason: 'Image build was cancelled by the user.' };
    end(build.workflows.at(-1), 'CANCELLED', this.store.now());
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
    };
  }

  /** Never fails: how the run ends is in the image's state. */
  private async carryOut(run: Run): Promise<void> {
    const { image, workflows } = run.build;
    const { store } = this;
    await this.sleep(PENDING_MINUTES * MINUTE_MS);
    if (isEnded(image)) return;
    const pipeline = store.pipelines.get(run.build.pipelineArn);
    if (pipeline) pipeline.dateLastRun = store.now();
    try {
      let output: OutputAmi | undefined;
      for (const stage of this.stages) {
        if (stage.workflow === 'TEST' && image.imageTestsConfiguration?.imageTestsEnabled === false) continue;
        image.state = { status: stage.status };
        run.log.line(`Image transitioned to ${stage.status} state for Image ARN: ${image.arn}`);
        const workflow = this.workflow(run.build, stage.workflow);
        for (const step of stage.steps) await this.step(run, workflow, step);
        if (stage.status === 'DISTRIBUTING') {
          output = await registerAmi(store.core, run.build, run.parent!);
          this.machines.adoptImage(run.provisionalId, output.image!);
        }
      }
      end(workflows.at(-1), 'COMPLETED', store.now());
      image.outputResources = { amis: [{ ...output, state: { status: 'AVAILABLE' } }] };
      image.state = { status: 'AVAILABLE' };
    } catch (error) {
      if (!(error instanceof Cancelled)) {
        const workflow = workflows.at(-1);
        const reason = messageOf(error);
        end(workflow, 'FAILED', store.now(), reason);
        image.state = {
          status: 'FAILED',
          reason: `Workflow Execution ID: '${workflow?.metadata.workflowExecutionId}' failed with reason: ${reason}`,
        };
      }
      for (const line of tearDown(image.arn!)) run.log.line(line);
      await this.machines.discardImage(run.provisionalId).catch(() => undefined);
    }
    if (pipeline) pipeline.lastRunStatus = image.state?.status;
    await run.log.flush();
  }

  /** The run's workflow of that type; a new one begins when the type changes. */
  private workflow(build: Build, type: Stage['workflow']): Workflow {
    const current = build.workflows.at(-1);
    if (current?.metadata.type === type) return current;
    end(current, 'COMPLETED', this.store.now());
    const name = type.toLowerCase();
    const next: Workflow = {
      metadata: {
        workflowBuildVersionArn: `arn:aws:imagebuilder:${this.store.core.region}:aws:workflow/${name}/${name}-image/1.0.0/1`,
        workflowExecutionId: `wf-${randomUUID()}`,
        type,
        status: 'RUNNING',
        totalStepCount: this.stages
          .filter(({ workflow }) => workflow === type)
          .reduce((count, { steps }) => count + steps.length, 0),
        startTime: this.store.now(),
      },
      steps: [],
    };
    build.workflows.push(next);
    return next;
  }

  private async step(run: Run, workflow: Workflow, { name, action, minutes }: StepTiming): Promise<void> {
    const { image } = run.build;
    const step: WorkflowStepMetadata = {
      ...{ stepExecutionId: `step-${randomUUID()}`, name, action, status: 'RUNNING' },
      startTime: this.store.now(),
    };
    workflow.steps.push(step);
    run.log.line(`Started step ${name} with action ${action}`);
    try {
      if (name === 'LaunchBuildInstance') run.parent = await parentAmi(this.store.core, image.imageRecipe!);
      const work = name === APPLY_COMPONENTS ? this.bake(run) : undefined;
      await Promise.all([work, this.sleep(minutes * MINUTE_MS)]);
      step.status = 'COMPLETED';
    } catch (error) {
      step.status = 'FAILED';
      step.message = messageOf(error);
      throw new Error(`Step '${name}' failed: ${step.message}`);
    } finally {
      step.endTime = this.store.now();
    }
    if (image.state?.status === 'CANCELLED') {
      step.status = 'CANCELLED';
      throw new Cancelled();
    }
  }

  private async bake({ build, components, parent, provisionalId, log }: Run): Promise<void> {
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
      throw error;
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

/** Whether an image's run is over. */
export function isEnded(image: Image): boolean {
  return ENDED.includes(image.state?.status ?? '');
}

/** The first line: what follows it in an error of a bake stands in the log already. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

function end(
  workflow: Workflow | undefined,
  status: 'COMPLETED' | 'FAILED' | 'CANCELLED',
  now: string,
  message?: string,
): void {
  if (!workflow || workflow.metadata.endTime !== undefined) return;
  const count = (wanted: string) => workflow.steps.filter((step) => step.status === wanted).length;
  Object.assign(workflow.metadata, {
    ...{ status, message, endTime: now },
    totalStepsSucceeded: count('COMPLETED'),
    totalStepsFailed: count('FAILED'),
    totalStepsSkipped: 0,
  });
}
