import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { mailTo, reasonForNoMails } from './mails';
import { type Credentials, newPerson, opened, register, signUp } from './people';

const reason = reasonToSkip ?? reasonForNoMails;

describe.skipIf(reason !== undefined)(`what mails lead to${becauseOf(reason)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let person: Credentials;
  let trouble: string[];

  beforeAll(async () => {
    browser = await launch();
  });

  beforeEach(async () => {
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    person = newPerson();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
    await context.close();
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('the digits of the mail confirm the address right after signing up', async () => {
    await register(page, person);
    await opened(page, 'Check your mail');
    expect(await look(page, '30-verify')).toEqual([]);
    const first = page.getByLabel('Digit 1 of 6');
    await first.pressSequentially('000000');
    await page.getByText('These are not the digits of the newest mail.').waitFor();
    expect(await look(page, '31-verify-wrong')).toEqual([]);
    const { code } = await mailTo(person.email, 'verify-email');
    await page.evaluate(
      async (text) => {
        const data = new DataTransfer();
        data.setData('text/plain', text);
        const box = document.querySelector('[aria-label="Digit 3 of 6"]');
        box?.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
        );
      },
      `${code?.slice(0, 3)} ${code?.slice(3)}`,
    );
    await opened(page, 'Your address is confirmed');
    expect(await look(page, '32-verified')).toEqual([]);
    await page.getByRole('link', { name: 'Continue' }).click();
    await opened(page, 'Hello, Ada');
    expect(await page.getByText('not confirmed yet').count()).toBe(0);
  });

  test('the address is changed on the spot, and the overview reminds of it until it is confirmed', async () => {
    const other = newPerson('Adele Lovelace').email;
    await register(page, person);
    await page.getByRole('button', { name: 'Use another address' }).click();
    await page.getByLabel('New e-mail').fill(other);
    await page.getByLabel('Your password').fill(person.password);
    expect(await look(page, '33-other-address')).toEqual([]);
    await page.getByRole('button', { name: 'Send the mail there' }).click();
    await page.getByText(other).waitFor();
    await page.getByRole('link', { name: 'Do this later' }).click();
    await opened(page, 'Tell us about you');
    await page.goto('/');
    await page.getByText('Your address is not confirmed yet').waitFor();
    expect(await look(page, '34-reminder')).toEqual([]);
    const { link } = await mailTo(other, 'confirm-email');
    await page.goto(link);
    await opened(page, 'Your new address is confirmed');
    await page.getByRole('link', { name: 'Continue' }).click();
    await opened(page, 'Hello, Ada');
    expect(await page.getByText('not confirmed yet').count()).toBe(0);
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByText(other).waitFor();
    expect(trouble).toEqual([]);
  });

  test('the link confirms on a device where nobody is logged in, and a second time says that it was used', async () => {
    await signUp(page, person);
    const { link } = await mailTo(person.email, 'verify-email');
    const phone = await newDevice(browser);
    await phone.page.goto(link);
    await opened(phone.page, 'Your address is confirmed');
    await phone.page.getByRole('link', { name: 'Log in' }).waitFor();
    await phone.page.reload();
    await opened(phone.page, 'This link has done its work');
    expect(await look(phone.page, '35-link-used')).toEqual([]);
    await phone.page.goto('/verify-email#token=nobody-was-ever-sent-this');
    await opened(phone.page, 'This link does not work any more');
    expect(await look(phone.page, '36-link-expired')).toEqual([]);
    await phone.context.close();
  });

  test('already the first mail is in the language of the page', async () => {
    const german = await newDevice(browser, 'de-DE');
    await german.page.goto('/sign-up');
    await german.page.getByLabel('Ihr Name').fill(person.name);
    await german.page.getByLabel('E-Mail').fill(person.email);
    await german.page.getByLabel('Passwort', { exact: true }).fill(person.password);
    await german.page.getByRole('button', { name: 'Konto anlegen' }).click();
    const { text } = await mailTo(person.email, 'verify-email');
    expect(text).toContain('Code und Link gelten einmal');
    await german.context.close();
  });

  test('a forgotten password is replaced by the link of a mail, which works once', async () => {
    await signUp(page, person);
    const phone = await newDevice(browser);
    await phone.page.goto('/log-in');
    await phone.page.getByLabel('E-mail').fill(person.email);
    expect(await look(phone.page, '37-log-in')).toEqual([]);
    await phone.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await opened(phone.page, 'Choose a new password');
    expect(await phone.page.getByLabel('E-mail').inputValue()).toBe(person.email);
    expect(await look(phone.page, '38-forgot')).toEqual([]);
    await phone.page.getByRole('button', { name: 'Send the link' }).click();
    await opened(phone.page, 'Check your mail');
    expect(await look(phone.page, '39-forgot-sent')).toEqual([]);
    const { link } = await mailTo(person.email, 'reset-password');
    await phone.page.goto(link);
    await opened(phone.page, 'Choose a new password');
    await phone.page.getByLabel('New password').fill('difference engine 1822');
    expect(await look(phone.page, '40-reset')).toEqual([]);
    await phone.page.getByRole('button', { name: 'Change the password' }).click();
    await opened(phone.page, 'Welcome back');
    await phone.page.getByText('Your password is changed.').waitFor();
    await phone.page.getByLabel('E-mail').fill(person.email);
    await phone.page.getByLabel('Password', { exact: true }).fill('difference engine 1822');
    await phone.page.getByRole('button', { name: 'Log in' }).click();
    await opened(phone.page, 'Tell us about you');
    await phone.page.goto(link);
    await phone.page.getByLabel('New password').fill('once more, with feeling');
    await phone.page.getByRole('button', { name: 'Change the password' }).click();
    await opened(phone.page, 'This link was used before');
    expect(await look(phone.page, '41-reset-used')).toEqual([]);
    await phone.context.close();
  });

  test('a link that was cut off, and the address by which mails spell the log-in, lead on', async () => {
    await page.goto('/reset-password');
    await opened(page, 'This link is not complete');
    await page.getByRole('link', { name: 'Get a new link' }).click();
    await opened(page, 'Choose a new password');
    await page.goto('/login');
    await opened(page, 'Welcome back');
    expect(trouble).toEqual([]);
  });
});
