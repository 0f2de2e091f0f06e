// The AWS SDK's notice that it will want Node 22 from 2027 on says nothing to whoever runs the tests.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // The tests of a process share its modules, so that the SDK and the CDK are loaded once and not by each file.
  runner: ['jest-light-runner', { runtime: 'child_process' }],
  setupFiles: ['<rootDir>/test/harness/process.mjs'],
  globalSetup: '<rootDir>/test/harness/begin.js',
  globalTeardown: '<rootDir>/test/harness/end.js',
  reporters: ['default', '<rootDir>/test/harness/patience.js'],
  maxWorkers: 3,
};
