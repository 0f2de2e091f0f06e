import type { Proof } from '../../lib/cli/proof';
import type { MachineShell } from '../machines/nspawn/machine-shell';
import { both, type Finding, finding, type PerVariant, type Variant } from './model';
import { type Act, type Stage, servingOf } from './story';

/** What is changed: the settings of the released application. */
const FILE = '/etc/application.env';
const CHANGE = `echo '# changed by hand' >> ${FILE}`;
/** A machine from an image is read-only; root can undo that. */
const WRITABLE_AGAIN = 'mount -o remount,bind,rw /';

/** What comes of the first attempt, and what `rollout verify` names after the last. */
const EXPECTED: PerVariant<{ readonly attempt: string; readonly changed: readonly string[] }> = {
  ImageBased: { attempt: 'Read-only file system', changed: ['/', FILE] },
  InstanceBased: { attempt: 'done', changed: [FILE] },
};

/** Root changes a file on one machine of each fleet, and `rollout verify` has to name both. */
export function changeByHand(shellOf: (instanceId: string) => MachineShell): Act {
  return (stage) =>
    both(async (variant) => {
      const [machine] = await servingOf(stage, variant);
      if (machine === undefined) throw new Error(`${variant} has no machine that serves.`);
      const shell = shellOf(machine);
      const { attempt, changed } = EXPECTED[variant];
      const findings = [finding(`writing to ${FILE} as root`, await attempted(shell, CHANGE), attempt)];
      if (variant === 'ImageBased') {
        const again = await attempted(shell, `${WRITABLE_AGAIN} && ${CHANGE}`);
        findings.push(finding('writing to it once / is mounted to be written to', again, 'done'));
      }
      // What its timer does every ten minutes.
      const looked = await attempted(shell, 'systemctl start drift.service');
      const { exitCode, proof } = await verify(stage, `hand-verify-${variant}`, variant);
      for (const sentence of proof.findings) stage.say(`${variant}: ${sentence}`);
      return [
        ...findings,
        finding('looking for changes on the machine', looked, 'done'),
        finding('exit code of rollout verify', String(exitCode), '2'),
        finding('what it names', named(proof), `${machine}: ${changed.join(' ')}`),
      ];
    });
}

/** All machines are replaced by new ones of the same release, and nothing is left of the change. */
export const restartAll: Act = (stage) =>
  both(async (variant): Promise<readonly Finding[]> => {
    const restarted = await stage.rollout(`restart-${variant}`, ['restart', variant]);
    const { exitCode, proof } = await verify(stage, `restart-verify-${variant}`, variant);
    // Old ones may still be on their way out.
    const staying = proof.machines.filter(({ isInFleet }) => isInFleet);
    const silent = staying.filter(({ changed }) => !changed).map(({ id }) => id);
    return [
      finding('exit code of rollout restart', String(restarted.exitCode), '0'),
      finding('exit code of rollout verify', String(exitCode), '0'),
      finding('what it names', named(proof), 'nothing'),
      finding('machines that say nothing of changes', silent.join(' ') || 'none', 'none'),
    ];
  });

/** Runs a script. @returns `done`, or the reason in the system's words */
async function attempted(shell: MachineShell, script: string): Promise<string> {
  const { exitCode, output } = await shell.run(script);
  return exitCode === 0 ? 'done' : output.trim().replace(/^.*: /s, '') || `exit code ${exitCode}`;
}

/** `npx rollout verify`: its exit code and what it has found. @throws Error when it says nothing that can be read */
async function verify(
  stage: Stage,
  log: string,
  variant: Variant,
): Promise<{ readonly exitCode: number; readonly proof: Proof }> {
  const { exitCode, output } = await stage.rollout(log, ['verify', variant, '--json']);
  try {
    return { exitCode, proof: JSON.parse(output.slice(Math.max(0, output.indexOf('{')))) as Proof };
  } catch {
    throw new Error(
      `rollout verify ended with ${exitCode} and no proof: ${output.trim() || 'it said nothing'}`,
    );
  }
}

/** Machines that were changed, each with what was. */
function named({ machines }: Proof): string {
  const changes = machines.flatMap(({ id, changed = [] }) =>
    changed.length > 0 ? [`${id}: ${changed.join(' ')}`] : [],
  );
  return changes.join(', ') || 'nothing';
}
