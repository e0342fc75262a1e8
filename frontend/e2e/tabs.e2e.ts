import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip } from './browser';
import { look } from './looks';
import { type Credentials, logIn, newPerson, opened, signUp } from './people';

describe.skipIf(reasonToSkip !== undefined)(`two tabs on one step${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let first: Page;
  let second: Page;
  let person: Credentials;

  const title = (tab: Page) => tab.getByRole('textbox', { name: 'Job title' });
  const phone = (tab: Page) => tab.getByRole('textbox', { name: 'Phone' });
  const notice = (tab: Page) =>
    tab.getByText('This step was changed in another tab or on another device, too');
  /** Everything that a person can read in a tab, in its fields, too. */
  const readable = (tab: Page): Promise<string> =>
    tab.evaluate(() =>
      [document.body.innerText, ...Array.from(document.querySelectorAll('input'), (i) => i.value)].join(' '),
    );

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    await context?.close();
    ({ context, page: first } = await newDevice(browser));
    person = newPerson();
    await signUp(first, person);
    second = await context.newPage();
    await second.goto('/onboarding/profile');
    await opened(second, 'Tell us about you');
  });

  const type = async (tab: Page, text: string): Promise<void> => {
    await tab.bringToFront();
    await title(tab).fill(text);
  };
  const leave = async (tab: Page): Promise<void> => {
    await tab.bringToFront();
    await title(tab).press('Tab');
    await tab.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
  };
  const reload = async (tab: Page): Promise<void> => {
    await tab.reload();
    await opened(tab, 'Tell us about you');
  };

  test.each([
    ['the first tab saves first', false],
    ['the second tab saves first', true],
  ])('%s: the later text counts, and the earlier one is told where it was replaced', async (_, swapped) => {
    const [earlier, later] = swapped ? [second, first] : [first, second];
    await type(first, 'Poet of the first tab');
    await type(second, 'King of the second tab');
    const texts = [await title(earlier).inputValue(), await title(later).inputValue()];
    await leave(earlier);
    // What is typed in the other tab stands there as it stood.
    expect(await title(later).inputValue()).toBe(texts[1]);
    await leave(later);
    await notice(later).waitFor();
    expect(await readable(later)).toContain(texts[0]);
    await expect.poll(() => title(earlier).inputValue()).toBe(texts[1]);
    await notice(earlier).waitFor();
    expect(await readable(earlier)).toContain(`You had typed “${texts[0]}” here.`);
    await earlier.bringToFront();
    expect(await look(earlier, `50-tabs-${swapped ? 'second' : 'first'}`)).toEqual([]);
  });

  test.each([
    ['the first', false],
    ['the second', true],
  ])('%s tab is reloaded while both have text that is not sent: both texts stay', async (_, swapped) => {
    const [reloaded, other] = swapped ? [second, first] : [first, second];
    await type(reloaded, 'Typed and reloaded');
    await other.bringToFront();
    await phone(other).fill('+44 20 7946 0958');
    await reload(reloaded);
    expect(await title(reloaded).inputValue()).toBe('Typed and reloaded');
    await other.bringToFront();
    await expect.poll(() => title(other).inputValue()).toBe('Typed and reloaded');
    expect(await phone(other).inputValue()).toBe('+44 20 7946 0958');
    await reload(other);
    await expect.poll(() => phone(other).inputValue()).toBe('+44 20 7946 0958');
    await expect.poll(() => phone(reloaded).inputValue()).toBe('+44 20 7946 0958');
  });

  test('what a closed tab has not sent is taken over by the other', async () => {
    await second.route('**/api/onboarding/steps/*', () => undefined);
    await type(second, 'Typed and closed');
    await second.close();
    await reload(first);
    await expect.poll(() => title(first).inputValue()).toBe('Typed and closed');
  });

  test('a duplicated tab, which copies the session storage, has drafts of its own', async () => {
    await type(first, 'Original');
    const [copy] = await Promise.all([
      context.waitForEvent('page'),
      first.evaluate(() => void window.open('/onboarding/profile')),
    ]);
    await opened(copy, 'Tell us about you');
    await title(copy).fill('Copy');
    await first.bringToFront();
    expect(await title(first).inputValue()).toBe('Original');
    await leave(first);
    expect(await title(copy).inputValue()).toBe('Copy');
  });

  const logOut = async (tab: Page): Promise<void> => {
    await tab.bringToFront();
    await tab.getByRole('button', { name: /Account of/ }).click();
    await tab.getByRole('button', { name: 'Log out' }).click();
  };

  test('one tab logs out: the other follows, and what was typed there is stored before', async () => {
    await type(second, 'Typed in the second tab, and not sent');
    await logOut(first);
    await Promise.all([first, second].map((tab) => opened(tab, 'Welcome back')));
    expect(await first.evaluate(() => JSON.stringify(localStorage))).not.toContain('second tab');
    // Logging in counts for both again, and shows what the service has.
    await logIn(first, person);
    expect(await title(first).inputValue()).toBe('Typed in the second tab, and not sent');
    await second.bringToFront();
    await opened(second, 'Tell us about you');
    expect(await title(second).inputValue()).toBe('Typed in the second tab, and not sent');
  });

  test('while a text cannot be stored, no tab is logged out, and the text stays', async () => {
    await type(second, 'Typed while the service is away');
    await first.route('**/api/onboarding/steps/*', (route) => route.fulfill({ status: 503 }));
    await logOut(first);
    await first
      .getByText('You are still logged in: the service could not be reached.')
      .waitFor({ timeout: 30_000 });
    await second.bringToFront();
    expect(await title(second).inputValue()).toBe('Typed while the service is away');
    await first.unroute('**/api/onboarding/steps/*');
    await first.bringToFront();
    await first.getByRole('button', { name: 'Log out' }).click();
    await Promise.all([first, second].map((tab) => opened(tab, 'Welcome back')));
    await logIn(second, person);
    expect(await title(second).inputValue()).toBe('Typed while the service is away');
  });

  test('a session that has ended at the service loses no text in either tab', async () => {
    await type(first, 'Typed before the session ended');
    await second.bringToFront();
    await phone(second).fill('+44 20 7946 0958');
    const other = await newDevice(browser);
    await logIn(other.page, person);
    await other.page.goto('/account');
    await other.page.getByRole('button', { name: 'End all others' }).click();
    await expect.poll(() => other.page.getByRole('button', { name: /^End the session of/ }).count()).toBe(0);
    await other.context.close();
    await first.bringToFront();
    // Each learns of it when it next asks for something.
    await title(first).press('Tab');
    await opened(first, 'Welcome back');
    await second.bringToFront();
    await phone(second).press('Tab');
    await opened(second, 'Welcome back');
    await first.bringToFront();
    await logIn(first, person);
    await expect.poll(() => title(first).inputValue()).toBe('Typed before the session ended');
    await expect.poll(() => phone(first).inputValue()).toBe('+44 20 7946 0958');
  });
});
