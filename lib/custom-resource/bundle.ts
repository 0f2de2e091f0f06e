import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { buildSync } from 'esbuild';

const LIB = join(__dirname, '..');

/** Step functions, one for each kind of resource, by the name of their file in the bundle. */
const STEP_FUNCTIONS = {
  preflight: join(LIB, 'preflight', 'preflight.lambda.ts'),
  release: join(LIB, 'release', 'released-version.lambda.ts'),
  'baked-image': join(LIB, 'image', 'bake', 'baked-image.lambda.ts'),
  rollout: join(LIB, 'rollout', 'rollout.lambda.ts'),
  verification: join(LIB, 'rollout', 'verification.lambda.ts'),
};

/** All functions by the name of their file in the bundle. */
const ENTRY_POINTS = {
  entry: join(LIB, 'custom-resource', 'entry.lambda.ts'),
  answer: join(LIB, 'custom-resource', 'answer.lambda.ts'),
  ...STEP_FUNCTIONS,
};

/** The step function of a kind of resource. */
export type StepFunction = keyof typeof STEP_FUNCTIONS;

/** Every step function, whether a stack has its kind or not. */
export const stepFunctions = Object.keys(STEP_FUNCTIONS) as readonly StepFunction[];

/** A function of the bundle. */
export type BundledFunction = keyof typeof ENTRY_POINTS;

/**
 * The code of all functions, built once per app: one folder, with a file per function, so that each
 * loads only the SDK clients that it uses. The SDK itself comes with the runtime.
 */
export class HandlerBundle extends Construct {
  static of(scope: IConstruct): HandlerBundle {
    const root = scope.node.root as Construct;
    return (root.node.tryFindChild('HandlerBundle') as HandlerBundle) ?? new HandlerBundle(root);
  }

  private readonly folder: string;

  private constructor(root: Construct) {
    super(root, 'HandlerBundle');
    this.folder = join(Stage.isStage(root) ? root.outdir : 'cdk.out', 'handlers');
    bundleHandlers(this.folder);
  }

  /** The bundle as a function's code. Each time a new object, because one belongs to one stack. */
  get code(): lambda.Code {
    return lambda.Code.fromAsset(this.folder);
  }

  /** `Handler` of a function. */
  handler(name: BundledFunction): string {
    return `${name}.handler`;
  }
}

/** Builds all functions into a folder. The same sources give the same bytes, wherever they lie. */
export function bundleHandlers(folder: string): void {
  buildSync({
    // Comments in the output name the sources by their path from here.
    absWorkingDir: join(LIB, '..'),
    entryPoints: ENTRY_POINTS,
    outdir: folder,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['@aws-sdk/*', '@smithy/*'],
    logLevel: 'warning',
  });
}
