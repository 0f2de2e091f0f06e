import { VirtualAws } from '../harness/virtual-aws';

// Bakes that do not end well, with the real stack and the real handlers under their roles, in virtual time.

test('a failed bake quotes the first failure of its log in the stack events', async () => {
  const aws = await VirtualAws.start({ bakeFailure: () => 'Error: Unable to find a match: nodejs222' });
  const { status, failures } = await aws.deploy('ImageBased', '1.0.0');
  expect(status).toBe('ROLLBACK_COMPLETE');
  const [reason] = failures.filter((failure) => failure.includes('The bake of'));
  expect(reason).toContain(
    'The first failure in its log (/aws/imagebuilder/ImageBased-recipe, stream 1.0.0/1):\nExecuteBash: STARTED EXECUTION\nCmdExecution: Stderr: Error: Unable to find a match: nodejs222\nCmdExecution: ExitCode 1',
  );
});
