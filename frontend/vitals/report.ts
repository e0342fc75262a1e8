import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

const REPORT = join(import.meta.dirname, '..', '..', 'bench', 'reports', 'page.md');

/** Of three visits of one page the medians, of CLS the worst. Times in ms. */
export interface Row {
  path: string;
  lcp: number;
  cls: number;
  tbt: number;
  inp: number | undefined;
}

/** Writes bench/reports/page.md: what was measured, and the sizes of what the build in `dist` is made of. */
export function writeReport(
  rows: Row[],
  limits: { lcp: number; cls: number; inp: number },
  dist: string,
): void {
  const table = rows.map(
    ({ path, lcp, inp, cls, tbt }) =>
      `| \`${path}\` | ${ms(lcp)} | ${ms(inp)} | ${cls.toFixed(3)} | ${ms(tbt)} |`,
  );
  writeFileSync(
    REPORT,
    `# The page on a slow phone

${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, load average ${loadavg()[0]?.toFixed(1)}; ${new Date().toISOString()}, commit ${commit()}.

Each page is loaded three times through nginx with the shipped configuration, with an empty cache, on 360 × 740 px, with a
processor four times slower than this one and Lighthouse's slow 4G (150 ms, 1.6 Mbit/s down, 750 kbit/s up); then it is
used: fields are filled in, lists are searched. The table has the medians, of CLS the worst.

| page | LCP, ms | INP, ms | CLS | TBT, ms |
| --- | ---: | ---: | ---: | ---: |
${table.join('\n')}
| limit | ${limits.lcp} | ${limits.inp} | ${limits.cls.toFixed(3)} | |

What the build is made of, in bytes as they go over the wire:

| file | gzip | brotli |
| --- | ---: | ---: |
${sizes(dist).join('\n')}

By \`just bench-page\`.
`,
  );
  process.stdout.write(`${table.join('\n')}\n`);
}

const ms = (value: number | undefined): string => (value === undefined ? '–' : String(Math.round(value)));

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}

/** Rows of the files that a browser may load, the largest first; the build has compressed them. */
function sizes(dist: string): string[] {
  const folder = join(dist, 'assets');
  const size = (file: string): number => statSync(join(folder, file)).size;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.gz'))
    .map((file) => ({ file: file.slice(0, -'.gz'.length), gzip: size(file) }))
    .toSorted((a, b) => b.gzip - a.gzip)
    .map(({ file, gzip }) => {
      const name = file.replace(/-[\w-]{8}(\.\w+)$/, '$1');
      return `| ${name} | ${gzip.toLocaleString('en')} | ${size(`${file}.br`).toLocaleString('en')} |`;
    });
}
