import { ConfigurationError } from '../configuration-error';
import { whole } from '../forecast/flags';
import { duration } from '../forecast/words';
import { currentRevision, history } from '../ledger/history';
import type { LedgerEvent, Outcome, Revision } from '../ledger/types';
import { releaseOf } from './fleet-view';
import { COMMON_HELP, type FleetContext, onFleet, readHead } from './on-fleet';
import { moment, person, table } from './table';

const HELP = `rollout history STACK [flags]

Lists the revisions that the fleet can go back to, with release, change cause, who, when and outcome. Going
back to a revision makes it the newest: after an undo to 1 of 1, 2, 3 the list reads 2, 3, 4.

  --all            the whole ledger, with revisions that came back under another number
  --revision N     everything about one revision, with what happened during its rollout
${COMMON_HELP}`;

/** Characters of an outcome's reason in the list. */
const REASON_CHARACTERS = 100;

/** `rollout history` */
export const historyCommand = onFleet({
  name: 'history',
  help: HELP,
  flags: { all: 'switch', revision: 'value' },
  async run(context) {
    const { flags, fleet, ledger } = context;
    if (flags.all && flags.revision !== undefined)
      throw new ConfigurationError('--all and --revision exclude each other: a revision is shown whole.');
    const head = await readHead(context);
    const revisions = await ledger.revisions(fleet.groupName);
    if (flags.revision !== undefined) return one(context, flags.revision, revisions);
    const listed = flags.all ? revisions : history(revisions);
    const current = currentRevision(revisions)?.number;
    const record = {
      stack: fleet.stackName,
      fleet: fleet.groupName,
      current,
      open: head.open,
      revisions: listed,
    };
    if (listed.length === 0) return context.result(`${fleet.groupName} has no revision yet.`, record);
    const rows = listed.map((revision) => [
      `${revision.number}${revision.number === current ? ' *' : ''}`,
      releaseOf(revision),
      [causeOf(revision), ...baseNotes(revision, revisions)].join('; '),
      person(revision.by),
      moment(revision.openedAt),
      outcomeOf(revision.outcome),
    ]);
    return context.result(
      table([['REVISION', 'RELEASE', 'CHANGE CAUSE', 'BY', 'WHEN', 'OUTCOME'], ...rows]),
      record,
    );
  },
});

async function one(context: FleetContext, text: string, revisions: readonly Revision[]) {
  const { fleet, ledger } = context;
  const number = whole('revision', text, 1, 99_999_999);
  const revision = revisions.find((each) => each.number === number);
  if (!revision) {
    const known = revisions.map((each) => each.number).join(', ');
    throw new ConfigurationError(
      known === ''
        ? `There is no revision ${number}: ${fleet.groupName} has none yet.`
        : `There is no revision ${number}; there are ${known} ("rollout history ${fleet.stackName} --all" lists them).`,
    );
  }
  const events = await ledger.events(fleet.groupName, number);
  return context.result(describe(revision, events, baseNotes(revision, revisions)), {
    stack: fleet.stackName,
    revision,
    events,
  });
}

function describe(revision: Revision, events: readonly LedgerEvent[], notes: readonly string[]): string {
  const { release, software, baseImageId, outcome, forecastSeconds, openedAt } = revision;
  const facts = [
    ['release', releaseOf(revision)],
    ['digest', release.digest],
    ['change cause', causeOf(revision)],
    ...(release.commit ? [['commit', release.commit]] : []),
    ['lives beside', release.livesBeside],
    ['image', software.imageId],
    ...(baseImageId ? [['base image', [baseImageId, ...notes].join('; ')]] : []),
    ['launch template', `${software.launchTemplateId}, version ${software.launchTemplateVersion}`],
    ['content', software.content],
    ['strategy', revision.strategy],
    ['gates', revision.gates.length === 0 ? 'none' : revision.gates.map((gate) => `${gate}%`).join(', ')],
    ['by', revision.by],
    ['stack', revision.stackId],
    ['began', moment(openedAt)],
    ...(forecastSeconds === undefined ? [] : [['forecast', duration(forecastSeconds)]]),
    ...(outcome
      ? [
          ['ended', `${moment(outcome.at)}, after ${duration((outcome.at - openedAt) / 1000)}`],
          ['outcome', outcome.kind],
          ...outcome.reason.split('\n').map((line, index) => [index === 0 ? 'reason' : '', line]),
        ]
      : [['outcome', 'its rollout goes on']]),
  ];
  const happened = events.flatMap(({ at, kind, by, message }) =>
    message
      .split('\n')
      .map((line, index) => (index === 0 ? [moment(at), kind, person(by), line] : ['', '', '', line])),
  );
  return [
    `Revision ${revision.number}`,
    table(facts.map(([name = '', value = '']) => [`  ${name}`, value])),
    ...(happened.length === 0 ? [] : ['', table(happened)]),
  ].join('\n');
}

/** That a revision has another base image than what completed before it. */
function baseNotes({ number, baseImageId }: Revision, revisions: readonly Revision[]): readonly string[] {
  const before = currentRevision(revisions.filter((each) => each.number < number));
  const isOther = baseImageId && before?.baseImageId && baseImageId !== before.baseImageId;
  return isOther ? ['new base image'] : [];
}

function causeOf({ origin, release }: Revision): string {
  switch (origin.kind) {
    case 'release':
      return release.changeCause;
    case 'undo':
      return `back to ${origin.of}: ${release.changeCause}`;
    case 'back':
      return origin.of === undefined
        ? 'the deployment was given up'
        : `back to ${origin.of}: the deployment was given up`;
  }
}

function outcomeOf(outcome: Outcome | undefined): string {
  if (!outcome) return 'goes on';
  if (outcome.kind === 'Complete') return 'Complete';
  // How it began tells what went wrong; the rest is in the revision's own record.
  const [reason = ''] = outcome.reason.split('\n');
  const characters = [...reason];
  const shown =
    characters.length > REASON_CHARACTERS
      ? `${characters.slice(0, REASON_CHARACTERS - 1).join('')}…`
      : reason;
  return `${outcome.kind}: ${shown}`;
}
