import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { newDevice, watchForTrouble } from './browser';
import { look } from './looks';
import type { Credentials } from './people';
import { clipped, type Spoken, untranslated, wordsIn } from './words';

/** Alike in every language: the product, its languages, what people typed, and what devices are called. */
const NAMES = [
  'Waymark',
  'English',
  'Deutsch',
  'name@example.com',
  'example.com',
  'https://',
  'Analytical Engines',
  'Engines',
  'Chrome',
  'Linux',
];

/** Beside English, in which each journey has a test of its own. */
export const OTHER_LANGUAGES: readonly Spoken[] = ['de', 'pseudo'];

/** A person's way through the page in one language: what is met is asked for by its English words. */
export class Walk {
  readonly say: (english: string) => string;
  private readonly language: Spoken;
  private readonly names: string[];
  private readonly findings: string[] = [];
  private trouble: string[] = [];
  private device: { context: BrowserContext; page: Page } | undefined;

  constructor(language: Spoken, people: readonly Credentials[]) {
    this.language = language;
    this.say = wordsIn(language);
    this.names = [
      ...people.flatMap(({ name, email }) => [email, name, name.split(' ')[0] ?? name]),
      ...NAMES,
    ];
  }

  /** Takes a device that has never been here, in the place of the one before. */
  async takeDevice(browser: Browser): Promise<Page> {
    await this.leave();
    this.device = await newDevice(browser);
    this.trouble = watchForTrouble(this.device.page);
    return this.page;
  }

  async leave(): Promise<void> {
    await this.device?.context.close();
    this.device = undefined;
  }

  get page(): Page {
    if (!this.device) throw new Error('no device was taken');
    return this.device.page;
  }

  /** Goes to a page, in the language. */
  async go(path: string): Promise<void> {
    const [before, fragment] = path.split('#');
    const language = `${before?.includes('?') ? '&' : '?'}lang=${this.language}`;
    await this.page.goto(before + language + (fragment === undefined ? '' : `#${fragment}`));
  }

  opened(heading: string): Promise<void> {
    return this.page.getByRole('heading', { level: 1, name: this.say(heading), exact: true }).waitFor();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name: this.say(name), exact: true });
  }

  link(name: string): Locator {
    return this.page.getByRole('link', { name: this.say(name), exact: true });
  }

  field(name: string): Locator {
    return this.page.getByRole('textbox', { name: this.say(name) });
  }

  region(name: string): Locator {
    return this.page.getByRole('region', { name: this.say(name), exact: true });
  }

  text(words: string): Locator {
    return this.page.getByText(this.say(words));
  }

  /** Notes every word of another language, whatever is cut off, and what axe finds. */
  async inspect(name: string): Promise<void> {
    const foreign = await untranslated(this.page, this.language, this.names);
    const cut = await clipped(this.page);
    this.findings.push(
      ...foreign.map((text) => `${name}: not translated: ${text}`),
      ...cut.map((text) => `${name}: cut off: ${text}`),
      ...(await look(this.page, `8-${this.language}-${name}`)).filter(
        (finding) => !this.isOfPadding(finding),
      ),
    );
  }

  /** The pseudo-locale makes each text longer by itself: what a button shows is no part then of what it is called in whole. */
  private isOfPadding(finding: string): boolean {
    return this.language === 'pseudo' && finding.includes('label-content-name-mismatch');
  }

  /** What was noted since the last time, and what is wrong on the console. */
  found(): string[] {
    return [...this.findings.splice(0), ...this.trouble];
  }

  /** Up to the mail that is to be looked at. */
  async register(person: Credentials): Promise<void> {
    await this.go('/sign-up');
    await this.field('Your name').fill(person.name);
    await this.field('E-mail').fill(person.email);
    await this.page.locator('input[type="password"]').fill(person.password);
    await this.button('Create account').click();
    await this.opened('Check your mail');
  }

  /** Address and password, and whatever is asked for after them. */
  async givePassword(person: Credentials): Promise<void> {
    await this.go('/log-in');
    await this.field('E-mail').fill(person.email);
    await this.page.locator('input[type="password"]').fill(person.password);
    await this.button('Log in').click();
  }
}
