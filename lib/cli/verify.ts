import { nameOf } from '../rollout/fleet-status';
import { COMMON_HELP, onFleet } from './on-fleet';
import { judge, type Proof, type ProvenMachine } from './proof';
import { readEvidence } from './read-evidence';
import { moment, person, table } from './table';

const HELP = `rollout verify STACK [flags]

Proves what the fleet runs: each machine with its AMI, its launch template version and its release, by what
EC2 says and by what the machine itself answers on /version. Names strays, machines that do not belong to
the group, machines that were logged into, and files that were changed on a machine since it had booted. It
changes nothing, and ends with 2 when something is off.

${COMMON_HELP}

With --json the proof can be kept: it says who had it made, when, and from what.`;

/** `rollout verify` */
export const verifyCommand = onFleet({
  name: 'verify',
  help: HELP,
  flags: {},
  async run(context) {
    const proof = judge(await readEvidence(context));
    return context.result(describe(proof), proof, proof.isProven ? 0 : 2);
  },
});

function describe(proof: Proof): string {
  const { machines, revision, findings, notLookedAt } = proof;
  const rows = machines.map((machine) => [
    machine.id,
    machine.lifecycleState,
    machine.imageId ?? 'unknown',
    machine.launchTemplateVersion ?? 'none',
    machine.revision === undefined ? 'unknown' : `${machine.revision} (${machine.release})`,
    answerOf(machine),
  ]);
  return [
    `${proof.fleet} in ${proof.region}, at ${moment(Date.parse(proof.at))}, for ${person(proof.by)}`,
    `It is to run ${revision ? nameOf(revision) : 'nothing that the ledger knows'}.`,
    '',
    table([['MACHINE', 'STATE', 'AMI', 'TEMPLATE VERSION', 'REVISION', 'ANSWERS'], ...rows]),
    ...section('Off', findings),
    ...section('Not looked at', notLookedAt),
    '',
    proof.isProven ? 'Proven: nothing is off.' : 'Not proven.',
  ].join('\n');
}

function answerOf({ answer }: ProvenMachine): string {
  if (!answer) return '-';
  const { application, version, through } = answer;
  return `${application} ${version}${through === 'machine' ? '' : ', through the load balancer'}`;
}

function section(title: string, sentences: readonly string[]): readonly string[] {
  return sentences.length === 0 ? [] : ['', `${title}:`, ...sentences.map((sentence) => `  ${sentence}`)];
}
