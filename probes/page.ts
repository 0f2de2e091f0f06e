import type { Assumption } from './assumption';
import type { Probe } from './probe';

const HEAD = `# What this project assumes about AWS

Made from \`probes/register.ts\` by \`npm run docs\`; a test holds them together.

The project has never run on a real account, and its local AWS is by the same hands: a misconception in one is a misconception in both. So every assumption stands here, with what rests on it, how sure it is, and what settles it.

\`\`\`sh
npm run probe -- --local     # what the local AWS does, without an account
npm run probe                # asks a real account, with your credentials
\`\`\`

A probe creates a stack of its own, \`image-rollouts-probe-…\`, asks its question and removes the stack, also when it fails or is interrupted. Before it starts it says what it costs at most. Results go to \`out/probes.json\`, beside what the local AWS does. \`--only NAME,NAME\` runs some of them.

How sure: *documented*: AWS says so. *Reported*: others say so. *Inferred*: it follows from what AWS says. *Guessed*: nobody says.
`;

/** `docs/assumptions.md`. */
export function assumptionsPage(assumptions: readonly Assumption[], probes: readonly Probe[]): string {
  const areas = [...new Set(assumptions.map(({ area }) => area))];
  const sections = areas.map((area) =>
    [`## ${area}`, '', ...assumptions.filter((each) => each.area === area).map(entry)].join('\n'),
  );
  const table = [
    '## The probes',
    '',
    '| probe | question | minutes | US dollars, at most |',
    '| --- | --- | --- | --- |',
    ...probes.map(
      ({ id, question, minutes, usd }) => `| \`${id}\` | ${question} | ${minutes} | ${usd.toFixed(2)} |`,
    ),
    '',
  ].join('\n');
  return [HEAD, table, ...sections].join('\n');
}

function entry({ id, assumed, restsOn, certainty, source, settledBy }: Assumption): string {
  const settled =
    'probe' in settledBy
      ? `Settled by the probe \`${settledBy.probe}\` (${settledBy.by.map((name) => `\`${name}\``).join(', ')}).`
      : `No probe: ${settledBy.noProbe}. The local AWS: ${settledBy.local} (\`${settledBy.test}\`).`;
  return [
    `**\`${id}\`** ${assumed}`,
    `- *Rests on it:* ${restsOn}`,
    `- *How sure:* ${certainty}; ${source}`,
    `- ${settled}`,
    '',
  ].join('\n');
}
