import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip } from './browser';
import { newPerson, opened, signUp } from './people';

/** Of the Web Vitals, what counts as good is 0.1; here nothing is to move that anybody looks at. */
const LIMIT = 0.02;

describe.skipIf(reasonToSkip !== undefined)(
  `nothing moves while pages load${becauseOf(reasonToSkip)}`,
  () => {
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      browser = await launch();
      ({ page } = await newDevice(browser));
      // Answers that come late are those that move things.
      await page.route('**/api/**', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await route.continue();
      });
    });

    afterAll(async () => {
      await browser?.close();
    });

    /** The sum of all layout shifts of this document that nobody has asked for (CLS without windows). */
    const shifts = (): Promise<number> =>
      page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries() as Array<PerformanceEntry & Shift>) {
                if (!entry.hadRecentInput) sum += entry.value;
              }
            }).observe({ type: 'layout-shift', buffered: true });
            setTimeout(() => resolve(sum), 500);
          }),
      );

    test.each([
      ['wide', { width: 1440, height: 900 }],
      ['phone', { width: 360, height: 740 }],
    ])('%s: from signing up to the overview, by reloads of each page', async (_, size) => {
      await page.setViewportSize(size);
      await page.context().clearCookies();
      await page.goto('/sign-up');
      await page.evaluate(() => window.localStorage.clear());
      await page.reload();
      await opened(page, 'Create your account');
      expect(await shifts()).toBeLessThanOrEqual(LIMIT);
      await signUp(page, newPerson());
      for (const [path, heading] of [
        ['/onboarding/profile', 'Tell us about you'],
        ['/onboarding/organization', 'Where do you work?'],
        ['/onboarding/preferences', 'Make it yours'],
        ['/onboarding/review', 'One last look'],
        ['/', 'Hello, Ada'],
      ] as const) {
        await page.goto(path);
        await opened(page, heading);
        await page.waitForLoadState('networkidle');
        expect.soft(await shifts(), path).toBeLessThanOrEqual(LIMIT);
      }
    });
  },
);

interface Shift {
  value: number;
  hadRecentInput: boolean;
}
