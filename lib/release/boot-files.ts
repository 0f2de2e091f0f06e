import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '..', '..', 'userdata');

/** Lifecycle hook that a machine is held by while it starts, until it says itself that its service answers. */
export const LAUNCH_HOOK = 'serving';

/**
 * Reads a file that installs the service, with files of `userdata/` in the place of lines such as
 * `<application.service>`, as deep as those were indented: both ways of installing have the same.
 * @throws Error when there is no file of that name
 */
export function readWithBootFiles(file: string): string {
  return readFileSync(file, 'utf8').replace(/^([ ]*)<([\w-]+\.\w+)>$/gm, (_, indent: string, name: string) =>
    readFileSync(join(FOLDER, name), 'utf8')
      .trimEnd()
      .replace(/^(?=.)/gm, indent),
  );
}
