import { whyNot } from '../../../../local-aws/machines/nspawn/prerequisites';

/** Why nothing is tried on real machines; undefined when it is: with REAL_MACHINES=1, or `if-possible` where they can run. */
export const leftOut: string | undefined =
  process.env.REAL_MACHINES === '1'
    ? undefined
    : process.env.REAL_MACHINES === 'if-possible'
      ? whyNot()
      : 'REAL_MACHINES=1 is not set';

/** Tests on machines that really boot. They take minutes, and install what is missing: they run when that is asked for. */
export const real: jest.Describe = leftOut === undefined ? describe : describe.skip;

/** Says loudly that tests were left out: of files that are skipped as a whole, jest shows nothing that goes to the console. */
export function sayLeftOut(reason = leftOut): void {
  const file = expect.getState().testPath?.replace(/^.*[\\/]/, '');
  if (reason !== undefined)
    process.stderr.write(`LEFT OUT: what ${file} tries on real machines was not tried: ${reason}.\n`);
}
