import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, watchForTrouble } from './browser';
import { Cluster, reasonToSkip } from './cluster';
import { Keyboard } from './keyboard';
import { look, shoot } from './looks';
import { newPerson } from './people';
import { clipped, wordsIn } from './words';

const template = (name: string): string => readFileSync(join(import.meta.dirname, 'templates', name), 'utf8');

const PHONE = { width: 360, height: 740 };
const DESK = { width: 1440, height: 900 };

/** A template that the page has never seen: eight steps, all types of fields, conditions, two languages. */
describe.skipIf(reasonToSkip !== undefined)(`a template of one’s own${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let cluster: Cluster;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];
  let size = DESK;
  let findings: string[] = [];

  const opened = (name: string): Promise<void> =>
    page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

  async function takeDevice(locale: string, viewport: typeof DESK): Promise<void> {
    await context?.close();
    ({ context, page } = await newDevice(browser, locale, cluster.frontend));
    trouble = watchForTrouble(page);
    size = viewport;
    findings = [];
    await page.setViewportSize(size);
  }

  /** What axe finds on both sizes, in light and dark, and what is cut off on a phone. */
  async function inspect(name: string): Promise<void> {
    const cut = await clipped(page);
    findings.push(...cut.map((text) => `${name}: cut off: ${text}`), ...(await look(page, `t-${name}`)));
    await page.setViewportSize(size);
  }

  beforeAll(async () => {
    browser = await launch();
    cluster = await Cluster.start({ 'guided.v1.toml': template('guided.toml') });
  }, 120_000);

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await browser?.close();
    await cluster?.stop();
  }, 60_000);

  test('is walked in German, on a phone', async () => {
    await takeDevice('de-DE', PHONE);
    const say = wordsIn('de');
    const press = (name: string): Promise<void> =>
      page.getByRole('button', { name: say(name), exact: true }).click();
    await signUp(say);
    await opened('Zu Ihrer Person');
    await inspect('de-person');
    await press('Continue');
    await page.getByText(say('This is needed.')).waitFor();
    await page.getByRole('textbox', { name: 'Rufname' }).fill('Ada');
    await page.getByLabel('Geburtsdatum').fill('1815-12-10');
    await page.getByLabel('Ihre Geschichte').fill('Es war einmal, und das ist eine lange Geschichte.');
    await press('Continue');
    await page.getByText('Der früheste Tag ist der 1. Januar 1900.').waitFor();
    await inspect('de-person-errors');
    await page.getByLabel('Geburtsdatum').fill('1915-12-10');
    await page.getByLabel('Ihre Geschichte').fill('Es war einmal.');
    const home = page.getByRole('combobox', { name: 'Geburtsland' });
    await home.fill('deutschl');
    await page.getByRole('option', { name: 'Deutschland' }).click();
    await press('Continue');

    await opened('Ihre Arbeit');
    await page.getByRole('radio', { name: 'Selbständig' }).check();
    await page.getByRole('combobox', { name: 'Arbeitsgebiet' }).fill('Ver');
    await page.getByRole('option', { name: 'Vertrieb' }).click();
    await page.getByLabel('Jahre an Erfahrung').fill('81');
    await press('Continue');
    await page.getByText('Höchstens 80.').waitFor();
    await inspect('de-work');
    await page.getByLabel('Jahre an Erfahrung').fill('8');
    await press('Continue');

    await opened('Rechnungen');
    await page.getByLabel('Adresse für Rechnungen').fill('ada@example.com');
    await page.getByRole('radio', { name: 'Nein' }).check();
    await inspect('de-billing');
    await press('Continue');

    await opened('Fähigkeiten');
    await press('Skip for now');
    await opened('Ihr Team');
    await page.getByText('Schritt 6 von 7').waitFor();
    await inspect('de-team');
    await page.getByRole('radio', { name: say('2 to 10 people') }).check();
    await press('Continue');
    await opened('Hausordnung');
    await page.getByText('10. Dezember 1915').waitFor();
    await page.getByText('Vertrieb').waitFor();
    await inspect('de-rules');
    await page.getByRole('checkbox', { name: 'Ich halte die Hausordnung ein' }).check();
    await press('Finish');
    await page.getByText(say('First tasks')).waitFor();
    await page
      .getByText(/Fähigkeiten/)
      .first()
      .waitFor();
    await inspect('de-finished');
    expect([...findings, ...trouble]).toEqual([]);
  });

  test('is walked in English, by the keyboard alone', async () => {
    await takeDevice('en-GB', DESK);
    const keys = new Keyboard(page);
    await signUp((text) => text);
    await opened('About yourself');
    await inspect('en-person');
    await keys.type(page.getByRole('textbox', { name: 'Nickname' }), 'Ada');
    // Day and month alike: the browser asks for them in its own order.
    await keys.type(page.getByLabel('Date of birth'), '10101915');
    await keys.type(page.getByRole('combobox', { name: 'Country of birth' }), 'united king');
    await page.getByRole('option', { name: 'United Kingdom' }).waitFor();
    await page.keyboard.press('Enter');
    await keys.type(page.getByLabel('Your story'), 'Once upon a time');
    await keys.press(page.getByRole('button', { name: 'Continue', exact: true }));

    await opened('Your work');
    await keys.tick(page.getByRole('radio', { name: 'Employee' }));
    await keys.type(page.getByRole('textbox', { name: 'Employer' }), 'Analytical Engines');
    await inspect('en-work');
    await keys.focus(page.getByRole('radio', { name: 'Employee' }));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('textbox', { name: 'Employer' }).waitFor({ state: 'detached' });
    await keys.type(page.getByRole('combobox', { name: 'Area of work' }), 'weaving');
    await keys.press(page.getByRole('button', { name: 'Continue', exact: true }));

    await opened('Your studies');
    await page.getByText('Step 4 of 7').waitFor();
    await keys.type(page.getByRole('textbox', { name: 'Subject' }), 'Mathematics');
    await keys.press(page.getByRole('button', { name: 'Continue', exact: true }));

    await opened('Skills');
    for (const tool of ['Loom', 'Punched cards']) {
      await keys.tick(page.getByRole('checkbox', { name: tool }));
    }
    for (const country of ['Germany', 'France']) {
      await keys.type(page.getByRole('combobox', { name: 'Countries that you have worked in' }), country);
      await page.getByRole('option', { name: country }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: `Take away ${country}` }).waitFor();
    }
    await keys.press(page.getByRole('button', { name: 'Take away Germany' }));
    await keys.type(page.getByRole('textbox', { name: 'Your own site' }), 'engines.example');
    await keys.tick(page.getByRole('switch', { name: 'You may call me' }));
    await inspect('en-skills');
    await keys.press(page.getByRole('button', { name: 'Continue', exact: true }));

    await opened('Your team');
    await keys.tick(page.getByRole('radio', { name: 'Just me' }));
    await keys.press(page.getByRole('button', { name: 'Continue', exact: true }));
    await opened('House rules');
    const skills = page.getByRole('region', { name: 'Skills' });
    await skills.getByText('Loom and Punched cards').waitFor();
    await skills.getByText('France').waitFor();
    await skills.getByText('https://engines.example').waitFor();
    expect(await page.getByText('Analytical Engines').count()).toBe(0);
    await keys.press(page.getByRole('button', { name: 'Finish', exact: true }));
    await page.getByText('Please accept this to go on.').waitFor();
    await inspect('en-rules');
    await page.keyboard.press('Space');
    await keys.press(page.getByRole('button', { name: 'Finish', exact: true }));
    await opened('You made it, Ada');
    await inspect('en-finished');
    expect([...findings, ...trouble]).toEqual([]);
  });

  test('a new version that comes while one types loses no text', async () => {
    await takeDevice('en-GB', DESK);
    await signUp((text) => text);
    await opened('About yourself');
    await page.getByRole('textbox', { name: 'Nickname' }).fill('Countess');
    await page.getByLabel('Your story').fill('Once upon a time');
    await page.getByLabel('Date of birth').focus();
    await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
    // Somebody else has typed, and sends it only when the new version is there.
    const grace = await newDevice(browser, 'en-GB', cluster.frontend);
    await signUp((text) => text, grace.page);
    await grace.page.getByRole('textbox', { name: 'Nickname' }).fill('Amazing');
    await page.goto('/onboarding/skills');
    await page.getByRole('textbox', { name: 'Your own site' }).fill('engines.example');

    await cluster.rollOut({ 'guided.v2.toml': template('guided.v2.toml') });
    // The service understands the old name; the page goes on with what the new version asks.
    await grace.page.getByRole('button', { name: 'Continue' }).click();
    await grace.page.getByRole('heading', { level: 1, name: 'Your work' }).waitFor();
    expect(new URL(grace.page.url()).pathname).toBe('/onboarding/job');
    await grace.page.getByRole('link', { name: /About yourself/ }).click();
    const name = grace.page.getByRole('textbox', { name: 'What may we call you?' });
    await expect.poll(() => name.inputValue()).toBe('Amazing');
    expect(await grace.page.getByText('The questions have changed').count()).toBe(0);
    await grace.context.close();

    // Another device reads, and is moved by that.
    const other = await context.newPage();
    await other.goto('/onboarding/person');
    const called = other.getByRole('textbox', { name: 'What may we call you?' });
    await called.waitFor();
    expect(await called.inputValue()).toBe('Countess');
    expect(await other.getByLabel('Your story').inputValue()).toBe('Once upon a time');
    await called.fill('Ada');
    await called.press('Tab');
    await other.getByRole('status').filter({ hasText: 'Saved' }).waitFor();

    // The step is gone under the hands of whoever types in it: the text is there to be read.
    await page.bringToFront();
    await page.getByText('Skills: Your own site: “').waitFor();
    await page.getByText('engines.example').waitFor();
    await inspect('gone');
    await page.getByRole('link', { name: /About yourself/ }).click();
    await expect
      .poll(() => page.getByRole('textbox', { name: 'What may we call you?' }).inputValue())
      .toBe('Ada');
    await page.getByRole('button', { name: 'All right' }).click();
    expect(await page.getByText('engines.example').count()).toBe(0);
    expect([...findings, ...trouble]).toEqual([]);
  });

  async function signUp(say: (english: string) => string, on = page): Promise<void> {
    const person = newPerson();
    await on.goto('/sign-up');
    await on.getByRole('textbox', { name: say('Your name') }).fill(person.name);
    await on.getByRole('textbox', { name: say('E-mail') }).fill(person.email);
    await on.locator('input[type="password"]').fill(person.password);
    await on.getByRole('button', { name: say('Create account'), exact: true }).click();
    await on.getByRole('link', { name: say('Do this later'), exact: true }).click();
  }
});
