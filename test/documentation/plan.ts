import type { DocumentedCommand } from './commands';

/** Where a command is run, and what has to come of it. */
export type Way =
  /** By this test, on a local AWS that `npm run local-aws` is, or without any. */
  | {
      readonly run: 'here';
      /** @default 0 */
      readonly exitCode?: number;
      /** What it says. @default anything */
      readonly says?: RegExp;
      /** What it does not say. @default nothing in particular */
      readonly saysNot?: RegExp;
      /** A deployment that fails before it: of a manifest. */
      readonly afterFailed?: string;
      /** A deployment that succeeds before it: of a manifest. */
      readonly afterDeployed?: string;
      /** A deployment that is under way meanwhile. */
      readonly during?: {
        readonly manifest: string;
        /** Whether it stands at a gate until it is told to continue, so that it does not end before the command. */
        readonly atGate?: boolean;
        /** What is run after the command. @default nothing */
        readonly next?: readonly string[];
        readonly exitCode: 0 | 1;
        /** What is run when the deployment has ended. @default nothing */
        readonly afterwards?: readonly string[];
      };
      /** A new local AWS begins with it, as an account that nothing was done in yet. */
      readonly onNewAccount?: boolean;
      /** It does not end by itself: it is ended once it has said this. */
      readonly until?: RegExp;
      /** What has to be installed for it; where it is not, that is said loudly. */
      readonly needs?: string;
    }
  /** By a line of `.ci/run`. */
  | { readonly run: '.ci/run'; readonly line: string }
  /** Nowhere; its flags are held against what `--help` says, or against the call's input. */
  | {
      readonly run: 'nowhere';
      readonly reason: string;
      readonly help?: string;
      /** A command that prints the call's input as JSON. */
      readonly skeleton?: string;
      readonly needs?: string;
    };

const here = (rest: Omit<Extract<Way, { run: 'here' }>, 'run'> = {}): Way => ({ run: 'here', ...rest });
const ci = (line: string): Way => ({ run: '.ci/run', line });
const MINUTES = 'It takes minutes, and another line of .ci/run runs it with other flags.';
/** Of a call in which the reader puts names of their own, the members are held against the CLI's skeleton of it. */
const operation = (call: string): Way => ({
  ...{ run: 'nowhere', reason: 'The reader puts what is in the way into it.', needs: 'aws' },
  skeleton: `${call} --generate-cli-skeleton`,
});
const flags = (help: string, reason = MINUTES): Way => ({ run: 'nowhere', reason, help });

const LISTED = String.raw`^\[[+~-]\] \S+ (?!CustomResources/BakedImage|Image/|Fleet/(?:MachineRole/DefaultPolicy|LaunchTemplate|Rollout/Resource/Resource) |Preflight/)`;

