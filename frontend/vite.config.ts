import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { apiRules } from './api-rules.ts';
import { FIRST, firstScript } from './first-script.ts';
import { linguiMacros } from './lingui-macros.ts';
import { precompress } from './precompress.ts';
import { CONTENT_SECURITY_POLICY } from './src/csp.ts';
import { themeCss } from './src/theme/static-css.ts';

/** Where `/api` goes while developing: the balancer, or one backend. */
const API = process.env['API_URL'] ?? 'http://127.0.0.1:8080';
const proxy = { '/api': { target: API, changeOrigin: false, xfwd: true } };

/** Serves the theme's variables as a style sheet of the build. */
function staticTheme(): Plugin {
  const NAME = 'virtual:theme.css';
  return {
    name: 'static-theme',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? themeCss() : undefined),
  };
}

/** Development needs inline scripts of its own, so the policy is for the build alone. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** Catalogues say whose and in which language they are: `words-main-de`. */
function nameOfChunk({ facadeModuleId }: { facadeModuleId?: string | null | undefined }): string {
  const [, area, language] = /\/locales\/(\w+)\/([\w-]+)\.po$/.exec(facadeModuleId ?? '') ?? [];
  return area ? `assets/words-${area}-${language}-[hash].js` : 'assets/[name]-[hash].js';
}

/** The router's package names only its build for development, which warns of more and weighs more. */
function routerForProduction(): Plugin {
  return {
    name: 'router-for-production',
    apply: 'build',
    config: () => ({
      resolve: {
        alias: [
          {
            find: /^react-router$/,
            replacement: `${import.meta.dirname}/node_modules/react-router/dist/production/index.mjs`,
          },
        ],
      },
    }),
  };
}

/** The theme's variables come as a style sheet (`staticTheme`): the library's own way to write them at run time is left out. */
function noVariablesAtRunTime(): Plugin {
  const NAME = '\0no-variables';
  return {
    name: 'no-variables-at-run-time',
    apply: 'build',
    enforce: 'pre',
    resolveId: (id) => (id.endsWith('/MantineCssVariables.mjs') ? NAME : undefined),
    load: (id) => (id === NAME ? 'export const MantineCssVariables = () => null;' : undefined),
  };
}

/**
 * Pieces that are loaded together, each with what it imports. In many small ones, split by who else wants them, pages
 * weigh more, and browsers have six connections by HTTP/1.1.
 */
const GROUPS = [
  { name: 'start', test: (id: string) => id.endsWith(`/${FIRST}`), priority: 5 },
  // What every page has.
  { name: 'base', tags: ['$initial' as const], priority: 4 },
  {
    name: 'fields',
    test: /\/src\/(passkeys\/(possible|words)|session\/(factors|provider)|pages\/(NewPassword|useCredentialsForm|Credentials\.module)|ui\/(FailureNote|PasswordField|useAction))\.\w+$|\/TextInput\.mjs$/,
    priority: 3,
  },
  // Pages behind the log-in: all of them, and those that ask or show what was answered.
  { name: 'person', test: /\/src\/(pages\/(AppLayout|onboarding\/GoneNotice)|ui\/Facts)\.tsx$/, priority: 2 },
  {
    name: 'answers',
    test: /\/src\/(pages\/(organization\/Offers|onboarding\/Answers)|ui\/SearchSelect)\.tsx$|\/(Checkbox|ComboboxChevron|IconArrowLeft)\.mjs$/,
    priority: 1,
  },
  // What is proved by a code, and the account.
  { name: 'codes', test: /\/src\/pages\/(CodeForm|factors\/FactorForm)\.tsx$/, priority: 1 },
  { name: 'account', test: /\/src\/pages\/account\/Account\.tsx$/ },
];

export default defineConfig({
  plugins: [
    linguiMacros(),
    lingui({ failOnCompileError: true }),
    react(),
    routerForProduction(),
    noVariablesAtRunTime(),
    staticTheme(),
    apiRules(),
    contentSecurityPolicy(),
    firstScript(),
    precompress(),
  ],
  server: { host: '127.0.0.1', port: 3000, proxy },
  preview: { host: '127.0.0.1', port: 3000, proxy },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        chunkFileNames: nameOfChunk,
        codeSplitting: { groups: GROUPS },
      },
    },
  },
  test: {
    restoreMocks: true,
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'page',
          environment: 'happy-dom',
          environmentOptions: { happyDOM: { url: 'http://127.0.0.1:3000' } },
          include: ['src/**/*.test.{ts,tsx}'],
          setupFiles: ['src/test/setup.ts'],
        },
      },
      { test: { name: 'nginx', environment: 'node', include: ['nginx/**/*.test.ts'] } },
    ],
  },
});
