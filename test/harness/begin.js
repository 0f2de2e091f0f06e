const { mkdirSync, mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** What holds for a whole run of the tests. */
module.exports = () => {
  // One temporary folder for all: the CDK never removes what it synthesizes without an output folder.
  process.env.TESTS_TMPDIR = mkdtempSync(join(tmpdir(), 'image-rollouts-tests-'));
  process.env.SYNTHESIZED = join(process.env.TESTS_TMPDIR, 'synthesized');
  mkdirSync(process.env.SYNTHESIZED);
  // The CDK checks every template against CloudFormation's schemas, which takes seconds: test/stacks/app.test.ts lets it.
  process.env.CDK_VALIDATION = 'false';
};
