import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@lingui/conf';

/** Where catalogues are; the check writes fresh ones elsewhere and compares (`scripts/check-words.mjs`). */
const LOCALES = process.env['LOCALES_DIR'] ?? '<rootDir>/src/locales';

const TESTS = '**/*.test.{ts,tsx}';
const inSource = (pattern: string): string => `<rootDir>/src/${pattern}`;

/** Each folder of pages has a catalogue of its own, loaded with the first of its pages. */
const FOLDERS = readdirSync(join(import.meta.dirname, 'src', 'pages'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** What else belongs to an area: the admin area, what makes and uses passkeys, the frame of all who are logged in, and the pages that mails lead to. */
const MORE: Record<string, string[]> = {
  admin: ['admin/**/*.{ts,tsx}'],
  passkeys: ['passkeys/**/*.{ts,tsx}'],
  onboarding: ['onboarding/**/*.{ts,tsx}', 'pages/{AppLayout,Closing,Home,PersonMenu,VerifyReminder}.tsx'],
  links: [
    'pages/{AcceptInvitation,ChangeAddress,CodeForm,ConfirmEmail,ForgotPassword,Invitation,LinkResult}.tsx',
    'pages/{ProviderReturn,ResetPassword,SignUpInvited,VerifyByCode,VerifyEmail}.tsx',
  ],
};

/** The catalogues beside `main`, which has what all pages need. */
const AREAS = [...new Set([...FOLDERS, ...Object.keys(MORE)])].map((area) => ({
  area,
  include: [...(FOLDERS.includes(area) ? [`pages/${area}/**/*.{ts,tsx}`] : []), ...(MORE[area] ?? [])].map(
    inSource,
  ),
}));

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de'],
  catalogs: [
    {
      path: `${LOCALES}/main/{locale}`,
      include: [inSource('**/*.{ts,tsx}')],
      exclude: [TESTS, inSource('{test,generated}/**'), ...AREAS.flatMap(({ include }) => include)],
    },
    ...AREAS.map(({ area, include }) => ({ path: `${LOCALES}/${area}/{locale}`, include, exclude: [TESTS] })),
  ],
  format: 'po',
  formatOptions: { lineNumbers: false },
  orderBy: 'message',
});
