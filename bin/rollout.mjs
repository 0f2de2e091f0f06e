#!/usr/bin/env node
// The operator's command line. Its commands need the ledger of revisions, which is not there yet.
console.error(
  'rollout has no commands yet. Until it has, the AWS CLI shows a rollout: see "At night" in README.md.',
);
process.exitCode = 1;
