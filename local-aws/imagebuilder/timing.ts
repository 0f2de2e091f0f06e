import type { ImageStatus } from '@aws-sdk/client-imagebuilder';

/** One step of a workflow, with its modelled duration. */
export interface StepTiming {
  readonly name: string;
  readonly action: string;
  readonly minutes: number;
}

/** One stage of a run: the status that the image has in it, and the workflow that is carried out. */
export interface Stage {
  readonly status: ImageStatus;
  readonly workflow: 'BUILD' | 'TEST' | 'DISTRIBUTION';
  readonly steps: readonly StepTiming[];
}

/** From a run's start, or the end of the pipeline's run before it, until work on it begins. */
export const PENDING_MINUTES = 0.5;

/** How long a failed workflow is rolled back, where it is: an assumption, AWS gives no figure. */
export const ROLLBACK_MINUTES = 1;

/**
 * A run's stages; with the wait before them 22 modelled minutes in all: within the 15 to 45 that
 * AWS's samples and tools give for Linux. AWS publishes no figures for single steps; these are
 * assumptions. The steps are those of its default workflows.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-workflow-use.html
 */
export const STAGES: readonly Stage[] = [
  {
    status: 'CREATING',
    workflow: 'BUILD',
    steps: [{ name: 'LaunchBuildInstance', action: 'LaunchInstance', minutes: 2.5 }],
  },
  {
    status: 'BUILDING',
    workflow: 'BUILD',
    steps: [
      { name: 'ApplyBuildComponents', action: 'ExecuteComponents', minutes: 5 },
      { name: 'InventoryCollection', action: 'CollectImageMetadata', minutes: 0.5 },
      { name: 'RunSanitizeScript', action: 'SanitizeInstance', minutes: 1 },
      { name: 'CreateOutputAMI', action: 'CreateImage', minutes: 4.5 },
      { name: 'TerminateBuildInstance', action: 'TerminateInstance', minutes: 0.5 },
    ],
  },
  {
    status: 'TESTING',
    workflow: 'TEST',
    steps: [
      { name: 'LaunchTestInstance', action: 'LaunchInstance', minutes: 2.5 },
      { name: 'ApplyTestComponents', action: 'ExecuteComponents', minutes: 1 },
      { name: 'TerminateTestInstance', action: 'TerminateInstance', minutes: 0.5 },
    ],
  },
  {
    status: 'DISTRIBUTING',
    workflow: 'DISTRIBUTION',
    steps: [{ name: 'DistributeOutputImage', action: 'DistributeImage', minutes: 3 }],
  },
  {
    status: 'INTEGRATING',
    workflow: 'DISTRIBUTION',
    steps: [{ name: 'UpdateReferences', action: 'ModifyImageAttributes', minutes: 0.5 }],
  },
];
