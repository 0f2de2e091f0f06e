/** How sure an assumption is: AWS says so; others report it; it follows from what AWS says; nobody says. */
export type Certainty = 'documented' | 'reported' | 'inferred' | 'guessed';

/** Something about AWS that this project takes for granted, and that only a real account can settle. */
export interface Assumption {
  /** Stable name. */
  readonly id: string;
  readonly area:
    | 'CloudFormation'
    | 'Auto Scaling'
    | 'EC2 and IAM'
    | 'Load balancing and alarms'
    | 'Image Builder'
    | 'Functions';
  /** What is assumed, in a sentence. */
  readonly assumed: string;
  /** What would break, or be wrong, if it were not so. */
  readonly restsOn: string;
  readonly certainty: Certainty;
  /** Where that is read: an address, or an issue. */
  readonly source: string;
  /**
   * What settles it: a probe by its id with the facts or figures that answer; or, where a probe would take too
   * much, why there is none, and the test that holds what the local AWS does.
   */
  readonly settledBy:
    | { readonly probe: string; readonly by: readonly string[] }
    | { readonly noProbe: string; readonly local: string; readonly test: string };
}
