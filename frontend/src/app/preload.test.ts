import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as files from './page-files';
import { needsOnboarding, pagesAt } from './preload';

const names = (pathname: string, maybePerson: boolean): string[] => {
  const known = Object.entries(files);
  return pagesAt(pathname, maybePerson).map((file) => known.find(([, each]) => each === file)?.[0] ?? '?');
};

test.each([
  ['/', ['SignUp'], ['AppLayout', 'Home']],
  ['/sign-up', ['SignUp'], ['SignUp']],
  ['/log-in', ['LogIn'], ['LogIn']],
  ['/onboarding', ['LogIn'], ['AppLayout', 'StepPage']],
  ['/onboarding/profile', ['LogIn'], ['AppLayout', 'StepPage']],
  ['/account', ['LogIn'], ['AppLayout', 'Account']],
  ['/admin/people', ['LogIn'], ['AppLayout', 'Admin']],
  ['/oidc/acme', ['ProviderReturn'], ['ProviderReturn']],
  ['/nowhere', [], []],
  ['/constructor', [], []],
])('%s leads to %s on a first visit, and with a session to %s', (pathname, first, later) => {
  expect(names(pathname, false)).toEqual(first);
  expect(names(pathname, true)).toEqual(later);
});

test('each address that the page draws begins to load before it is drawn', () => {
  const drawn = readFileSync('src/app/Pages.tsx', 'utf8').matchAll(
    /<Route (?:path="([^"]+)"|index) element={<(\w+)/g,
  );
  const routes = [...drawn].map(([, path = '', page]) => ({ path, page }));
  expect(routes.length).toBeGreaterThan(15);
  for (const { path, page } of routes) {
    if (path === '*' || page === 'Navigate') continue;
    expect([path, ...names(`/${path.split('/')[0]}`, true)]).toContain(page);
  }
});

test('the state of the onboarding is asked for ahead where the page begins with it', () => {
  expect(['/', '/onboarding/profile', '/account', '/organization'].filter(needsOnboarding)).toHaveLength(4);
  expect(['/sign-up', '/terms', '/nowhere'].filter(needsOnboarding)).toEqual([]);
});
