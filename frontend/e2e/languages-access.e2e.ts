import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { becauseOf, launch, reasonToSkip } from './browser';
import { shoot } from './looks';
import { mailTo, reasonForNoMails } from './mails';
import { newPerson } from './people';
import { totp } from './totp';
import { OTHER_LANGUAGES, Walk } from './walk';

const reason = reasonToSkip ?? reasonForNoMails;

/** What the tests of English look at closely is walked through in the other languages here. */
describe.skipIf(reason !== undefined).each(OTHER_LANGUAGES)(
  `getting in, in %s${becauseOf(reason)}`,
  (language) => {
    const person = newPerson();
    const walk = new Walk(language, [person]);
    let browser: Browser;
    let page: Page;

    const digits = (code: string) => page.locator('fieldset input').first().pressSequentially(code);

    beforeAll(async () => {
      browser = await launch();
    });

    beforeEach(async () => {
      page = await walk.takeDevice(browser);
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await shoot(page, `failed: ${language} ${task.name}`);
    });

    afterAll(async () => {
      await walk.leave();
      await browser?.close();
    });

    test('confirming the address, by digits and by links that are over', async () => {
      await walk.register(person);
      await digits('000000');
      await walk.text('These are not the digits of the newest mail. Check them, and try again.').waitFor();
      await walk.inspect('verify-wrong');
      await walk.button('Use another address').click();
      await walk.button('Send the mail there').click();
      await walk.text('Enter your password.').waitFor();
      await walk.inspect('other-address');
      await walk.button('Cancel').click();
      const { code, link } = await mailTo(person.email, 'verify-email');
      await digits(code ?? '');
      await walk.opened('Your address is confirmed');
      await walk.inspect('verified');
      await walk.go(link);
      await walk.opened('This link has done its work');
      await walk.inspect('link-used');
      await walk.go('/confirm-email#token=nobody-was-ever-sent-this');
      await walk.opened('This link does not work any more');
      await walk.inspect('link-expired');
      for (const name of ['terms', 'privacy']) {
        await walk.go(`/${name}`);
        await page.locator('article').waitFor();
        await walk.inspect(name);
      }
      expect(walk.found()).toEqual([]);
    });

    test('a forgotten password', async () => {
      await walk.go('/forgot-password');
      await walk.field('E-mail').fill(person.email);
      await walk.button('Send the link').click();
      await walk.opened('Check your mail');
      await walk.inspect('forgot-sent');
      const { link } = await mailTo(person.email, 'reset-password');
      await walk.go(link);
      await walk.opened('Choose a new password');
      await page.locator('input[type="password"]').fill('kurz');
      await walk.button('Change the password').click();
      await page.locator('input[aria-invalid="true"]').waitFor();
      await walk.inspect('new-password');
      person.password = 'difference engine 1822';
      await page.locator('input[type="password"]').fill(person.password);
      await walk.button('Change the password').click();
      await walk.opened('Welcome back');
      await walk.inspect('password-changed');
      await walk.go(link);
      await page.locator('input[type="password"]').fill(person.password);
      await walk.button('Change the password').click();
      await walk.opened('This link was used before');
      await walk.inspect('reset-used');
      expect(walk.found()).toEqual([]);
    });

    let secret = '';
    let recoveryCode = '';

    test('a second step is set up', async () => {
      await walk.givePassword(person);
      await walk.opened('Tell us about you');
      await walk.go('/account');
      await walk.button('Set it up').click();
      await page.locator('code').waitFor();
      secret = (await page.locator('code').innerText()).replaceAll(' ', '');
      await digits('000000');
      await walk
        .text('These digits are not right, or were used before. Wait for the next ones, and try again.')
        .waitFor();
      await walk.inspect('totp-wrong');
      await digits(totp(secret, -1));
      await page.getByRole('heading', { name: walk.say('Your recovery codes') }).waitFor();
      recoveryCode = await page.locator('ol code').first().innerText();
      await walk.inspect('recovery-codes');
      await walk.button('I have kept them').click();
      await walk.text('None: each log-in asks for a code.').waitFor();
      await walk.inspect('totp-on');
      expect(walk.found()).toEqual([]);
    });

    test('the second step, a remembered device, and the end of the account', async () => {
      await walk.givePassword(person);
      await walk.opened('One more proof');
      await walk.inspect('second-step');
      await walk.button('Use a recovery code').click();
      await walk.button('Log in').click();
      await walk.text('A recovery code has 24 letters and digits.').waitFor();
      await walk.inspect('second-step-recovery');
      await walk.button('Use the authenticator app').click();
      await page.getByLabel(walk.say('Remember this device for 30 days')).check();
      await digits(totp(secret));
      await walk.button('Log in').click();
      await walk.opened('Tell us about you');
      await walk.go('/account');
      await page.getByRole('list', { name: walk.say('Remembered devices') }).waitFor();
      await walk.inspect('remembered');
      await walk.button('Forget all of them').click();
      await walk.text('None: each log-in asks for a code.').waitFor();
      await walk.button('Close my account').click();
      await walk.button('Close it').click();
      await walk.text('Enter your password.').waitFor();
      await walk.inspect('close');
      await page.getByLabel(walk.say('Your password, to close the account')).fill(person.password);
      await walk.button('Close it').click();
      await walk.opened('Welcome back');
      await walk.inspect('closed');
      await walk.givePassword(person);
      await walk.button('Use a recovery code').click();
      await walk.field('Recovery code').fill(recoveryCode);
      await walk.button('Log in').click();
      await walk.opened('You have closed your account');
      await walk.inspect('closing');
      expect(walk.found()).toEqual([]);
    });
  },
);
