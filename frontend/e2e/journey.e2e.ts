import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { newPerson } from './people';

const PERSON = newPerson();

describe.skipIf(reasonToSkip !== undefined)(`a person's journey${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];
  const mutations: Array<{ what: string; key: string | undefined }> = [];

  const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();
  const opened = (name: string): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor();
  const saved = (): Promise<void> => page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();

  async function takeDevice(): Promise<void> {
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    page.on('request', (request) => {
      if (request.url().includes('/api/') && request.method() !== 'GET') {
        const what = `${request.method()} ${new URL(request.url()).pathname}`;
        mutations.push({ what, key: request.headers()['idempotency-key'] });
      }
    });
  }

  beforeAll(async () => {
    browser = await launch();
    await takeDevice();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await shoot(page, `failed: ${task.name}`);
    process.stderr.write(`At ${page.url()}; console: ${JSON.stringify(trouble)}\n`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('a first visit leads to signing up', async () => {
    await page.goto('/?debug');
    await opened('Create your account');
    expect(await page.getByText('Answered by').or(page.getByText('Nothing asked')).count()).toBe(1);
    expect(page.url()).toContain('/sign-up');
    expect(await page.title()).toContain('Sign up');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await look(page, '1-sign-up')).toEqual([]);
  });

  test('errors stand beside their fields, and the first has the focus', async () => {
    await page.getByLabel('E-mail').fill('ada@');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    const name = page.getByLabel('Your name');
    await expect.poll(() => name.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await page.getByText('Use an address like name@example.com.').isVisible()).toBe(true);
    expect(await page.getByText('Use at least 8 characters.').isVisible()).toBe(true);
    expect(await look(page, '2-sign-up-errors')).toEqual([]);
  });

  test('signing up by keyboard alone opens the first open step', async () => {
    await page.getByLabel('Your name').focus();
    await page.keyboard.type(PERSON.name);
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(PERSON.email);
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(PERSON.password);
    await page.keyboard.press('Enter');
    await opened('Check your mail');
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.getByRole('link', { name: 'Do this later' }).press('Enter');
    await opened('Tell us about you');
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    expect(await page.getByTestId('instance').innerText()).not.toBe('');
    expect(await look(page, '4-profile')).toEqual([]);
  });

  test('the account step is shown as done', async () => {
    await page
      .getByRole('link', { name: /Account/ })
      .first()
      .click();
    await opened('Your account is ready');
    await page.getByText(PERSON.email).first().waitFor();
    expect(await look(page, '3-account')).toEqual([]);
    await page.getByRole('link', { name: 'Continue' }).click();
    await opened('Tell us about you');
  });

  test('a step with something missing says what, and a left field is saved as a draft', async () => {
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Tell us what you do.').waitFor();
    expect(await look(page, '5-profile-errors')).toEqual([]);
    await page.getByLabel('Job title').fill('Mathematician');
    await page.keyboard.press('Tab');
    await saved();
    await page.reload();
    await expect.poll(() => page.getByLabel('Job title').inputValue()).toBe('Mathematician');
  });

  test('the profile is completed by keyboard alone', async () => {
    await page.getByRole('combobox', { name: 'Country' }).focus();
    await page.keyboard.type('United Kingdom');
    await page
      .getByRole('option', { name: /United Kingdom/ })
      .first()
      .waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByLabel('Phone').fill('+44 20 7946 0958');
    await page.keyboard.press('Enter');
    await opened('Where do you work?');
    expect(await look(page, '6-organization')).toEqual([]);
  });

  test('text that was not sent yet survives a reload', async () => {
    await page.getByRole('textbox', { name: 'Name' }).fill('Analytical Engines Ltd');
    await page.reload();
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Name' }).inputValue())
      .toBe('Analytical Engines Ltd');
    await page.getByRole('radio', { name: '11 to 50 people' }).check();
    await page.getByRole('combobox', { name: 'Your role' }).click();
    await page.getByRole('option', { name: 'Engineering' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await opened('Make it yours');
    expect(await look(page, '7-preferences')).toEqual([]);
  });

  test('preferences may be skipped, and come back to', async () => {
    await page.getByRole('button', { name: 'Skip for now' }).click();
    await opened('One last look');
    await page.getByRole('link', { name: /Back/ }).click();
    await opened('Make it yours');
    await page.getByLabel('Product updates').check();
    const html = page.locator('html');
    await page.getByRole('button', { name: 'Use the dark appearance' }).click();
    await expect.poll(() => html.getAttribute('data-mantine-color-scheme')).toBe('dark');
    await page.getByRole('radio', { name: 'Light' }).check();
    await expect.poll(() => html.getAttribute('data-mantine-color-scheme')).toBe('light');
    await page.getByRole('radio', { name: 'As the device' }).check();
    await expect.poll(() => html.getAttribute('data-mantine-color-scheme')).toBe('light');
    await page.getByRole('button', { name: 'Continue' }).click();
    await opened('One last look');
    expect(await look(page, '8-review')).toEqual([]);
  });

  test('logging out leaves nothing of the person in the browser', async () => {
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await opened('Welcome back');
    const stored = await page.evaluate(() => JSON.stringify(window.localStorage));
    expect(stored).not.toContain('Analytical');
    expect(stored).not.toContain('token');
    expect(trouble).toEqual([]);
    await context.close();
  });

  test('logging in on another device goes on where one left off', async () => {
    await takeDevice();
    await page.goto('/log-in');
    await opened('Welcome back');
    expect(await look(page, '9-log-in')).toEqual([]);
    await page.getByLabel('E-mail').fill(PERSON.email.toUpperCase());
    await page.getByLabel('Password', { exact: true }).fill('not my password');
    await page.keyboard.press('Enter');
    await page.getByText('E-mail and password do not match.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(PERSON.password);
    await page.keyboard.press('Enter');
    await opened('One last look');
    await page.getByText('Analytical Engines Ltd').waitFor();
  });

  test('the overview on the way offers to go on', async () => {
    await page.goto('/');
    await opened('Hello, Ada');
    expect(await look(page, '10-overview')).toEqual([]);
    await page.getByRole('link', { name: 'Go on' }).click();
    await opened('One last look');
  });

  test('finishing asks for the terms, then leads to the end', async () => {
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByText('Please accept the terms to finish.').waitFor();
    await page.getByLabel(/accept the terms/).check();
    await page.getByRole('button', { name: 'Finish' }).click();
    await opened('You made it, Ada');
    expect(await look(page, '11-finished')).toEqual([]);
    await page.reload();
    await page.getByText('Analytical Engines Ltd').first().waitFor();
    expect(await heading()).toBe('Hello, Ada');
    await page.goto('/onboarding/review');
    await opened('What you told us');
    expect(await page.getByRole('button', { name: 'Finish' }).count()).toBe(0);
    expect(await look(page, '13-reviewed')).toEqual([]);
  });

  test('a required field that is cleared says why it is not saved, until it is filled in again', async () => {
    await page.goto('/onboarding/profile');
    const title = page.getByRole('textbox', { name: 'Job title' });
    await expect.poll(() => title.inputValue()).toBe('Mathematician');
    await title.fill('');
    await title.press('Tab');
    await page.getByText('Tell us what you do.').waitFor();
    await page.getByText('Not saved yet: Job title').waitFor();
    expect(await look(page, '14-cleared')).toEqual([]);
    await title.fill('Countess');
    await title.press('Tab');
    await saved();
    expect(await page.getByText('Tell us what you do.').count()).toBe(0);
  });

  test('the terms and the privacy notice have pages, and engineers’ words are for engineers', async () => {
    await page.goto('/terms');
    await opened('Terms of use');
    expect(await look(page, '15-terms')).toEqual([]);
    expect(await page.getByText('Answered by').count()).toBe(0);
    await page.getByRole('link', { name: 'Privacy' }).click();
    await opened('Privacy notice');
    await page.goto('/terms?debug');
    await page.getByText('Answered by').waitFor();
  });

  test('an address that does not exist says so', async () => {
    await page.goto('/nowhere/to/be/found');
    await opened('The path ends here');
    expect(await look(page, '12-not-found')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('every mutation bore an idempotency key, and no two intentions shared one', () => {
    expect(mutations.filter(({ key }) => !key)).toEqual([]);
    expect(mutations.length).toBeGreaterThan(10);
    const targets = new Map<string, Set<string>>();
    for (const { what, key } of mutations) {
      targets.set(key ?? '', (targets.get(key ?? '') ?? new Set()).add(what));
    }
    expect([...targets.values()].filter((whats) => whats.size > 1)).toEqual([]);
  });
});
