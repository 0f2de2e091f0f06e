/** What a machine answered to a health check. */
export type Probe =
  | { readonly status: number }
  /** No answer: `timedOut` when none came in time, otherwise there was no connection, or it broke. */
  | { readonly error: string; readonly timedOut?: boolean };

/** What a release needs to be run: it is read off the recipe's parameters or off the user data. */
export interface Software {
  readonly application: string;
  readonly version: string;
  /** `s3://BUCKET/KEY` of the release's artifact, a tar archive. */
  readonly artifactUri: string;
  /** SHA-256 of that archive, hexadecimal. */
  readonly artifactSha256: string;
  /** Program and arguments that serve the release, run in the artifact's folder. */
  readonly command: readonly string[];
  readonly port: number;
  /** Launch lifecycle hook that the machine completes when its service answers. */
  readonly launchHook?: string;
}

export interface BakeRequest {
  /** A provisional id: the AMI's own is known when it is registered, and is given by `adoptImage`. */
  readonly imageId: string;
  readonly baseImageId: string;
  /** Component documents (YAML) with their parameters' values, in order. */
  readonly components: readonly {
    readonly name: string;
    readonly document: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
  /** Instance profile's role of the build instance: it fetches the artifact. */
  readonly roleArn: string;
  /** A line of the build's log. */
  readonly log: (line: string) => void;
  /** Where that log is read, for messages. */
  readonly logPlace?: string;
}

export interface LaunchRequest {
  readonly instanceId: string;
  readonly imageId: string;
  /** `t3.micro`; machines that model nothing of it have no use for it. */
  readonly instanceType?: string;
  /** @default the region's zone a */
  readonly availabilityZone?: string;
  /** Decoded user data; empty when there is none. */
  readonly userData: string;
  /** Role of the machine's instance profile, when it has one. */
  readonly roleArn?: string;
  /**
   * What the instance metadata service shows of the machine's tags; undefined where the instance's metadata
   * options do not have it show any, as is EC2's default.
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** When the metadata service begins to show them, in modelled time. @default at once */
  readonly tagsFrom?: number;
  /** Called when the machine's operating system is up (EC2's `running`); modelled time passes until then. */
  readonly onRunning: () => void;
  /** Called when the machine can't start or has died by itself. */
  readonly onStopped: (reason: string) => void;
}

/** The image was made, and then failed its test phase. */
export class TestPhaseFailure extends Error {}

/**
 * Machines, whatever they are made of. All times are the local AWS's clock's. The driver owns the
 * content of images: AMIs are registered with EC2 by whoever asked for the bake.
 */
export interface MachineDriver {
  /**
   * Makes an image's content, and tests it.
   * @throws TestPhaseFailure when the image failed its tests, Error naming the failing step otherwise
   */
  bake(request: BakeRequest): Promise<void>;
  /** Gives baked content the id of the AMI that was registered for it; the provisional id is free again. */
  adoptImage(provisionalId: string, imageId: string): void;
  /** Forgets an image's content. */
  discardImage(imageId: string): Promise<void>;
  /** Address that the next machine will have. */
  reserveAddress(instanceId: string): string;
  /** Begins to start a machine, and returns at once. @throws Fault when there is no capacity for it */
  launch(request: LaunchRequest): void;
  /** Ends a machine (first asking it to stop) and removes what it left. Ends well when it is gone. */
  terminate(instanceId: string): Promise<void>;
  /** What the machine wrote to its console. */
  consoleOutput(instanceId: string): string;
  /** Where a port of a machine is reached from this computer; undefined while there is no such machine. */
  endpoint(instanceId: string, port: number): { readonly host: string; readonly port: number } | undefined;
  /** One health check over HTTP. `timeoutMs` is modelled; a real machine is given 2 s of real time at the least. */
  probe(instanceId: string, port: number, path: string, timeoutMs: number): Promise<Probe>;
  /** Ends all machines. */
  close(): Promise<void>;
}
