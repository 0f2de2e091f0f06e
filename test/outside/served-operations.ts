import { idleLocalAws } from '../../local-aws/local-aws';

// Prints what the local AWS serves, for `write_constraints.py`: each service's operations by its signing name.

async function main(): Promise<void> {
  const core = await idleLocalAws();
  const served = core
    .allServices()
    .map(({ signingName, operations }) => [signingName, Object.keys(operations).sort()] as const);
  console.log(JSON.stringify(Object.fromEntries(served)));
  await core.close();
}

main().catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
