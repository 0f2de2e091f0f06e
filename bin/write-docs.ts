import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coveragePage } from '../local-aws/core/coverage-page';
import { idleLocalAws } from '../local-aws/local-aws';
import { PROBES } from '../probes/all';
import { assumptionsPage } from '../probes/page';
import { ASSUMPTIONS } from '../probes/register';

/** `npm run docs`: writes the pages of docs/ that are made from the code. Tests hold that they are up to date. */
const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'assumptions.md': () => assumptionsPage(ASSUMPTIONS, PROBES),
  'local-aws-coverage.md': async () => {
    const core = await idleLocalAws();
    const page = coveragePage(core.allServices());
    await core.close();
    return page;
  },
};

async function write(): Promise<void> {
  for (const [name, page] of Object.entries(PAGES))
    writeFileSync(join(__dirname, '..', 'docs', name), await page());
}

void write();
