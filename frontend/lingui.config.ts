import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@lingui/conf';

/** Where catalogues are; the check writes fresh ones elsewhere and compares (`scripts/check-words.mjs`). */
const LOCALES = process.env['LOCALES_DIR'] ?? '<rootDir>/src/locales';

const TESTS = '**/*.test.{ts,tsx}';
const inFolder = (folder: string): string => `<rootDir>/src/${folder}/**/*.{ts,tsx}`;

/** Each folder of pages has a catalogue of its own, loaded with the first of its pages; `main` is what all need. */
const areas = readdirSync(join(import.meta.dirname, 'src', 'pages'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const FOLDERS: Record<string, string[]> = { onboarding: ['onboarding'] };
const foldersOf = (area: string): string[] => [`pages/${area}`, ...(FOLDERS[area] ?? [])];

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de'],
  catalogs: [
    {
      path: `${LOCALES}/main/{locale}`,
      include: [inFolder('.')],
      exclude: [TESTS, '**/src/test/**', '**/src/generated/**', ...areas.flatMap(foldersOf).map(inFolder)],
    },
    ...areas.map((area) => ({
      path: `${LOCALES}/${area}/{locale}`,
      include: foldersOf(area).map(inFolder),
      exclude: [TESTS],
    })),
  ],
  format: 'po',
  formatOptions: { lineNumbers: false },
  orderBy: 'message',
});
