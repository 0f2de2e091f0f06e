import type { LongRunning, Outcome, Round } from '../custom-resource/step';
import type { VerificationClients } from './clients';
import {
  type Activity,
  type Contents,
  type Fleet,
  findingsOf,
  healthyMachines,
  isSameContent,
  isSick,
  isSilent,
  lastProgressAt,
  type Machine,
  machineInTrouble,
  sentences,
  strays,
  textOf,
} from './fleet';
import { quoteOf } from './machine-console';
import { type VerificationSpec, verificationSpec } from './properties';
import { readFleetConsole } from './read-console';
import {
  readActivities,
  readContents,
  readGroup,
  readRefreshes,
  readSoftware,
  withTargetHealth,
} from './read-fleet';
import { isActive } from './statuses';

/** What a verification rests on. */
export interface VerificationObserved {
  readonly fleet: Fleet | 'absent';
  readonly contents: Contents;
  /** Read when there are strays. */
  readonly isRefreshing: boolean;
  /** Read when the progress deadline may be over. */
  readonly activities: readonly Activity[];
  /** Console of the machine in trouble, read when it was seen first and when the deadline may be over. */
  readonly console: string;
}

/** How long strays are waited for: a machine that is being replaced goes by itself. */
const STRAYS_PATIENCE_MS = 3 * 60_000;

/** How long a machine may boot before its console is read. */
const BOOT_PATIENCE_MS = 3 * 60_000;

/** Proves that every machine in service was started from the release. */
export function verification(clients: VerificationClients): LongRunning<VerificationSpec> {
  return {
    parse: verificationSpec,
    step: async (round) => {
      if (isNeedless(round)) return { kind: 'succeed', data: {}, message: 'There is nothing to verify.' };
      const outcome = decideVerification(round, await observeVerification(round, clients));
      await record(outcome, round, clients);
      return outcome;
    },
  };
}

/** The verification is the end of a deployment: it says in the ledger how the revision ended. */
async function record(
  outcome: Outcome,
  { spec, now, stackId, requestType }: Round<VerificationSpec>,
  clients: VerificationClients,
): Promise<void> {
  if (outcome.kind === 'wait') return;
  const ledger = clients.ledger(spec.ledgerTable);
  const { open } = await ledger.head(spec.groupName);
  if (open?.stackId !== stackId || open.isRestart) return;
  const software = await readSoftware(clients, spec.target);
  if (software?.content !== open.content) return;
  if (outcome.kind === 'succeed')
    return ledger.close(spec.groupName, open, { kind: 'Complete', reason: outcome.message, at: now });
  // Of an update, the way back says how it ended.
  if (requestType === 'Update')
    return ledger.amend(spec.groupName, open, { trouble: open.trouble ?? outcome.reason });
  return ledger.close(spec.groupName, open, { kind: 'Failed', reason: outcome.reason, at: now });
}

/** On the way back the rollout itself has waited for the fleet; failing here would leave the stack stuck. */
function isNeedless(round: Round<VerificationSpec>): boolean {
  return round.requestType === 'Delete' || round.isGoingBack;
}

async function observeVerification(
  round: Round<VerificationSpec>,
  clients: VerificationClients,
): Promise<VerificationObserved> {
  const { spec } = round;
  const group = await readGroup(clients, spec.groupName);
  const nothing = { contents: new Map(), isRefreshing: false, activities: [], console: '' };
  if (!group) return { ...nothing, fleet: 'absent' };
  const fleet = await withTargetHealth(clients, group, spec.targetGroupArn);
  const contents = await readContents(clients, [
    spec.target,
    ...fleet.machines.map(({ version }) => version),
  ]);
  const hasStrays = strays(fleet, spec.target, contents).length > 0;
  const refreshes = hasStrays ? await readRefreshes(clients, spec.groupName) : [];
  const isOverdue = round.now - round.startedAt >= spec.progressDeadlineSeconds * 1000;
  const isLong = round.now - round.startedAt >= BOOT_PATIENCE_MS;
  const trouble = machineInTrouble(fleet, (machine) => isSameContent(contents, machine.version, spec.target));
  const isNew = trouble && round.note === '' && (isSick(trouble) || (isSilent(trouble) && isLong));
  return {
    fleet,
    contents,
    isRefreshing: refreshes.some(({ status }) => isActive(status)),
    activities: isOverdue ? await readActivities(clients, spec.groupName, 0) : [],
    console: trouble && (isOverdue || isNew) ? await readFleetConsole(clients, trouble.id) : '',
  };
}

/** The verification's next step, from what was observed and the time alone. */
export function decideVerification(round: Round<VerificationSpec>, observed: VerificationObserved): Outcome {
  const { spec } = round;
  const { fleet } = observed;
  if (fleet === 'absent') return fail(spec, 'there is no such group.');
  const left = strays(fleet, spec.target, observed.contents);
  const isOfRelease = (machine: Machine) => isSameContent(observed.contents, machine.version, spec.target);
  const healthy = healthyMachines(fleet).filter(isOfRelease).length;
  const progress = `${healthy} of ${fleet.desiredCapacity} machines serve ${spec.release}`;
  if (left.length === 0 && healthy >= fleet.desiredCapacity)
    return { kind: 'succeed', data: { Machines: String(healthy) }, message: `${progress}.` };

  const found = troubles(fleet, observed, isOfRelease);
  const deadlineMs = spec.progressDeadlineSeconds * 1000;
  const lastProgress = Math.max(
    round.startedAt,
    lastProgressAt(fleet, observed.activities, isOfRelease) ?? round.startedAt,
  );
  if (round.now - lastProgress >= deadlineMs || round.now >= round.answerBy) {
    const what = [found || round.note, named(left)].filter(Boolean).join(' ');
    return fail(spec, `${progress}, and no further one became healthy in time. ${what}`.trim());
  }
  if (left.length > 0 && !observed.isRefreshing && round.now - round.startedAt >= STRAYS_PATIENCE_MS)
    return fail(spec, `${progress}. ${named(left)}`);
  return {
    kind: 'wait',
    seconds: round.now - round.startedAt < 60_000 ? 10 : 20,
    message: `${progress}.`,
    note: observed.console && !round.note ? found : undefined,
  };
}

function troubles(
  fleet: Fleet,
  observed: VerificationObserved,
  isOfRelease: (machine: Machine) => boolean,
): string {
  const text = textOf(findingsOf(fleet, observed.activities, isOfRelease, observed.console));
  return sentences(text, quoteOf(observed.console));
}

function named(left: readonly Machine[]): string {
  if (left.length === 0) return '';
  const list = left.map(
    ({ id, version }) => `${id} (${version ? `version ${version.version}` : 'no launch template'})`,
  );
  return `Started from something else: ${list.join(', ')}. Deploy again to have them replaced.`;
}

function fail(spec: VerificationSpec, what: string): Outcome {
  return { kind: 'fail', reason: `The verification of ${spec.release} on ${spec.groupName} failed: ${what}` };
}
