// The files of the build that `npm run check:budget` makes, and what loads what.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, '..', 'node_modules', '.cache', 'budget');
const MANIFEST = join(DIST, '.vite', 'manifest.json');

if (!existsSync(MANIFEST)) {
  console.error('There is no build to look at: run `npm run check:budget`.');
  process.exit(1);
}

const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));

export const isBuilt = (file) => existsSync(join(DIST, file));
export const contentOf = (file) => readFileSync(join(DIST, file));

/** The chunk of a source file, or of a piece of several (`vite.config.ts`) by its name. */
export function chunkOf(entry) {
  const piece = Object.keys(manifest).find((key) => key.startsWith(`_${entry}-`) && key.endsWith('.js'));
  const chunk = manifest[entry] ?? manifest[piece];
  if (!chunk) throw new Error(`${entry} is not in the build's manifest`);
  return chunk;
}

/** The files that a chunk loads, with what they import in their turn; what is imported later does not count. */
export function filesOf(chunk, known = { scripts: new Set(), sheets: new Set() }) {
  if (known.scripts.has(chunk.file)) return known;
  known.scripts.add(chunk.file);
  for (const sheet of chunk.css ?? []) known.sheets.add(sheet);
  for (const next of chunk.imports ?? []) filesOf(manifest[next], known);
  return known;
}

/** What a chunk imports later. */
export const laterOf = (chunk) => (chunk.dynamicImports ?? []).map((key) => manifest[key]);
