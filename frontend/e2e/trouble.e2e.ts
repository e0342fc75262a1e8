import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look } from './looks';
import { type Credentials, logIn, newPerson, opened, saveWord, signUp } from './people';

const STEP = '**/api/onboarding/steps/*';

describe.skipIf(reasonToSkip !== undefined)(`when things go wrong${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let person: Credentials;
  const jobTitle = (on = page): ReturnType<Page['getByLabel']> =>
    on.getByRole('textbox', { name: 'Job title' });

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    await context?.close();
    ({ context, page } = await newDevice(browser));
    person = newPerson();
    await signUp(page, person);
  });

  test('an answer that gets lost is asked for again under its key, and nothing happens twice', async () => {
    const sent: Request[] = [];
    await page.route(STEP, async (route) => {
      sent.push(route.request());
      const response = await route.fetch();
      await (sent.length === 1 ? route.abort('connectionreset') : route.fulfill({ response }));
    });
    const answer = page.waitForResponse((response) => response.url().includes('/steps/profile'));
    await jobTitle().fill('Poet');
    await page.keyboard.press('Tab');
    const { version } = (await (await answer).json()) as { version: number };
    await saveWord(page, 'Saved');
    expect(version).toBe(2);
    expect(sent).toHaveLength(2);
    expect(new Set(sent.map((request) => request.headers()['idempotency-key'])).size).toBe(1);
  });

  const drafts = (): Promise<string> =>
    page.evaluate(() =>
      Object.keys(localStorage)
        .filter((slot) => slot.includes('draft'))
        .join(),
    );

  test('a change that never arrived is sent again after a reload, under its key', async () => {
    const keys: Array<string | undefined> = [];
    await page.route(STEP, async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      // The first one hangs for ever.
      if (keys.length > 1) await route.continue();
    });
    await jobTitle().fill('Poet');
    await page.keyboard.press('Tab');
    await expect.poll(() => keys.length).toBe(1);
    await page.reload();
    await expect.poll(() => keys.length).toBe(2);
    expect(new Set(keys).size).toBe(1);
    await expect.poll(drafts).toBe('');
    expect(await jobTitle().inputValue()).toBe('Poet');
  });

  test('a change that arrived, but whose answer did not, is not sent again after a reload', async () => {
    let sent = 0;
    let arrived = false;
    await page.route(STEP, async (route) => {
      sent += 1;
      await route.fetch();
      arrived = true;
    });
    await jobTitle().fill('Poet');
    await page.keyboard.press('Tab');
    await expect.poll(() => sent).toBe(1);
    await expect.poll(() => arrived).toBe(true);
    await page.reload();
    await opened(page, 'Tell us about you');
    await expect.poll(drafts).toBe('');
    expect(await jobTitle().inputValue()).toBe('Poet');
    expect(sent).toBe(1);
  });

  test('offline, the text is kept and said to be; online again, it is sent by itself', async () => {
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await jobTitle().fill('Poet');
    await page.keyboard.press('Tab');
    expect(await look(page, '20-offline')).toEqual([]);
    await context.setOffline(false);
    await saveWord(page, 'Saved');
    await expect.poll(() => page.getByText('You are offline.').count()).toBe(0);
  });

  test('a service that hangs is told after four seconds, and nothing stays “Saving…”', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(STEP, async (route) => {
      await held;
      await route.continue();
    });
    await jobTitle().fill('Poet');
    await page.keyboard.press('Tab');
    await saveWord(page, 'Saving…');
    const since = Date.now();
    await page.getByText('The service takes its time.').waitFor();
    expect(Date.now() - since).toBeLessThan(6_000);
    await saveWord(page, 'Kept on this device');
    expect(await look(page, '25-slow')).toEqual([]);
    release();
    await saveWord(page, 'Saved');
    await expect.poll(() => page.getByText('The service takes its time.').count()).toBe(0);
  });

  test('a red message goes when the outage it tells of is over', async () => {
    await page.route('**/api/**', (route) => route.fulfill({ status: 503 }));
    await page.getByRole('link', { name: /Preferences/ }).click();
    await page.getByRole('button', { name: 'Skip for now' }).click();
    await page.getByText('We could not reach the service.').waitFor({ timeout: 30_000 });
    await page.unroute('**/api/**');
    await expect
      .poll(() => page.getByText('We could not reach the service.').count(), { timeout: 30_000 })
      .toBe(0);
  });

  test('an outage logs nobody out, and the page goes on when it is over', async () => {
    await page.route('**/api/**', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '1' } }));
    await page.reload();
    await page.getByText('The service is out of reach.').waitFor({ timeout: 30_000 });
    expect(await look(page, '21-outage')).toEqual([]);
    await page.unroute('**/api/**');
    await opened(page, 'Tell us about you');
  });

  test('a change on another device is merged, and told in the form', async () => {
    const other = await newDevice(browser);
    await logIn(other.page, person);
    await jobTitle().fill('Queen');
    await jobTitle(other.page).fill('King');
    await other.page.keyboard.press('Tab');
    await other.page.getByRole('textbox', { name: 'Phone' }).fill('+44 20 7946 0958');
    await other.page.keyboard.press('Tab');
    await saveWord(other.page, 'Saved');
    await page.keyboard.press('Tab');
    await page.getByText('This step was changed in another tab or on another device, too').waitFor();
    await page.getByText(/we kept what you typed here. There it says “King”/).waitFor();
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Phone' }).inputValue())
      .toBe('+44 20 7946 0958');
    expect(await look(page, '22-elsewhere')).toEqual([]);
    await other.context.close();
  });

  test('tabs share the session: renewing at once harms nobody, logging out counts for all', async () => {
    const tabs = [page, await context.newPage(), await context.newPage()];
    const trouble = tabs.flatMap(watchForTrouble);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(tabs.map((tab) => tab.goto('/onboarding/profile')));
      await Promise.all(tabs.map((tab) => opened(tab, 'Tell us about you')));
    }
    // A browser takes its time to draw what is behind.
    await page.bringToFront();
    await page.getByRole('button', { name: /Account of/ }).click();
    expect(await look(page, '23-menu')).toEqual([]);
    await page.getByRole('button', { name: 'Log out' }).click();
    await Promise.all(tabs.map((tab) => opened(tab, 'Welcome back')));
    expect(trouble).toEqual([]);
  });

  test('a choice opens, is read out and chosen by keyboard', async () => {
    const country = page.getByRole('combobox', { name: 'Country' });
    await country.focus();
    await page.keyboard.type('germany');
    await page.getByRole('option', { name: 'Germany' }).waitFor();
    expect(await look(page, '24-choice')).toEqual([]);
    await country.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => country.inputValue()).toBe('Germany');
  });

  test('a choice is made by Enter however quickly its name has come', async () => {
    const country = page.getByRole('combobox', { name: 'Country' });
    for (const name of ['France', 'Norway']) {
      await country.fill('');
      await page.keyboard.insertText(name.toLowerCase());
      await page.getByRole('option', { name }).waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(() => country.inputValue()).toBe(name);
      await page.getByRole('listbox').waitFor({ state: 'hidden' });
    }
    await page.getByRole('combobox', { name: 'Time zone' }).click();
    await page.getByRole('option').first().waitFor();
    const zone = await page.getByRole('combobox', { name: 'Time zone' }).inputValue();
    await page.keyboard.press('Enter');
    await page.getByRole('listbox').waitFor({ state: 'hidden' });
    expect(await page.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe(zone);
  });
});
