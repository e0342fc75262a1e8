// Fails where the page would learn of a file later than it could: what `index.html` does not name, or the first script
// does not ask for, costs a round trip more. Reads the build of `npm run check:budget`.
import { chunkOf, contentOf, filesOf, isBuilt, laterOf } from './build-files.mjs';

/** What the first script asks for itself (src/app/preload.ts): pages by their files, or pieces by their names. */
const ASKED = [
  'src/pages/SignUp.tsx',
  'src/pages/LogIn.tsx',
  'person',
  'src/pages/Home.tsx',
  'src/pages/onboarding/StepPage.tsx',
  'account',
  'src/locales/main/en.po',
];

const html = contentOf('index.html').toString();
const tags = [...html.matchAll(/<(?:script|link)\s[^>]*>/g)].map(([tag]) => tag);
const fileOf = (tag) => /\s(?:src|href)="\/([^"]+)"/.exec(tag)?.[1];
const first = chunkOf('start');

const faults = [
  ...tags
    .map(fileOf)
    .filter((file) => file !== undefined && !isBuilt(file))
    .map((file) => `index.html names /${file}, which the build does not have`),
  ...faultsOfFirst(tags.find((tag) => tag.startsWith('<script')) ?? ''),
  ...notNamed(),
  ...ASKED.filter((entry) => !laterOf(first).includes(chunkOf(entry))).map(
    (entry) => `/${first.file} does not ask for ${entry}`,
  ),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log('index.html names all that its scripts import, and the first script asks for the pages');

/** It runs as soon as it is there, and waits for nothing. */
function faultsOfFirst(tag) {
  const isFirst = fileOf(tag) === first.file && /\sasync\s/.test(tag) && /\stype="module"/.test(tag);
  return [
    ...(isFirst ? [] : [`the first script of index.html is not /${first.file} as an async module: ${tag}`]),
    ...(first.imports ?? []).map((other) => `/${first.file} imports ${other}, so it waits for that`),
  ];
}

/** What scripts of `index.html` import at any depth, and their style sheets, are in it by name. */
function notNamed() {
  const { scripts, sheets } = filesOf(chunkOf('index.html'));
  const named = new Set(tags.map(fileOf));
  return [...scripts, ...sheets]
    .filter((file) => !named.has(file))
    .map((file) => `index.html does not name /${file}, which its scripts import`);
}
