import type {
  Component,
  DistributionConfiguration,
  Image,
  ImagePipeline,
  ImageRecipe,
  InfrastructureConfiguration,
  WorkflowExecutionMetadata,
  WorkflowStepMetadata,
} from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { arnOf, checkName, compareVersions, type Kind, parseVersion, partsOf, versionMatcher } from './names';

/** One workflow of a run, with its steps. */
export interface Workflow {
  readonly metadata: WorkflowExecutionMetadata;
  readonly steps: WorkflowStepMetadata[];
}

/** One run of a pipeline and the image it makes. */
export interface Build {
  readonly arn: string;
  readonly pipelineArn: string;
  readonly image: Image;
  readonly workflows: Workflow[];
}

/** What all of Image Builder's resources have. */
interface Entry {
  arn?: string;
  name?: string;
  tags?: Record<string, string>;
}

/** Status of an image whose run has ended. */
const ENDED = ['AVAILABLE', 'FAILED', 'CANCELLED'];

/** Whether an image's run is over. */
export function isEnded(image: Image): boolean {
  return ENDED.includes(image.state?.status ?? '');
}

/** Everything that Image Builder keeps, by ARN. */
export class Store {
  readonly components = new Map<string, Component>();
  readonly recipes = new Map<string, ImageRecipe>();
  readonly infrastructure = new Map<string, InfrastructureConfiguration>();
  readonly distributions = new Map<string, DistributionConfiguration>();
  readonly pipelines = new Map<string, ImagePipeline>();
  readonly builds = new Map<string, Build>();
  private readonly answered = new Map<
    string,
    { readonly request: string; readonly output: Promise<object> }
  >();

  constructor(readonly core: Core) {}

  /** Modelled time as Image Builder writes it. */
  now(): string {
    return new Date(this.core.clock.now()).toISOString();
  }

  /** ARN of a new resource without versions. @throws Fault for a name that is not valid, or taken */
  newArn(shelf: ReadonlyMap<string, unknown>, kind: Kind, name: string | undefined): string {
    const arn = arnOf(this.core, kind, checkName(name));
    if (shelf.has(arn)) {
      throw new Fault('ResourceAlreadyExistsException', `Resource of type '${kind}' already exists: ${arn}`);
    }
    return arn;
  }

  /** @throws Fault when there is none of that ARN */
  get<T>(shelf: ReadonlyMap<string, T>, kind: Kind, arn: string | undefined): T {
    const entry = shelf.get(arn ?? '');
    if (!entry) throw notFound(kind, arn);
    return entry;
  }

  /** A component by an ARN with or without build number, its version possibly with wildcards: the newest that matches. */
  component(arn: string | undefined): Component {
    return this.newest(this.components, 'component', arn);
  }

  /** A recipe by its ARN, its version possibly with wildcards: the newest that matches. */
  recipe(arn: string | undefined): ImageRecipe {
    return this.newest(this.recipes, 'image-recipe', arn);
  }

  /** All versions and builds that exist of a name: `arn` is any ARN of it. */
  versionsOf(shelf: ReadonlyMap<string, Entry>, arn: string): readonly string[] {
    const prefix = nameOf(arn);
    return [...shelf.keys()].filter((key) => nameOf(key) === prefix);
  }

  /** The first run under way that needs something; its recipe and configurations are those of its start. */
  runThatNeeds(needs: (image: Image) => boolean): Build | undefined {
    return [...this.builds.values()].find(({ image }) => !isEnded(image) && needs(image));
  }

  /** What holds tags, by ARN. */
  tagged(arn: string | undefined): Entry {
    const build = this.builds.get(arn ?? '');
    if (build) return build.image;
    const shelves: readonly ReadonlyMap<string, Entry>[] = [
      ...[this.components, this.recipes, this.infrastructure, this.distributions],
    ];
    for (const shelf of shelves) {
      const entry = shelf.get(arn ?? '');
      if (entry) return entry;
    }
    return this.get<Entry>(this.pipelines, 'image-pipeline', arn);
  }

  /**
   * Carries out a creation once per client token; the same request again gets the first answer.
   * @throws Fault when the token was used for another request
   */
  async once<Input extends { clientToken?: string }, Output extends object>(
    operation: string,
    input: Input,
    create: () => Output | Promise<Output>,
  ): Promise<Output> {
    if (!input.clientToken) return create();
    const key = `${operation} ${input.clientToken}`;
    const request = JSON.stringify(input);
    const before = this.answered.get(key);
    if (before && before.request !== request) {
      throw new Fault(
        'IdempotentParameterMismatchException',
        `The client token ${input.clientToken} was used before, for another request.`,
      );
    }
    if (before) return before.output as Promise<Output>;
    // Known before it is done: the same request may come twice at once.
    const output = (async () => create())();
    this.answered.set(key, { request, output });
    output.catch(() => this.answered.delete(key));
    return output;
  }

  private newest<T extends Entry>(shelf: ReadonlyMap<string, T>, kind: Kind, arn = ''): T {
    const exact = shelf.get(arn);
    if (exact) return exact;
    const { version, build } = partsOf(arn);
    if (version === undefined || build !== undefined) throw notFound(kind, arn);
    const matches = versionMatcher(version);
    const newest = this.versionsOf(shelf, arn)
      .filter((key) => matches(partsOf(key).version!))
      .sort((a, b) => {
        const [left, right] = [partsOf(a), partsOf(b)];
        return (
          compareVersions(parseVersion(left.version), parseVersion(right.version)) ||
          (left.build ?? 0) - (right.build ?? 0)
        );
      })
      .at(-1);
    if (newest === undefined) throw notFound(kind, arn);
    return shelf.get(newest)!;
  }
}

/** An ARN without its version and build. */
export function nameOf(arn: string): string {
  return arn.split('/').slice(0, 2).join('/');
}

function notFound(kind: Kind, arn: string | undefined): Fault {
  return new Fault(
    'ResourceNotFoundException',
    `The ${kind.replaceAll('-', ' ')} '${arn ?? ''}' does not exist.`,
    404,
  );
}
