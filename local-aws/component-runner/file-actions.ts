import { type Action, type Field, type Inputs, quote } from './action';

const TEXT: Field = { form: 'text' };
const NEEDED: Field = { form: 'text', required: true };
const FLAG: Field = { form: 'flag' };

/** The action modules for files and folders, each for a list of them. */
export const FILE_ACTIONS: Readonly<Record<string, Action>> = {
  CreateFile: {
    takes: 'list',
    fields: {
      path: NEEDED,
      ...{ content: TEXT, encoding: TEXT, owner: TEXT, group: TEXT, permissions: TEXT, overwrite: FLAG },
    },
    refusal: notUtf8,
    script: (inputs) => `${begin(inputs)}
${unlessThere(inputs)}
mkdir --parents -- "$(dirname -- "$path")"
${written(inputs)} > "$path"
${settings(inputs)}`,
  },

  AppendFile: {
    takes: 'list',
    fields: { path: NEEDED, content: TEXT, encoding: TEXT },
    refusal: notUtf8,
    script: (inputs) => `${begin(inputs)}
test -f "$path" || { echo "There is no file $path." >&2; exit 1; }
${written(inputs)} >> "$path"`,
  },

  // AWS's description says that a folder that is there is overwritten; its files are kept here.
  CreateFolder: {
    takes: 'list',
    fields: { path: NEEDED, ...{ owner: TEXT, group: TEXT, permissions: TEXT, overwrite: FLAG } },
    script: (inputs) => `${begin(inputs)}
${unlessThere(inputs)}
mkdir --parents -- "$path"
${settings(inputs)}`,
  },

  CreateSymlink: {
    takes: 'list',
    fields: { path: NEEDED, target: NEEDED, force: FLAG },
    script: (inputs) => `${begin(inputs)}
target=${quote(inputs.text('target'))}
test -e "$target" || { echo "There is no $target." >&2; exit 1; }
mkdir --parents -- "$(dirname -- "$path")"
${inputs.flag('force') ? 'if test -L "$path"; then rm -- "$path"; fi' : ':'}
ln --symbolic --no-target-directory -- "$target" "$path"`,
  },

  CopyFile: {
    takes: 'list',
    fields: { source: NEEDED, destination: NEEDED, overwrite: FLAG },
    script: (inputs) => transfer('cp', inputs),
  },

  MoveFile: {
    takes: 'list',
    fields: { source: NEEDED, destination: NEEDED, overwrite: FLAG },
    script: (inputs) => transfer('mv', inputs),
  },

  DeleteFile: {
    takes: 'list',
    fields: { path: NEEDED },
    script: (inputs) => `set -e\nrm -- ${pattern(inputs.text('path'))}`,
  },

  DeleteFolder: {
    takes: 'list',
    fields: { path: NEEDED, force: FLAG },
    script: (inputs) => `${begin(inputs)}
test -d "$path" || { echo "There is no folder $path." >&2; exit 1; }
${inputs.flag('force') ? 'rm --recursive' : 'rmdir'} -- "$path"`,
  },

  SetFileOwner: {
    takes: 'list',
    fields: { path: NEEDED, owner: NEEDED, group: TEXT },
    script: (inputs) => `${begin(inputs)}\n${settings(inputs)}`,
  },

  SetFolderOwner: {
    takes: 'list',
    fields: { path: NEEDED, owner: NEEDED, group: TEXT, recursive: FLAG },
    script: (inputs) => `${begin(inputs)}\n${settings(inputs)}`,
  },

  SetFilePermissions: {
    takes: 'list',
    fields: { path: NEEDED, permissions: NEEDED },
    script: (inputs) => `${begin(inputs)}\n${settings(inputs)}`,
  },

  SetFolderPermissions: {
    takes: 'list',
    fields: { path: NEEDED, permissions: NEEDED, recursive: FLAG },
    script: (inputs) => `${begin(inputs)}\n${settings(inputs)}`,
  },
};

function begin(inputs: Inputs): string {
  return `set -e\npath=${quote(inputs.text('path'))}`;
}

function unlessThere(inputs: Inputs): string {
  return inputs.flag('overwrite') === false
    ? 'test ! -e "$path" || { echo "$path is there already." >&2; exit 1; }'
    : ':';
}

/** A command that writes the content, whatever bytes it has, to standard output. */
function written(inputs: Inputs): string {
  const base64 = Buffer.from(inputs.text('content')).toString('base64');
  return `base64 --decode <<< ${quote(base64)}`;
}

function settings(inputs: Inputs): string {
  const recursive = inputs.flag('recursive') ? '--recursive ' : '';
  const owner = inputs.text('owner') + (inputs.has('group') ? `:${inputs.text('group')}` : '');
  return [
    ...(owner ? [`chown ${recursive}${quote(owner)} -- "$path"`] : []),
    // After the owner: a change of owner takes special permissions away.
    ...(inputs.has('permissions')
      ? [`chmod ${recursive}${quote(inputs.text('permissions'))} -- "$path"`]
      : []),
  ].join('\n');
}

function transfer(command: 'cp' | 'mv', inputs: Inputs): string {
  const destination = inputs.text('destination');
  const folder = destination.endsWith('/') ? '"$destination"' : '"$(dirname -- "$destination")"';
  const kept = `target="$destination"
  if test -d "$destination"; then target="$destination/$(basename -- "$source")"; fi
  test ! -e "$target" || { echo "$target is there already." >&2; exit 1; }`;
  return `set -e
destination=${quote(destination)}
mkdir --parents -- ${folder}
for source in ${pattern(inputs.text('source'))}; do
  ${inputs.flag('overwrite') === false ? kept : ':'}
  ${command} -- "$source" "$destination"
done`;
}

/** A path as a word of bash in which asterisks stand for any text. */
function pattern(path: string): string {
  return quote(path).replaceAll('*', "'*'");
}

function notUtf8(inputs: Inputs): string | undefined {
  if (!inputs.has('encoding') || /^utf-?8$/i.test(inputs.text('encoding'))) return undefined;
  return `encoding is '${inputs.text('encoding')}'; utf8 alone is written here`;
}
