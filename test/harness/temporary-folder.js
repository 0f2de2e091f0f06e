const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Gives all tests one temporary folder: the CDK never removes what it synthesizes without an output folder. */
module.exports = () => {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'image-rollouts-tests-'));
};
