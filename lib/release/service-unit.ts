import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const UNIT = join(__dirname, '..', '..', 'userdata', 'application.service');

/**
 * Reads a file that installs the service, with the systemd unit in the place of its line
 * `<application.service>`, as deep as that was indented: both ways of installing have the same unit.
 * @throws Error when the file has no such line
 */
export function readWithServiceUnit(file: string): string {
  const text = readFileSync(file, 'utf8');
  const place = /^([ ]*)<application\.service>$/m;
  if (!place.test(text)) throw new Error(`${file} has no line <application.service>.`);
  const unit = readFileSync(UNIT, 'utf8').trimEnd();
  return text.replace(place, (_, indent: string) => unit.replace(/^(?=.)/gm, indent));
}
