import { parseArgs } from 'node:util';
import { startLocalAws } from '../local-aws/local-aws';
import { told, VARIATION_FLAGS, VARIATION_HELP, variationsOf } from './variation-flags';

/** `npm run local-aws`: keeps a local AWS running, and prints what to export to use it. */
async function main(): Promise<void> {
  // A notice to developers, that the AWS SDK will want Node 22 from 2027 on.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4599' },
      speed: { type: 'string', default: '60' },
      calls: { type: 'boolean', default: false },
      ...VARIATION_FLAGS,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(
      'npm run local-aws -- [--port 4599] [--speed 60] [--calls] [--seed N | --calm]\n\n' +
        '  --port   where its API answers, on 127.0.0.1\n' +
        '  --speed  up to how many times as fast as real time it lives\n' +
        '  --calls  prints every API call, and what was refused\n' +
        VARIATION_HELP,
    );
    return;
  }
  const variations = variationsOf(values);
  const aws = await startLocalAws({
    variations,
    port: number('port', values.port, 0, 65535),
    speed: number('speed', values.speed, 1, 1000),
    onCall: values.calls
      ? ({ service, operation, principal, fault, message }) =>
          console.error(
            `${service}:${operation} by ${principal}${fault ? ` REFUSED ${fault}: ${message}` : ''}`,
          )
      : ({ service, operation, fault, message }) => {
          if (fault === 'NotImplemented' || fault === 'InternalFailure')
            console.error(`${service}:${operation} ${fault}: ${message}`);
        },
  });
  console.log(
    `The local AWS answers at ${aws.url}, up to ${values.speed} times as fast as real time.\n${told(variations)}\n`,
  );
  console.log('In another terminal, in this folder:\n');
  for (const [name, value] of Object.entries(aws.environment)) console.log(`  export ${name}=${value}`);
  console.log('\n  npx cdk deploy ImageBased --require-approval never');
  console.log('\nIts certificate for HTTPS, which Node trusts by the last of these variables:\n');
  console.log(`  npx cdk deploy ImageBased -c certificateArn=${aws.certificateArn}`);
  console.log('\nThe AWS CLI:\n');
  console.log(`  aws --endpoint-url ${aws.url} cloudformation describe-stacks\n`);
  console.log('Ctrl-C ends it, and everything that runs in it.');

  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    await aws.close();
    process.exit(0);
  };
  process.on('SIGINT', close);
  process.on('SIGTERM', close);
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
    throw new RangeError(`--${name} is a number from ${least} to ${most}; found "${text}".`);
  }
  return value;
}

main().catch((error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE' ? 'The port is taken; choose another one with --port.' : error.message,
  );
  process.exit(1);
});
