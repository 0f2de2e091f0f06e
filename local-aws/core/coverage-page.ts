import { Only } from './accepts';
import { type Member, membersOf } from './coverage';
import type { ResourceType, Service } from './service';

const HEAD = `# What the local AWS serves

Made from the declarations of \`local-aws/\` by \`npm run docs\`; a test holds it to them. What a service does with a request is in [local-aws.md](local-aws.md#service-by-service).

An operation that is not listed is refused, and so is a member of a request, nested ones included, that stands under *not served*, by its name; members that are in neither column are used. *Only* says which values of a member are served.
`;

/** The page that lists what each service serves, keeps without effect, and refuses. */
export function coveragePage(services: readonly Service[]): string {
  return [HEAD, ...services.map(serviceSection)].join('\n');
}

function serviceSection(service: Service): string {
  const names = Object.keys(service.operations).sort();
  const rows = names.flatMap((name) => operationRow(name, membersOf(service, name)));
  const types = Object.entries(service.resourceTypes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `## ${service.signingName}

${names.length} operations: ${names.join(', ')}.
${table(['operation', 'kept without effect, and only', 'not served'], rows)}${table(
  ['resource type', 'properties'],
  types.map(typeRow),
)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `\n${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

/** No row for an operation all of whose members are used. */
function operationRow(name: string, members: readonly Member[]): string[][] {
  const kept = new Map<string, string[]>();
  const refused: string[] = [];
  for (const { path, meaning } of members) {
    if (meaning.kind === 'refused') refused.push(path);
    else if (meaning.kind === 'kept') kept.set(meaning.why, [...(kept.get(meaning.why) ?? []), path]);
    else if (meaning.kind === 'only')
      kept.set(onlyWords(meaning.values), [...(kept.get(onlyWords(meaning.values)) ?? []), path]);
  }
  if (kept.size === 0 && refused.length === 0) return [];
  const cells = [...kept].map(([why, paths]) => `${code(paths)}: ${why}`).join('; ');
  return [[name, cells, code(refused)]];
}

function typeRow([type, { accepts = {} }]: readonly [string, ResourceType]): string[] {
  return [type, properties(accepts, '').join(', ')];
}

function properties(accepts: object, path: string): string[] {
  return Object.entries(accepts).flatMap(([name, accept]) => {
    const place = `${path}${name}`;
    if (accept === true) return [`\`${place}\``];
    if (typeof accept === 'string') return [`\`${place}\` (${accept})`];
    if (accept instanceof Only) return [`\`${place}\` (${onlyWords(accept.values)})`];
    if (typeof accept === 'object' && accept !== null) return properties(accept, `${place}.`);
    return [`\`${place}\``];
  });
}

function onlyWords(values: readonly unknown[]): string {
  return values.length === 0 ? 'only none' : `only ${values.join(', ')}`;
}

function code(paths: readonly string[]): string {
  return paths.map((path) => `\`${path}\``).join(', ');
}
