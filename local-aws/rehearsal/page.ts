import { chartOf, escapeText, versionsOf } from './chart';
import { type PerVariant, VARIANTS } from './model';
import type { Report } from './report';
import { COLUMNS, rowsOf } from './table';

const SUBTITLES: PerVariant<string> = {
  ImageBased: 'every release is baked into an AMI of its own',
  InstanceBased: 'one master image; the release is installed while a machine boots',
};

const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --text: #1c1d1f; --faint: #62666d; --line: #d9dbdf; --band: #f4f5f6;
  --v0: #0b6bb8; --v1: #e08a00; --v2: #a0459b; --v3: #4d5359; --bad: #c6261b; --good: #1a7a3c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1c1f23; --text: #e8e9eb; --faint: #9ba1a9; --line: #363a41; --band: #212429;
    --v0: #4aa3e8; --v1: #f0a73a; --v2: #cf86ca; --v3: #a7adb5; --bad: #ff6b5e; --good: #5cc684;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -0.01em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1rem; }
h2 small { color: var(--faint); font-weight: 400; font-size: 0.9rem; }
p { margin: 0.4rem 0; max-width: 46rem; color: var(--faint); }
.verdict { font-weight: 600; color: var(--good); }
.verdict.bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.75rem; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 40rem; height: auto; font: 11px system-ui, sans-serif; }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; margin: 1.25rem 0 0; padding: 0; list-style: none; font-size: 0.9rem; }
.legend i { display: inline-block; width: 0.85rem; height: 0.85rem; margin-right: 0.45rem; border-radius: 3px; vertical-align: -0.08rem; }
.v0 { fill: var(--v0); background: var(--v0); } .v1 { fill: var(--v1); background: var(--v1); }
.v2 { fill: var(--v2); background: var(--v2); } .v3 { fill: var(--v3); background: var(--v3); }
.idle { opacity: 0.35; } .failed { fill: var(--bad); background: var(--bad); }
.band0 { fill: transparent; } .band1 { fill: var(--band); }
.step, .grid { stroke: var(--line); } .grid { stroke-dasharray: 3 4; } .base { stroke: var(--faint); }
.label { fill: var(--text); font-weight: 600; } .tick { fill: var(--faint); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; white-space: nowrap; }
th, td { padding: 0.4rem 0.7rem; text-align: right; border-bottom: 1px solid var(--line); }
th { font-weight: 600; vertical-align: bottom; } th small { display: block; color: var(--faint); font-weight: 400; }
th:first-child, th:nth-child(2), td:first-child, td:nth-child(2) { text-align: left; }
tr:last-child td { border-bottom: 0; } tr.inner td:first-child { color: transparent; } tr.outer:not(:last-child) td { border-bottom-color: transparent; }
ul.checks { margin: 0; padding: 0.25rem 0.5rem; list-style: none; font-size: 0.92rem; }
.checks b { display: inline-block; min-width: 1.4rem; } .checks .bad { color: var(--bad); }
details summary { cursor: pointer; padding: 0.25rem 0.5rem; }
footer { margin-top: 2.5rem; font-size: 0.85rem; color: var(--faint); }
`;

/** `out/rehearsal.html`: one file, with nothing to load. */
export function pageOf(report: Report): string {
  const wrong = report.checks.filter(({ passed }) => !passed);
  const versions = versionsOf(report);
  const swatches = versions.map(
    (version, index) => `<li><i class="v${index}"></i>${escapeText(version)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rehearsal: two ways to release</title>
<style>${STYLE}</style>
</head>
<body>
<h1>One release, two ways</h1>
<p><span class="verdict${wrong.length ? ' bad' : ''}">${
    wrong.length
      ? `${wrong.length} of ${report.checks.length} checks do not hold`
      : `All ${report.checks.length} checks hold`
  }.</span> ${minutes(report.realSeconds)} real, ${minutes(report.modelledSeconds)} on the local AWS's clock (up to ${report.speed} times as fast), ${report.requestsPerSecond} requests a second on each load balancer.</p>
<ul class="legend">${swatches.join('')}<li><i class="v3 idle"></i>paler: machines that do not serve</li><li><i class="failed"></i>failed requests</li></ul>
${VARIANTS.map(
  (variant) => `<h2>${variant} <small>${SUBTITLES[variant]}</small></h2>
<div class="card">${chartOf(report, variant)}</div>`,
).join('\n')}
<p>Above: answered requests a second, by the version that answered. Below: machines by version. The axis counts real seconds, and under them the time that has passed on the local AWS's clock.</p>
<h2>Figures</h2>
<div class="card"><table>
<thead><tr><th>step</th><th>variant</th>${COLUMNS.map(({ title, kind }) => `<th>${title}<small>${kind}</small></th>`).join('')}</tr></thead>
<tbody>
${rowsOf(report)
  .map(
    ({ title, variant, cells }, index) =>
      `<tr class="${index % VARIANTS.length === 0 ? 'outer' : 'inner'}"><td>${escapeText(title)}</td><td>${variant}</td>${cells.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`,
  )
  .join('\n')}
</tbody>
</table></div>
<p>Modelled figures come from the local AWS's assumptions about how long AWS takes. Measured ones are real: real processes answered real requests.</p>
<h2>Checks</h2>
<div class="card">${checks(report)}</div>
<footer>${escapeText(report.startedAt)} · rehearsal.json has every figure behind this page</footer>
</body>
</html>
`;
}

function checks(report: Report): string {
  const line = ({ step, variant, name, found, wanted, passed }: Report['checks'][number]) => {
    const where = [report.steps.find(({ id }) => id === step)?.title ?? step, variant]
      .filter(Boolean)
      .join(', ');
    const text = `${where ? `${where}: ` : ''}${name}: ${found}${passed ? '' : `; wanted ${wanted}`}`;
    return `<li${passed ? '' : ' class="bad"'}><b>${passed ? '✓' : '✗'}</b>${escapeText(text)}</li>`;
  };
  const list = (entries: Report['checks']) => `<ul class="checks">${entries.map(line).join('\n')}</ul>`;
  const [wrong, right] = [
    report.checks.filter(({ passed }) => !passed),
    report.checks.filter(({ passed }) => passed),
  ];
  return `${wrong.length ? list(wrong) : ''}<details><summary>${right.length} checks hold</summary>${list(right)}</details>`;
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
}
