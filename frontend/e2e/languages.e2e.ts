import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { type Credentials, newPerson } from './people';
import { clipped, type Spoken, untranslated, wordsIn } from './words';

const LANGUAGES: Array<[Spoken, { lang: string; dir: string }]> = [
  ['en', { lang: 'en', dir: 'ltr' }],
  ['de', { lang: 'de', dir: 'ltr' }],
  ['pseudo', { lang: 'en-XA', dir: 'rtl' }],
];

/** Alike in every language: the product, its languages, and what people typed. */
const namesOf = (person: Credentials): string[] => [
  'Waymark',
  'English',
  'Deutsch',
  person.email,
  person.name,
  'Ada',
  'name@example.com',
  'https://',
  'Engines',
  'Chrome',
  'Linux',
];

describe.skipIf(reasonToSkip !== undefined).each(LANGUAGES)(
  `the journey in %s${becauseOf(reasonToSkip)}`,
  (language, html) => {
    const say = wordsIn(language);
    const person = newPerson();
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let trouble: string[];
    let findings: string[];

    const opened = (heading: string): Promise<void> =>
      page.getByRole('heading', { level: 1, name: say(heading), exact: true }).waitFor();
    const button = (name: string) => page.getByRole('button', { name: say(name), exact: true });
    const link = (name: string) => page.getByRole('link', { name: say(name), exact: true });
    const field = (name: string) => page.getByRole('textbox', { name: say(name) });

    /** No word of another language, nothing cut off, nothing that axe finds. */
    async function inspect(name: string): Promise<void> {
      const foreign = await untranslated(page, language, namesOf(person));
      const cut = await clipped(page);
      findings.push(
        ...foreign.map((text) => `${name}: not translated: ${text}`),
        ...cut.map((text) => `${name}: cut off: ${text}`),
        ...(await look(page, `8-${language}-${name}`)),
      );
    }

    beforeAll(async () => {
      browser = await launch();
      ({ context, page } = await newDevice(browser));
      trouble = watchForTrouble(page);
    });

    beforeEach(() => {
      findings = [];
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await shoot(page, `failed: ${language} ${task.name}`);
    });

    afterAll(async () => {
      await context?.close();
      await browser?.close();
    });

    test('signing up', async () => {
      await page.goto(`/sign-up?lang=${language}`);
      await opened('Create your account');
      expect(await page.locator('html').getAttribute('lang')).toBe(html.lang);
      expect(await page.locator('html').getAttribute('dir')).toBe(html.dir);
      await inspect('sign-up');
      await field('E-mail').fill('ada@');
      await page.locator('input[type="password"]').fill('short');
      await button('Create account').click();
      await page.getByText(say('Tell us your name.')).waitFor();
      await page.getByText(say('Use an address like name@example.com.')).waitFor();
      await inspect('sign-up-errors');
      await field('Your name').fill(person.name);
      await field('E-mail').fill(person.email);
      await page.locator('input[type="password"]').fill(person.password);
      await button('Create account').click();
      await opened('Check your mail');
      await inspect('verify');
      await link('Do this later').click();
      await opened('Tell us about you');
      expect([...findings, ...trouble]).toEqual([]);
    });

    test('the steps', async () => {
      await button('Continue').click();
      await page.getByText(say('Tell us what you do.')).waitFor();
      await inspect('profile-errors');
      await field('Job title').fill('Engines');
      const country = page.getByRole('combobox', { name: say('Country') });
      await country.click();
      await country.fill('united k');
      await page.getByRole('option').first().click();
      await button('Continue').click();
      await opened('Where do you work?');
      await button('Continue').click();
      await page.getByText(say('What is your organization called?')).waitFor();
      await inspect('organization-errors');
      await field('Name').fill('Engines');
      await page.getByRole('radio', { name: say('11 to 50 people') }).check();
      await page.getByRole('combobox', { name: say('Your role') }).click();
      await page.getByRole('option', { name: say('Engineering') }).click();
      await button('Continue').click();
      await opened('Make it yours');
      await inspect('preferences');
      await button('Skip for now').click();
      await opened('One last look');
      await inspect('review');
      expect([...findings, ...trouble]).toEqual([]);
    });

    test('the overview, before and after the end', async () => {
      await page.goto('/');
      await link('Go on').waitFor();
      await inspect('overview');
      await link('Go on').click();
      await opened('One last look');
      await page.getByRole('checkbox').check();
      await button('Finish').click();
      await page.getByText(say('First tasks')).waitFor();
      await inspect('finished');
      expect([...findings, ...trouble]).toEqual([]);
    });

    test('the account, and the way out', async () => {
      await page.goto('/account');
      await opened('Your account');
      await page.getByText(say('This device')).waitFor();
      await inspect('account');
      await page.locator('header [aria-haspopup="dialog"]').click();
      await inspect('menu');
      await button('Log out').click();
      await opened('Welcome back');
      await inspect('log-in');
      await link('Forgot your password?').click();
      await opened('Choose a new password');
      await inspect('forgot');
      await page.goto('/reset-password');
      await opened('This link is not complete');
      await inspect('reset');
      await page.goto('/nowhere');
      await opened('The path ends here');
      await inspect('not-found');
      expect([...findings, ...trouble]).toEqual([]);
    });
  },
);

describe.skipIf(reasonToSkip !== undefined)(`choosing a language${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('the browser’s language counts, then the choice, which the account takes to other devices', async () => {
    const person = newPerson();
    const here = await newDevice(browser, 'de-AT');
    const heading = (page: Page, name: string): Promise<void> =>
      page.getByRole('heading', { level: 1, name }).waitFor();
    await here.page.goto('/');
    await heading(here.page, 'Legen Sie Ihr Konto an');
    await here.page.getByLabel('Ihr Name').fill(person.name);
    await here.page.getByLabel('E-Mail').fill(person.email);
    await here.page.getByLabel('Passwort', { exact: true }).fill('kurz');
    await here.page.getByText('Noch 4 Zeichen.').waitFor();
    // What is in the form stays.
    await here.page.getByRole('button', { name: 'English' }).click();
    await heading(here.page, 'Create your account');
    await here.page.getByText('4 more characters to go.').waitFor();
    expect(await here.page.getByLabel('Your name').inputValue()).toBe(person.name);
    await here.page.reload();
    await heading(here.page, 'Create your account');
    await here.page.getByRole('button', { name: 'Deutsch' }).click();
    await here.page.getByLabel('Ihr Name').fill(person.name);
    await here.page.getByLabel('E-Mail').fill(person.email);
    await here.page.getByLabel('Passwort', { exact: true }).fill(person.password);
    await here.page.getByRole('button', { name: 'Konto anlegen' }).click();
    await heading(here.page, 'Sehen Sie in Ihr Postfach');
    const there = await newDevice(browser, 'en-GB');
    await there.page.goto('/log-in');
    await there.page.getByLabel('E-mail').fill(person.email);
    await there.page.getByLabel('Password', { exact: true }).fill(person.password);
    await there.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await heading(there.page, 'Stellen Sie sich vor');
    await Promise.all([here.context.close(), there.context.close()]);
  });

  test('a visitor loads the words of one language', async () => {
    const { context, page } = await newDevice(browser, 'de-DE');
    const words: string[] = [];
    page.on('request', (request) => {
      const name = /words-\w+-\w+/.exec(request.url())?.[0];
      if (name) words.push(name);
    });
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Legen Sie Ihr Konto an' }).waitFor();
    expect(words).toEqual(['words-main-de']);
    await context.close();
  });
});
