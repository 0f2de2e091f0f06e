import { type Action, type Inputs, quote } from './action';
import { FILE_ACTIONS } from './file-actions';

/** By Systems Manager's convention: restart the machine, and run the step again. */
export const RESTART_EXIT_CODE = 194;

/**
 * The action modules that are carried out, by name.
 * https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html
 */
export const ACTIONS: Readonly<Record<string, Action>> = {
  ...FILE_ACTIONS,

  // One script, whose exit code is that of its last command: there is no `set -e` but the script's own.
  ExecuteBash: {
    takes: 'one',
    fields: { commands: { form: 'texts', required: true } },
    output: 'stdout',
    script: (inputs) => inputs.texts('commands').join('\n'),
  },

  ExecuteBinary: {
    takes: 'one',
    fields: { path: { form: 'text', required: true }, arguments: { form: 'texts' } },
    output: 'stdout',
    script: (inputs) => [inputs.text('path'), ...inputs.texts('arguments')].map(quote).join(' '),
  },

  Reboot: {
    takes: 'one',
    fields: { delaySeconds: { form: 'number' } },
    script: (inputs) => `sleep ${Number(inputs.text('delaySeconds'))}`,
    afterwards: 'restart',
  },

  // With the machine's own role, as everything on it: the module has no other permissions.
  S3Download: {
    takes: 'list',
    fields: {
      source: { form: 'text', required: true },
      destination: { form: 'text', required: true },
      overwrite: { form: 'flag' },
    },
    refusal: (inputs) => {
      if (!/^s3:\/\/[^/*]+\/[^*]+[^/*]$/.test(inputs.text('source')))
        return `source is '${inputs.text('source')}'; one object is fetched here, named s3://BUCKET/KEY`;
      return inputs.text('destination').endsWith('/')
        ? `destination is '${inputs.text('destination')}'; it must be the file's own path`
        : undefined;
    },
    script: (inputs) => {
      const [source, destination] = [quote(inputs.text('source')), quote(inputs.text('destination'))];
      return `set -e
destination=${destination}
test -d "$(dirname -- "$destination")" || { echo "There is no folder for $destination." >&2; exit 1; }
${inputs.flag('overwrite') === false ? 'test ! -e "$destination" || { echo "$destination is there already." >&2; exit 1; }\n' : ''}\
# The machine's own region: S3 refuses a request that is signed for another one.
metadata=http://169.254.169.254/latest
token=$(curl --silent --fail --max-time 10 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' $metadata/api/token)
export AWS_DEFAULT_REGION=$(curl --silent --fail --max-time 10 --header "X-aws-ec2-metadata-token: $token" $metadata/meta-data/placement/region)
aws s3 cp --only-show-errors ${source} "$destination"`;
    },
  },

  UpdateOS: {
    takes: 'one',
    fields: { include: { form: 'texts' }, exclude: { form: 'texts' } },
    script: updateOs,
  },
};

/** By the package manager that is there, as AWSTOE does it: first `yum`, then `apt-get`. */
function updateOs(inputs: Inputs): string {
  const include = inputs.texts('include').map(quote).join(' ');
  const exclude = inputs.texts('exclude');
  const upgrade = include ? `install --only-upgrade ${include}` : 'upgrade';
  const hold = `apt-mark hold ${exclude.map(quote).join(' ')}
  trap ${quote(`apt-mark unhold ${exclude.map(quote).join(' ')}`)} EXIT`;
  return `set -e
if command -v yum > /dev/null; then
  yum --assumeyes ${exclude.map((name) => `--exclude=${quote(name)} `).join('')}update ${include}
elif command -v apt-get > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get --quiet=2 update
  ${exclude.length ? hold : ':'}
  apt-get --quiet --yes --option Dpkg::Options::=--force-confold ${upgrade}
else
  echo 'There is neither yum nor apt-get.' >&2
  exit 1
fi`;
}