/** By the file and the command. What a table repeats of its file is not run again. */
export const PLAN: Readonly<Record<string, Readonly<Record<string, Way>>>> = {
  'README.md': {
    'npm start': ci('npm start'),
    'npm test': ci('npm test'),
    'npm run rehearse:rollout': ci('npm run -s rehearse:rollout'),
    'npm run rehearse:machines': flags('npm run -s rehearse:machines -- --help'),
    'npm run drill': ci('npm run -s drill'),
    'npm run simulate': ci('npm run -s simulate -- --seeds 500'),

    'npm run local-aws': here({ onNewAccount: true, until: /Ctrl-C ends it/ }),
    'npx cdk deploy ImageBased -c release=sample-app/1.1.0.json': here({ says: /ImageBased/ }),
    'npx cdk diff ImageBased -c release=sample-app/1.2.0.json': here({ says: /guestbook 1\.2\.0/ }),
    'aws cloudformation describe-stack-events --stack-name ImageBased': here({
      ...{ needs: 'aws', says: /"UPDATE_COMPLETE"/ },
    }),
    'aws autoscaling describe-instance-refreshes --auto-scaling-group-name ImageBased-fleet': here({
      ...{ needs: 'aws', says: /"Successful"/ },
    }),
    'npx cdk destroy ImageBased': here({ says: /destroyed/ }),

    // The local AWS has what it makes already, and refuses a template with more than it serves.
    'npx cdk bootstrap': here({
      ...{ onNewAccount: true, exitCode: 1, says: /not served by the local AWS/ },
    }),
    'npx cdk deploy ImageBased': here({ says: /ImageBased\.Url/ }),

    'npx rollout forecast --capacity 4 --compare': here({ says: /instance-based/ }),
    'npx rollout forecast --stack ImageBased --fail-at 30%': here(),
    'npx rollout forecast --stack ImageBased --deployed': here(),
    'npx rollout forecast --capacity 10 --deadline 30m --lowest-capacity 90%': here(),
    'npx rollout forecast --capacity 10 --checkpoints 20,50,100 --json': here({ says: /^\{/ }),

    'npx rollout status ImageBased --watch': here({
      ...{ during: { manifest: 'sample-app/1.1.0.json', exitCode: 0 }, says: /Healthy/ },
    }),
    'npx rollout history ImageBased': here({ says: /1\.1\.0/ }),
    'npx rollout pause ImageBased': here({
      during: {
        ...{ manifest: 'sample-app/1.2.0.json', atGate: true, exitCode: 0 },
        next: ['npx rollout resume ImageBased', 'npx rollout promote ImageBased'],
        // Without the gate, at which an undo would stand, too.
        afterwards: ['npx cdk deploy ImageBased -c release=sample-app/1.2.0.json'],
      },
    }),
    'npx rollout verify ImageBased --json': here({ says: /1\.2\.0/ }),
    'npx rollout status ImageBased': here({ afterFailed: 'sample-app/2.0.0.json', says: /Healthy/ }),
    'npx rollout history ImageBased --revision 4': here({ says: /schema of its entries is missing/ }),
    'npx rollout abort ImageBased --reason "orders fail"': here({
      during: { manifest: 'sample-app/1.1.0.json', atGate: true, exitCode: 1 },
    }),
    'npx rollout undo ImageBased': here(),
    'npx rollout undo ImageBased --to-revision 1': here(),
    'npx rollout verify ImageBased': here(),
    'npx rollout restart ImageBased': here(),
    // After an undo a fleet is pinned to its revision, and so to that one's base image, until another release than the one that was undone.
    'npx rollout restart ImageBased --newest-base': here({ afterDeployed: 'sample-app/1.1.0.json' }),
    // It fails as it did before.
    'npx rollout retry ImageBased': here({
      ...{ afterFailed: 'sample-app/2.0.0.json', exitCode: 2, says: /\[500\]/ },
    }),

    'npx cdk synth -q': here(),
    'npx cdk diff ImageBased --exclusively --template cdk.out/InstanceBased.template.json': here({
      ...{ says: /\[\+\] Custom::BakedImage/, saysNot: new RegExp(LISTED, 'm') },
    }),
  },
  'docs/architecture.md': {
    'npm test': ci('npm test'),
    'RUN_DOCUMENTATION=1 npx jest test/documentation': ci('RUN_DOCUMENTATION=1 npx jest test/documentation'),
  },
  'docs/assumptions.md': {
    'npm run probe -- --local': ci('npm run -s probe -- --local'),
    'npm run probe': here({ exitCode: 1 }),
  },
  'docs/commands.md': {
    'npx rollout COMMAND STACK [flags]': { run: 'nowhere', reason: 'It is the form of all commands.' },
  },
  'docs/forecast.md': {
    'npx rollout forecast --capacity 12 --price-per-hour 0.02': here(),
    'npx rollout forecast --capacity 12 --deadline 30m --lowest-capacity 100%': here(),
    'npx rollout forecast --capacity 10 --fail-at 50%': here(),
    'npx rollout forecast --capacity 12 --compare --svg out/forecast.svg': here(),
    'npx rollout forecast --stack ImageBased': here(),
    'npx rollout forecast --stack ImageBased --deployed': here(),
    'npx rollout forecast --capacity 20 --min 90 --max none --checkpoints 20,50,100 --checkpoint-delay 10m':
      here(),
    'npm run rehearse:machines': flags('npm run -s rehearse:machines -- --help'),
  },
  'docs/local-aws.md': {
    'npm run local-aws': here({ onNewAccount: true, until: /Ctrl-C ends it/ }),
    'npm run local-aws -- --port 4711 --speed 120 --calls': here({
      ...{ onNewAccount: true, until: /Ctrl-C ends it/ },
    }),
    'npx cdk deploy ImageBased --require-approval never': here(),
    'aws cloudformation describe-stack-events --stack-name ImageBased': here({
      ...{ needs: 'aws', says: /"CREATE_COMPLETE"/ },
    }),
    'aws autoscaling describe-scaling-activities --auto-scaling-group-name ImageBased-fleet': here({
      ...{ needs: 'aws', says: /"Successful"/ },
    }),
    'aws stepfunctions list-executions --state-machine-arn arn:aws:states:eu-central-1:000000000000:stateMachine:ImageBased-rollout':
      here({ needs: 'aws', says: /"SUCCEEDED"/ }),
    'aws logs describe-log-groups': here({ needs: 'aws', says: /\/aws\/imagebuilder\// }),
    'npm run outside': ci('npm run -s outside -- --if-possible'),
  },
  'docs/preflight.md': {
    'npx cdk deploy ImageBased -c acceptFindings=health-path-change': here(),
    'npx cdk context --clear': here(),
    'aws autoscaling delete-tags': operation('aws autoscaling delete-tags'),
  },
  'docs/recipes.md': {
    'npx cdk deploy ImageBased -c playbooks=harden-kernel': here(),
    // The reader's own is not there.
    'npx cdk deploy ImageBased -c playbooks=harden-kernel,my-own': here({
      ...{ exitCode: 1, says: /playbooks names "my-own"/ },
    }),
    'aws imagebuilder list-component-build-versions --component-version-arn …/1.0.0': operation(
      'aws imagebuilder list-component-build-versions',
    ),
    'aws imagebuilder delete-component --component-build-version-arn …/1.0.0/1': operation(
      'aws imagebuilder delete-component',
    ),
  },
  'docs/rehearsal.md': {
    'npm start': ci('npm start'),
    'npm start -- --speed 60': flags('npm start -- --help'),
    'npm run rehearse:machines': flags('npm run -s rehearse:machines -- --help'),
    'npm run rehearse:machines -- --short': ci('npm run -s rehearse:machines -- --short --if-possible'),
    'npm run rehearse:machines -- --clean': flags('npm run -s rehearse:machines -- --help'),
    'npm run rehearse:machines -- --if-possible': ci('npm run -s rehearse:machines -- --short --if-possible'),
    'REAL_MACHINES=1 npx jest test/local-aws/component-runner/real-bake test/local-aws/machines/nspawn': ci(
      'test/local-aws/component-runner/real-bake test/local-aws/machines/nspawn',
    ),
    'REAL_MACHINES=1 KILLS=20 KILL_SEED=7 npx jest test/local-aws/machines/nspawn/killed': {
      run: 'nowhere',
      reason: 'With fewer kills .ci/run runs it, as one of the tests on real machines.',
    },
    'npm run rehearse:rollout': ci('npm run -s rehearse:rollout'),
    'npm run rehearse:rollout -- --hours': flags('npm run -s rehearse:rollout -- --help'),
    'npm run rehearse:rollout -- --speed 60': flags('npm run -s rehearse:rollout -- --help'),
    'npm run drill': ci('npm run -s drill'),
  },
  'docs/simulation.md': {
    'npm run simulate': ci('npm run -s simulate -- --seeds 500'),
    'npm run simulate -- --seeds 100000 --workers 2': flags('npm run -s simulate -- --help'),
    'npm run simulate -- --seeds 1 --from 4711 --trace': here(),
    'npm run simulate -- --calm': flags('npm run -s simulate -- --help'),
    'npm run mutations': ci('npm run -s mutations'),
    'npm run simulate -- --mutation starts-twice': flags('npm run -s simulate -- --help'),
  },
};

/** @throws Error for a command of which nobody said where it is run */
export function wayOf({ file, line, text }: DocumentedCommand): Way {
  const way = PLAN[file]?.[text];
  if (way) return way;
  throw new Error(
    `${file}:${line}: "${text}" is in no plan. Say in test/documentation/plan.ts where it is run, and what has to come of it.`,
  );
}
