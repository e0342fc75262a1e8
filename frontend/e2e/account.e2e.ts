import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { logIn, newPerson, opened, signUp } from './people';

describe.skipIf(reasonToSkip !== undefined)(`the account page${becauseOf(reasonToSkip)}`, () => {
  const person = newPerson();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];

  const region = (name: string) => page.getByRole('region', { name });

  beforeAll(async () => {
    browser = await launch();
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    await signUp(page, person);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('the menu leads there', async () => {
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('link', { name: 'Your account' }).click();
    await opened(page, 'Your account');
    await page.getByText('This device').waitFor();
    expect(await look(page, '70-account')).toEqual([]);
  });

  test('a new name is saved, and stays after a reload', async () => {
    await region('Profile').getByLabel('Your name').fill('Augusta Ada King');
    await region('Profile').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Your name is saved.').waitFor();
    await page.reload();
    await expect.poll(() => region('Profile').getByLabel('Your name').inputValue()).toBe('Augusta Ada King');
  });

  test('another device is seen, and ended; it learns of that', async () => {
    const other = await newDevice(browser);
    await logIn(other.page, person);
    await page.reload();
    const end = region('Where you are logged in').getByRole('button', { name: /End the session of/ });
    await end.waitFor();
    expect(await look(page, '71-sessions')).toEqual([]);
    await end.click();
    await expect.poll(() => end.count()).toBe(0);
    await other.page.reload();
    await opened(other.page, 'Welcome back');
    await other.page.getByText('Your session has ended').waitFor();
    await other.context.close();
  });

  test('the password is changed', async () => {
    const password = region('Password');
    await password.getByLabel('Current password').fill(person.password);
    await password.getByLabel('New password').fill('difference engine 1822');
    await password.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('Your password is changed.').waitFor();
    expect(await look(page, '72-password')).toEqual([]);
    person.password = 'difference engine 1822';
  });

  test('all that is kept is downloaded', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download my data' }).click(),
    ]);
    const data = JSON.parse(readFileSync(await download.path(), 'utf8')) as { account: { email: string } };
    expect(data.account.email).toBe(person.email);
  });

  test('the account is closed, and opened again by logging in', async () => {
    await region('Close my account').getByRole('button', { name: 'Close my account' }).click();
    await page.getByLabel('Your password, to close the account').fill(person.password);
    expect(await look(page, '73-close')).toEqual([]);
    await page.getByRole('button', { name: 'Close it' }).click();
    await opened(page, 'Welcome back');
    await page.getByText('Your account is closed').waitFor();
    expect(await look(page, '74-closed')).toEqual([]);
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await opened(page, 'You have closed your account');
    expect(await look(page, '75-closing')).toEqual([]);
    await page.getByRole('button', { name: 'Open it again' }).click();
    await opened(page, 'Tell us about you');
    expect(trouble).toEqual([]);
    await context.close();
  });
});
