import { table } from '../lib/cli/table';
import type { Assumption } from './assumption';
import type { Answer } from './compare';

/** What was found of one probe. */
export interface Finding {
  readonly probe: string;
  readonly question: string;
  readonly answers: readonly Answer[];
  /** What keeps the question open, on AWS or on the local AWS. */
  readonly open: readonly string[];
}

/** Answers as a text of 80 columns: a question, and below it a line for each answer. */
export function report(findings: readonly Finding[]): string {
  return findings.map((finding) => [...headOf(finding), ...linesOf(finding)].join('\n')).join('\n\n');
}

/** Every assumption, with what the local AWS does. */
export function localReport(assumptions: readonly Assumption[], findings: readonly Finding[]): string {
  return assumptions
    .map(({ id, assumed, settledBy, certainty }) => {
      const local =
        'probe' in settledBy
          ? answersFor(settledBy, findings)
          : [`local AWS: ${settledBy.local}`, `no probe: ${settledBy.noProbe}`];
      return [`${id} (${certainty})`, ...wrapped(assumed), ...local.flatMap((line) => wrapped(line))].join(
        '\n',
      );
    })
    .join('\n\n');
}

function answersFor(
  settledBy: { readonly probe: string; readonly by: readonly string[] },
  findings: readonly Finding[],
): string[] {
  const finding = findings.find(({ probe }) => probe === settledBy.probe);
  const answers = finding?.answers.filter(({ name }) => settledBy.by.includes(name)) ?? [];
  return [
    `local AWS, by the probe ${settledBy.probe}: ${answers.map(({ name, local }) => `${name}: ${local ?? '?'}`).join('; ')}`,
    ...(finding?.open ?? []),
  ];
}

function headOf({ probe, question }: Finding): string[] {
  return [probe, ...wrapped(question)];
}

function linesOf({ answers, open }: Finding): string[] {
  const rows = answers.map(({ name, aws, local, agrees }) => [
    `  ${agrees === undefined ? ' ' : agrees ? '✓' : '✗'} ${name}`,
    ...(aws === undefined ? [] : [`AWS: ${aws}`]),
    `local AWS: ${local ?? 'no answer'}`,
  ]);
  return [...(rows.length > 0 ? [table(rows)] : []), ...open.flatMap((line) => wrapped(line))];
}

/** Lines of at most 80 columns, indented. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length > 1 && line.length + 1 + word.length > 80) {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
