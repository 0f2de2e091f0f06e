import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** A command that a reader is told to run. */
export interface DocumentedCommand {
  /** `docs/commands.md` */
  readonly file: string;
  readonly line: number;
  /** As it is typed, without its comment. */
  readonly text: string;
  /** Whether it stands in a table, and not in a block. */
  readonly isInTable: boolean;
}

/** What a command of this project, or of a tool that the documents use, begins with. */
const COMMAND = /^(?:[A-Z_]+=\S+ )*(?:npm|npx|aws) /;

/** README first, then the documents, each from its beginning. */
export function documentedCommands(): readonly DocumentedCommand[] {
  const files = [
    'README.md',
    ...readdirSync(join(ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => `docs/${name}`),
  ];
  return files.flatMap((file) => commandsIn(file, readFileSync(join(ROOT, file), 'utf8')));
}

/**
 * Every line of every `sh` block, and what stands in code in a table and is a whole command.
 * @throws Error for a block that says nothing of its language, and may so be one that nobody runs
 */
export function commandsIn(file: string, text: string): readonly DocumentedCommand[] {
  const commands: DocumentedCommand[] = [];
  let language: string | undefined;
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const fence = /^\s*```(\S*)/.exec(content);
    if (fence) {
      language = language === undefined ? fence[1]! : undefined;
      if (['bash', 'shell', 'console'].includes(language ?? ''))
        throw new Error(`${file}:${line}: a block of commands begins with \`\`\`sh.`);
    } else if (language === 'sh') {
      const command = withoutComment(content).trim();
      if (command !== '') commands.push({ file, line, text: command, isInTable: false });
    } else if (language !== undefined) {
      if (COMMAND.test(content.trim()))
        throw new Error(`${file}:${line}: a command stands in a block that is not \`\`\`sh.`);
    } else if (content.startsWith('|')) {
      for (const [, code] of content.matchAll(/`([^`]+)`/g))
        if (COMMAND.test(code!)) commands.push({ file, line, text: code!, isInTable: true });
    }
  }
  return commands;
}

/** A comment begins with a blank and a number sign that no quote holds. */
function withoutComment(line: string): string {
  return line.replace(/^((?:[^"'#]|"[^"]*"|'[^']*'|(?<=\S)#)*?)(?:^|\s+)#.*$/, '$1');
}
