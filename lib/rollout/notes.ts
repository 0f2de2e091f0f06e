import { type Findings, isSilence, sentences } from './fleet';

/** How a note begins that was taken while the refresh still went forward. */
const SEEN = 'Seen on the way: ';

/** How such a note begins once the refresh goes back: it is no glance's any more. */
const SEEN_BEFORE = 'Seen before it went back: ';

/**
 * What a glance at a refresh that goes forward leaves; it replaces what an earlier one left, unless that tells more: in
 * the place of an unhealthy machine comes one whose service has not answered yet, and in between there is none.
 */
export function noteOfGlance(note: string, { machine, activity }: Findings): string {
  const isBeingReplaced = machine === '' && activity !== '';
  if (isBeingReplaced || isMoreTelling(note, machine)) return note;
  return machine ? `${SEEN}${machine}` : '';
}

/** Whether a note says why the refresh was turned back, so that nothing has to be looked for any more. */
export function isFinalNote(note: string): boolean {
  return note !== '' && !note.startsWith(SEEN);
}

/** What is to be seen now, or else what was seen before; empty when there is nothing. */
export function reasonsSeen(note: string, findings: Findings | undefined): string {
  const machine = findings?.machine ?? '';
  return sentences(isMoreTelling(note, machine) ? note : machine || note, findings?.activity ?? '');
}

/** Every machine is silent at first: of all that can be seen that says the least. */
function isMoreTelling(note: string, machine: string): boolean {
  return note !== '' && !isSilence(note) && isSilence(machine);
}

/**
 * Why a refresh goes back.
 * @param given what Auto Scaling says of it
 */
export function noteOfWayBack(note: string, findings: Findings | undefined, given = ''): string {
  if (isFinalNote(note)) return note;
  const reasons = reasonsSeen(note, findings).replace(new RegExp(`^${SEEN}`), SEEN_BEFORE);
  return sentences(reasons, given) || 'Auto Scaling gave no further reason.';
}
