import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip } from './browser';
import { look, shoot } from './looks';
import { newPerson, opened, saveWord, signUp } from './people';

describe.skipIf(reasonToSkip !== undefined)(`choices and fields${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    ({ page } = await newDevice(browser));
    await signUp(
      page,
      newPerson(
        'Hubert Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe',
      ),
    );
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test.each([
    ['Country', 'united st', /^United States$/],
    ['Country', 'uk', /^United Kingdom/],
    ['Country', 'usa', /^United States$/],
    ['Country', 'england', /^United Kingdom/],
    ['Country', 'deutschland', /^Germany/],
    ['Time zone', 'gmt', /^UTC|^Europe \/ London/],
    ['Time zone', 'pst', /^America \/ Los Angeles/],
    ['Time zone', 'india', /^Asia \/ Kolkata/],
  ])('%s: typing “%s” finds what people mean first', async (name, query, found) => {
    const field = page.getByRole('combobox', { name });
    await field.click();
    await field.fill(query);
    await expect.poll(() => page.getByRole('option').first().innerText()).toMatch(found);
    await page.keyboard.press('Escape');
  });

  test('no list is long, and it says that there is more', async () => {
    const zone = page.getByRole('combobox', { name: 'Time zone' });
    await zone.click();
    await zone.fill('');
    await page.getByRole('option', { name: /Type to find \d+ more/ }).waitFor();
    expect(await page.getByRole('option').count()).toBeLessThanOrEqual(61);
    expect(await look(page, '60-zones')).toEqual([]);
    await page.keyboard.press('Escape');
  });

  test('fields that are needed say so, and the focus is as plain on fields as on buttons', async () => {
    const title = page.getByRole('textbox', { name: 'Job title' });
    expect(await title.evaluate((field: HTMLInputElement) => field.required)).toBe(true);
    expect(await title.getAttribute('dir')).toBe('auto');
    await title.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    const ring = (on: string): Promise<string> =>
      page.evaluate((selector) => getComputedStyle(document.querySelector(selector) as Element).outline, on);
    // Where the ring fades in, it is there when it has.
    await expect.poll(() => ring(':focus-visible')).toMatch(/solid 2px$/);
    const field = await ring(':focus-visible');
    await page.getByRole('button', { name: 'Continue' }).focus();
    await expect.poll(() => ring(':focus-visible')).toBe(field);
  });

  test('a long text is counted', async () => {
    await page.getByLabel('About you').fill('x'.repeat(2001));
    await page.getByText('2001 of 2000 characters').waitFor();
    expect(await look(page, '61-counter')).toEqual([]);
    await page.getByLabel('About you').fill('');
  });

  test('an address of the web without a scheme gets one', async () => {
    await page.goto('/onboarding/organization');
    await page.getByLabel('Website').fill('engines.example/about');
    await page.keyboard.press('Tab');
    await expect.poll(() => page.getByLabel('Website').inputValue()).toBe('https://engines.example/about');
    await saveWord(page, 'Saved');
  });

  test('read from right to left, the page is mirrored, and nothing sticks out', async () => {
    const mirror = async (): Promise<void> =>
      page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
    await mirror();
    const trail = await page.getByRole('navigation', { name: 'Steps' }).boundingBox();
    const card = await page.getByRole('heading', { level: 1 }).boundingBox();
    expect(trail?.x).toBeGreaterThan(card?.x ?? Infinity);
    expect(await look(page, '62-rtl')).toEqual([]);
    await page.goto('/');
    await opened(page, 'Hello, Hubert');
    await mirror();
    expect(await look(page, '63-rtl-overview')).toEqual([]);
  });

  test('a long name wraps, and stays on the screen', async () => {
    expect(await look(page, '64-long-name')).toEqual([]);
    await page.getByRole('button', { name: /Account of/ }).click();
    expect(await look(page, '65-long-name-menu')).toEqual([]);
  });
});
