import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBES } from '../probes/all';
import { assumptionsPage } from '../probes/page';
import { ASSUMPTIONS } from '../probes/register';

/** `npm run docs`: writes the pages of docs/ that are made from the code. Tests hold that they are up to date. */
const PAGES: Readonly<Record<string, () => string>> = {
  'assumptions.md': () => assumptionsPage(ASSUMPTIONS, PROBES),
};

for (const [name, page] of Object.entries(PAGES)) writeFileSync(join(__dirname, '..', 'docs', name), page());
