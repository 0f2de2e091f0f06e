// The AWS SDK's notice that it will want Node 22 from 2027 on says nothing to whoever runs the tests.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  globalSetup: '<rootDir>/test/harness/begin.js',
  globalTeardown: '<rootDir>/test/harness/end.js',
  // A net under tests that hang; what a test takes depends on how busy the computer is.
  testTimeout: 60_000,
  clearMocks: true,
  maxWorkers: 3,
};
