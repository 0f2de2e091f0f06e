/** A fault that an audit found in this code or that is like one, and the tests that have to fail with it. */
export interface Mutation {
  readonly name: string;
  /** What is wrong with it. */
  readonly does: string;
  readonly file: string;
  /** Each text stands in the file once, and is replaced by the other. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  /** Test files; one of their tests has to fail. */
  readonly foundBy: readonly string[];
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'fills-with-zeros',
    does: 'the 5xx alarm takes minutes that have not arrived for minutes without errors',
    file: 'lib/fleet/alarms.ts',
    changes: [["'machines + balancer'", "'FILL(machines, 0) + FILL(balancer, 0)'"]],
    foundBy: ['test/fleet/alarms.test.ts'],
  },
  {
    name: 'never-fires-late',
    does: 'the same, and it looks at no more minutes than it needs: as the alarm was when it could not fire',
    file: 'lib/fleet/alarms.ts',
    changes: [
      ["'machines + balancer'", "'FILL(machines, 0) + FILL(balancer, 0)'"],
      ['BAD_MINUTES.errors + LATE_MINUTES', 'BAD_MINUTES.errors + 1'],
    ],
    foundBy: ['test/end-to-end/late-metrics.test.ts', 'test/fleet/alarms.test.ts'],
  },
  {
    name: 'no-bake-time',
    does: 'nothing watches the alarms after the last replacement',
    file: 'lib/rollout/execute.ts',
    changes: [[', BakeTime: spec.bakeTimeSeconds', '']],
    foundBy: ['test/end-to-end/late-metrics.test.ts', 'test/rollout/bake-time.test.ts'],
  },
  {
    name: 'log-group-from-arn',
    does: 'the log of a failed bake is looked for where the ARN says, in lower case',
    file: 'lib/image/bake/failure.ts',
    changes: [
      [
        'logGroupName: `/aws/imagebuilder/${recipeName}`',
        'logGroupName: `/aws/imagebuilder/${recipeName.toLowerCase()}`',
      ],
    ],
    foundBy: ['test/end-to-end/bakes.test.ts'],
  },
  {
    name: 'starts-any-machine',
    does: "the rollout's role may start machines from any launch template",
    file: 'lib/rollout/permissions.ts',
    changes: [["conditions: { ArnEquals: { 'ec2:LaunchTemplate': launchTemplate } },", '']],
    foundBy: ['test/end-to-end/permissions.test.ts', 'test/stacks/stacks.test.ts'],
  },
  {
    name: 'swallows-the-log',
    does: 'a log that could not be read is passed over in silence',
    file: 'lib/image/bake/failure.ts',
    changes: [['return `Its log (${called}) could not be read: ${messageOf(error)}.`;', "return '';"]],
    foundBy: ['test/image'],
  },
  {
    name: 'forgets-the-failure-before',
    does: 'a rollout starts while late metrics of the one before may still roll it back',
    file: 'lib/rollout/hindrance.ts',
    changes: [["if (now >= failedAt + LATE_ALARM_MS) return '';", "return '';"]],
    foundBy: ['test/rollout/rollout-step.test.ts'],
  },
];
