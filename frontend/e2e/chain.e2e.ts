import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { newPerson, opened, signUp } from './people';

/** Long enough for a page to have asked for all that it knows of, in ms. */
const QUIET_MS = 500;

/**
 * Waves of requests until a page is there, as many as it takes when each answer is held back until the page asks for
 * nothing more: the page itself, what it names, what the first script asks for, and the person's state, which needs the
 * session.
 */
const WAVES = [
  ['/sign-up', 'Create your account', 3],
  ['/log-in', 'Welcome back', 3],
  ['/', 'Hello, Ada', 4],
  ['/onboarding/profile', 'Tell us about you', 4],
  ['/account', 'Your account', 4],
] as const;

describe.skipIf(reasonToSkip !== undefined)(
  `round trips until a page is there${becauseOf(reasonToSkip)}`,
  () => {
    let browser: Browser;
    let stranger: Page;
    let person: Page;

    beforeAll(async () => {
      browser = await launch();
      ({ page: stranger } = await newDevice(browser));
      ({ page: person } = await newDevice(browser));
      await signUp(person, newPerson());
    });

    afterAll(async () => {
      await browser?.close();
    });

    test.each(WAVES)('%s', async (path, heading, waves) => {
      const page = path === '/sign-up' || path === '/log-in' ? stranger : person;
      const seen = await wavesUntil(page, path, heading);
      expect(seen).toHaveLength(waves);
    });

    test('a page that has come before its document has been read is drawn all the same', async () => {
      const { context, page } = await newDevice(browser);
      const trouble = watchForTrouble(page);
      const pageCame = page.waitForEvent('requestfinished', (request) => request.url().includes('/SignUp-'));
      const mainCame = page.waitForEvent('requestfinished', (request) => request.url().includes('/index-'));
      // Nothing after this script in the document is read before it has run.
      await page.route('**/color-scheme.js', async (route) => {
        await Promise.all([pageCame, mainCame]);
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        await route.continue();
      });
      await page.goto('/sign-up');
      await opened(page, 'Create your account');
      expect(trouble).toEqual([]);
      await context.close();
    });
  },
);

/** Opens a page in waves, and gives the addresses of each that came before the heading. */
async function wavesUntil(page: Page, path: string, heading: string): Promise<string[]> {
  const held: Route[] = [];
  await page.route(/^(?!.*favicon)/, (route) => void held.push(route));
  const opening = page.goto(path, { waitUntil: 'commit' });
  const there = page.getByRole('heading', { level: 1, name: heading }).waitFor();
  const waves: string[] = [];
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one wave after the other is the point
    const wave = await Promise.race([there, nextWave(held)]);
    if (!wave) break;
    waves.push(wave.map((route) => new URL(route.request().url()).pathname).join(' '));
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all(wave.map(answered));
  }
  await opening;
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  return waves;
}

/** What is held, once there is something and nothing more has come for a while. */
async function nextWave(held: Route[]): Promise<Route[]> {
  let known = -1;
  while (held.length === 0 || held.length !== known) {
    known = held.length;
    // oxlint-disable-next-line no-await-in-loop -- there is no other sign that nothing more will come
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
  return held.splice(0);
}

async function answered(route: Route): Promise<void> {
  await route.continue();
  await (await route.request().response())?.finished();
}
