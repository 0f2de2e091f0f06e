import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { buildSync, version as esbuildVersion } from 'esbuild';

const ROOT = join(__dirname, '..', '..');
const LIB = join(ROOT, 'lib');
const MODULES = join(ROOT, 'node_modules');

/** Step functions, one for each kind of resource, by the name of their file in the bundle. */
const STEP_FUNCTIONS = {
  preflight: join(LIB, 'preflight', 'preflight.lambda.ts'),
  release: join(LIB, 'release', 'released-version.lambda.ts'),
  'base-image': join(LIB, 'machines', 'base-image.lambda.ts'),
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

/** After how long without use a built bundle is removed. */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * The code of all functions, one folder with a file per function, so that each loads only the SDK clients that it
 * uses, and what several use is there once. The SDK is in it: the runtime's may be older than what is relied on, and
 * an older client drops what it does not know without a word (`tags` of `StartImagePipelineExecution`).
 */
export class HandlerBundle extends Construct {
  static of(scope: IConstruct): HandlerBundle {
    const root = scope.node.root as Construct;
    return (root.node.tryFindChild('HandlerBundle') as HandlerBundle) ?? new HandlerBundle(root);
  }

  private readonly folder: string;

  private constructor(root: Construct) {
    super(root, 'HandlerBundle');
    this.folder = builtBundle();
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

/**
 * The folder of the bundle that the present sources give. Built once: most of its time goes into the SDK, which every
 * synthesis, and every test of a construct, would pay again.
 */
function builtBundle(): string {
  const cache = join(MODULES, '.cache', 'image-rollouts');
  const folder = join(cache, `handlers-${digestOfSources()}`);
  if (existsSync(folder)) {
    const now = new Date();
    utimesSync(folder, now, now);
    return folder;
  }
  mkdirSync(cache, { recursive: true });
  removeUnused(cache);
  const building = mkdtempSync(join(cache, 'building-'));
  bundleHandlers(building);
  try {
    renameSync(building, folder);
  } catch (error) {
    // Another process has built the same meanwhile.
    if (!existsSync(folder)) throw error;
    rmSync(building, { recursive: true });
  }
  return folder;
}

/** Everything that can change a byte of the bundle: the project's sources, what npm has installed, and esbuild. */
function digestOfSources(): string {
  const hash = createHash('sha256').update(esbuildVersion);
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  for (const name of files.sort())
    hash.update(`\0${name.split(sep).join('/')}\0`).update(readFileSync(join(LIB, name)));
  for (const file of [join(ROOT, 'tsconfig.json'), join(MODULES, '.package-lock.json')])
    hash.update('\0').update(readFileSync(file));
  return hash.digest('hex').slice(0, 32);
}

function removeUnused(cache: string): void {
  const before = Date.now() - KEPT_MS;
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    // Another process may remove it at the same time.
    if ((statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? before) < before)
      rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds all functions into a folder. The same sources give the same bytes, wherever they lie. */
export function bundleHandlers(folder: string): void {
  buildSync({
    // Comments in the output name the sources by their path from here.
    absWorkingDir: ROOT,
    entryPoints: ENTRY_POINTS,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // The packages' ES modules: of an SDK client's CommonJS nothing can be left out.
    mainFields: ['module', 'main'],
    target: 'node20',
    logLevel: 'warning',
  });
}
