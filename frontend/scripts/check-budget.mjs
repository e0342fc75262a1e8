// Fails where the JavaScript of a page has become heavier than it may: gzipped, as it goes over the wire.
// Reads the manifest of a build of its own: `npm run check:budget`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, '..', 'node_modules', '.cache', 'budget');
const MANIFEST = join(DIST, '.vite', 'manifest.json');

/** Kilobytes (1,000 bytes) of all JavaScript that is loaded before a page can be used. */
const BUDGETS = [
  { what: 'what index.html names', entries: ['index.html'], kilobytes: 120 },
  ...['en', 'de'].map((language) => ({
    what: `the sign-up page (${language})`,
    entries: ['index.html', 'src/pages/SignUp.tsx', `src/locales/main/${language}.po`],
    kilobytes: 135,
  })),
];

if (!existsSync(MANIFEST)) {
  console.error('There is no build to look at: run `npm run check:budget`.');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));

/** The files that `entry` loads, with what they import in their turn; what is imported later does not count. */
function filesOf(entry, known = new Set()) {
  const chunk = manifest[entry];
  if (!chunk) throw new Error(`${entry} is not in the build's manifest`);
  if (known.has(chunk.file)) return known;
  known.add(chunk.file);
  for (const next of chunk.imports ?? []) filesOf(next, known);
  return known;
}

const sizeOf = (file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;

for (const { what, entries, kilobytes } of BUDGETS) {
  const files = [...new Set(entries.flatMap((entry) => [...filesOf(entry)]))];
  const sizes = files.map((file) => ({ file, size: sizeOf(file) })).toSorted((a, b) => b.size - a.size);
  const total = sizes.reduce((sum, { size }) => sum + size, 0) / 1000;
  const verdict = `${what}: ${total.toFixed(1)} kB of JavaScript, gzipped; at most ${kilobytes} kB`;
  if (total <= kilobytes) console.log(verdict);
  else {
    console.error(`Too much: ${verdict}`);
    for (const { file, size } of sizes) console.error(`  ${(size / 1000).toFixed(1)} kB  ${file}`);
    process.exitCode = 1;
  }
}
