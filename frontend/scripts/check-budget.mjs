// Fails where the JavaScript of a page has become heavier than it may: gzipped, as it goes over the wire.
// Reads the manifest of a build of its own: `npm run check:budget`.
import { gzipSync } from 'node:zlib';
import { chunkOf, contentOf, filesOf } from './build-files.mjs';

/** Pages by their files, or pieces by their names, and the areas of their words. */
const PAGES = [
  { what: 'the sign-up page', entries: ['src/pages/SignUp.tsx'], areas: ['main'], kilobytes: 135 },
  { what: 'the log-in page', entries: ['src/pages/LogIn.tsx'], areas: ['main'], kilobytes: 135 },
  {
    what: 'the overview',
    entries: ['person', 'src/pages/Home.tsx'],
    areas: ['main', 'onboarding', 'organization'],
    kilobytes: 205,
  },
  {
    what: 'a step',
    entries: ['person', 'src/pages/onboarding/StepPage.tsx'],
    areas: ['main', 'onboarding', 'organization'],
    kilobytes: 216,
  },
  {
    what: 'the account page',
    entries: ['person', 'account'],
    areas: ['main', 'onboarding', 'account', 'factors', 'links', 'passkeys'],
    kilobytes: 200,
  },
];

/** Kilobytes (1,000 bytes) of all JavaScript that is loaded before a page can be used. */
const BUDGETS = [
  { what: 'what runs first', entries: ['start'], kilobytes: 17 },
  { what: 'what index.html names', entries: ['index.html'], kilobytes: 120 },
  ...['en', 'de'].flatMap((language) =>
    PAGES.map(({ what, entries, areas, kilobytes }) => ({
      what: `${what} (${language})`,
      entries: ['index.html', ...entries, ...areas.map((area) => `src/locales/${area}/${language}.po`)],
      kilobytes,
    })),
  ),
];

const sizeOf = (file) => gzipSync(contentOf(file), { level: 9 }).length;

for (const { what, entries, kilobytes } of BUDGETS) {
  const files = new Set(entries.flatMap((entry) => [...filesOf(chunkOf(entry)).scripts]));
  const sizes = [...files].map((file) => ({ file, size: sizeOf(file) })).toSorted((a, b) => b.size - a.size);
  const total = sizes.reduce((sum, { size }) => sum + size, 0) / 1000;
  const verdict = `${what}: ${total.toFixed(1)} kB of JavaScript, gzipped; at most ${kilobytes} kB`;
  if (total <= kilobytes) console.log(verdict);
  else {
    console.error(`Too much: ${verdict}`);
    for (const { file, size } of sizes) console.error(`  ${(size / 1000).toFixed(1)} kB  ${file}`);
    process.exitCode = 1;
  }
}
