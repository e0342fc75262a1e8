import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { Keyboard } from './keyboard';
import { look, shoot } from './looks';
import { mailTo, reasonForNoMails } from './mails';
import { newPerson, opened } from './people';

const reason = reasonToSkip ?? reasonForNoMails;

/** From signing up to the dashboard and out again: no test here uses a mouse, or gives anything the focus by itself. */
describe.skipIf(reason !== undefined)(`by the keyboard alone${becauseOf(reason)}`, () => {
  const person = newPerson();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let keys: Keyboard;
  let trouble: string[];

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const field = (name: string) => page.getByRole('textbox', { name, exact: true });
  /** Goes there, where the focus must be plain to see. */
  const seen = async (target: Locator): Promise<void> => {
    await keys.focus(target);
    // The ring fades in.
    await expect.poll(() => keys.isSeen(), { message: String(target) }).toBe(true);
  };

  beforeAll(async () => {
    browser = await launch();
    ({ context, page } = await newDevice(browser));
    await page.setViewportSize({ width: 1440, height: 900 });
    trouble = watchForTrouble(page);
    keys = new Keyboard(page);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await context?.close();
    await browser?.close();
  });

  test('somebody signs up and confirms the address', async () => {
    await page.goto('/sign-up');
    await opened(page, 'Create your account');
    await keys.type(field('Your name'), person.name);
    await keys.type(field('E-mail'), person.email);
    await keys.type(page.getByLabel('Password', { exact: true }), person.password);
    await keys.press(button('Show the password'));
    expect(await field('Password').inputValue()).toBe(person.password);
    await seen(button('Create account'));
    await page.keyboard.press('Enter');
    await opened(page, 'Check your mail');
    const { code } = await mailTo(person.email, 'verify-email');
    await keys.type(page.getByLabel('Digit 1 of 6'), code ?? '');
    await opened(page, 'Your address is confirmed');
    await keys.press(page.getByRole('link', { name: 'Continue' }));
    await opened(page, 'Hello, Ada');
    await keys.press(page.getByRole('link', { name: 'Go on' }));
    await opened(page, 'Tell us about you');
  });

  test('goes through the steps', async () => {
    await keys.type(field('Job title'), 'Mathematician');
    await seen(field('Job title'));
    const country = page.getByRole('combobox', { name: 'Country' });
    await keys.type(country, 'united king');
    await page.getByRole('option', { name: 'United Kingdom' }).waitFor();
    expect(await look(page, '120-keys-country')).toEqual([]);
    await keys.focus(country);
    await page.keyboard.press('Enter');
    await expect.poll(() => country.inputValue()).toBe('United Kingdom');
    await keys.press(button('Continue'));

    await opened(page, 'Where do you work?');
    await keys.type(field('Name'), 'Analytical Engines');
    await keys.tick(page.getByRole('radio', { name: 'Just me' }));
    await page.keyboard.press('ArrowRight');
    const size = page.getByRole('radio', { name: '2 to 10 people' });
    expect(await size.isChecked()).toBe(true);
    await seen(size);
    const role = page.getByRole('combobox', { name: 'Your role' });
    await keys.press(role);
    const engineering = page.getByRole('option', { name: 'Engineering' });
    await engineering.waitFor();
    expect(await look(page, '121-keys-role')).toEqual([]);
    for (let steps = 0; steps < 12; steps += 1) {
      if ((await engineering.getAttribute('data-combobox-selected')) === 'true') break;
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
    expect(await role.inputValue()).toBe('Engineering');
    await keys.press(button('Continue'));

    await opened(page, 'Make it yours');
    const updates = page.getByLabel('Product updates');
    await keys.tick(updates);
    expect(await updates.isChecked()).toBe(true);
    await seen(updates);
    await keys.press(button('Continue'));

    await opened(page, 'One last look');
    const terms = page.getByLabel(/accept the terms/);
    await keys.tick(terms);
    await seen(terms);
    await keys.press(button('Finish'));
    await opened(page, 'You made it, Ada');
  });

  test('uses the dashboard, the menu and the account, and goes', async () => {
    await keys.press(page.getByRole('link', { name: 'Protect your log-in by a second step' }));
    await opened(page, 'Your account');
    await page.goBack();
    const menu = page.getByRole('button', { name: /Account of/ });
    await seen(menu);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Account' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => menu.evaluate((each) => each === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await seen(button('Log out'));
    await page.keyboard.press('Enter');
    await opened(page, 'Welcome back');
    expect(trouble).toEqual([]);
  });
});
