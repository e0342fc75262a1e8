// Fails where src/locales is not what the texts of the page give (a new text, one that is used no more), where a text is
// not translated, and where a translation lost or invented a placeholder.
import { getCatalogs } from '@lingui/cli/api';
import { getConfig } from '@lingui/conf';
import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const frontend = join(import.meta.dirname, '..');
const kept = join(frontend, 'src', 'locales');
const fresh = mkdtempSync(join(tmpdir(), 'onboarding-words-'));
const complain = (words) => {
  console.error(words);
  process.exitCode = 1;
};

/** The catalogues below `root`, without their heads. */
function contents(root) {
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.po'));
  const textOf = (name) => readFileSync(join(root, name), 'utf8').replace(/^.*?\n\n/s, '');
  return new Map(files.map((name) => [name, textOf(name)]));
}

/** All that a message takes: variables with their formats, and tags. */
function placeholders(tokens) {
  const found = new Set();
  const walk = (token) => {
    if (typeof token === 'string') for (const [tag] of token.matchAll(/<\/?\d+\/?>/g)) found.add(tag);
    else {
      const [name, format, cases] = token;
      found.add([name, format].filter(Boolean).join(', '));
      if (cases && typeof cases === 'object') Object.values(cases).filter(Array.isArray).flat().forEach(walk);
    }
  };
  tokens.forEach(walk);
  return [...found]
    .filter((name) => name !== '#')
    .toSorted()
    .join(' ');
}

function checkTranslation(source, { translation }, name) {
  if (!translation) return complain(`${name}: not translated: ${source}`);
  try {
    const [asked, given] = [source, translation].map((text) => placeholders(compileMessageOrThrow(text)));
    if (asked !== given)
      complain(
        `${name}: “${translation}” takes ${given || 'nothing'}, but “${source}” has ${asked || 'nothing'}`,
      );
  } catch (error) {
    complain(`${name}: ${error.message}: ${translation}`);
  }
}

try {
  cpSync(kept, fresh, { recursive: true });
  const lingui = join(frontend, 'node_modules', '.bin', 'lingui');
  execFileSync(lingui, ['extract', '--clean'], {
    cwd: frontend,
    env: { ...process.env, LOCALES_DIR: fresh },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [before, after] = [contents(kept), contents(fresh)];
  const names = new Set([...before.keys(), ...after.keys()]);
  const drifted = [...names].filter((name) => before.get(name) !== after.get(name));
  if (drifted.length > 0)
    complain(`src/locales is not what the texts give: ${drifted.join(', ')}. Run: npm run words`);

  const config = getConfig({ cwd: frontend });
  const catalogs = await getCatalogs(config);
  const others = config.locales.filter((each) => each !== config.sourceLocale);
  const pairs = catalogs.flatMap((catalog) => others.map((locale) => ({ catalog, locale })));
  await Promise.all(
    pairs.map(async ({ catalog, locale }) => {
      const name = `${catalog.path.split('/').at(-2)}/${locale}.po`;
      const messages = (await catalog.read(locale)) ?? {};
      for (const entry of Object.values(messages)) checkTranslation(entry.message, entry, name);
    }),
  );
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
