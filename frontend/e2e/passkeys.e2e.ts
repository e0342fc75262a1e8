import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, NAMED_URL, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { newPerson, opened, signUp } from './people';
import { clipped, type Spoken, untranslated, wordsIn } from './words';

/** An authenticator that Chromium has made up, as one that is built into the device. */
class VirtualAuthenticator {
  private readonly devtools: CDPSession;
  private readonly authenticatorId: string;

  private constructor(devtools: CDPSession, authenticatorId: string) {
    this.devtools = devtools;
    this.authenticatorId = authenticatorId;
  }

  static async plugIn(page: Page): Promise<VirtualAuthenticator> {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    });
    return new VirtualAuthenticator(devtools, authenticatorId);
  }

  /** Its owner touches the device at whatever the browser asks for during `act`; what it has asked for before stays open. */
  async touched(act: () => Promise<unknown>): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
    await act();
    await this.devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false });
  }

  /** Whether the device knows its owner. */
  async recognizes(isUserVerified: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  }
}

describe.skipIf(reasonToSkip !== undefined)(`passkeys${becauseOf(reasonToSkip)}`, () => {
  const person = newPerson();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];
  let device: VirtualAuthenticator;

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const passkeys = () => page.getByRole('region', { name: 'Passkeys' });
  const dialog = (name: string) => page.getByRole('dialog', { name });
  async function signOut(): Promise<void> {
    await page.getByRole('button', { name: /Account of/ }).click();
    await button('Log out').click();
    await opened(page, 'Welcome back');
    await page.locator('html[data-asked="conditional"]').waitFor({ state: 'attached' });
  }

  /** Has the browser ask for a passkey, which signs. */
  async function signByButton(): Promise<void> {
    const signed = page.waitForRequest(
      (request) => request.method() === 'POST' && request.url().endsWith('/api/auth/login/passkey'),
    );
    await button('Log in with a passkey').click();
    await signed;
  }

  beforeAll(async () => {
    browser = await launch();
    ({ context, page } = await newDevice(browser, 'en-GB', NAMED_URL));
    trouble = watchForTrouble(page);
    await context.addInitScript(noteQuestions);
    device = await VirtualAuthenticator.plugIn(page);
    await signUp(page, person);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('one is added, and named', async () => {
    await page.goto('/account');
    await passkeys().getByText('You have none yet.').waitFor();
    expect(await look(page, '110-no-passkeys')).toEqual([]);
    await device.touched(async () => {
      await button('Add a passkey').click();
      await dialog('Your passkey is ready').waitFor();
    });
    expect(await look(page, '111-passkey-name')).toEqual([]);
    await page.getByLabel('Name of the passkey').fill('My laptop');
    await dialog('Your passkey is ready').getByRole('button', { name: 'Save' }).click();
    await passkeys().getByText('My laptop').waitFor();
    await passkeys().getByText('Not used yet').waitFor();
    expect(await look(page, '112-passkeys')).toEqual([]);
  });

  test('a device that has one makes no other', async () => {
    await device.touched(async () => {
      await button('Add a passkey').click();
      await passkeys().getByText('This device has a passkey of your account already.').waitFor();
    });
    expect(await look(page, '113-passkey-known')).toEqual([]);
  });

  test('logs in by the button, without address and password', async () => {
    await signOut();
    await button('Log in with a passkey').waitFor();
    expect(await look(page, '114-log-in')).toEqual([]);
    await device.touched(signByButton);
    await opened(page, 'Tell us about you');
    await page.goto('/account');
    await passkeys()
      .getByText(/^Last used/)
      .waitFor();
  });

  test('does not log in where the device does not recognize its owner', async () => {
    await signOut();
    await device.recognizes(false);
    await device.touched(async () => {
      await button('Log in with a passkey').click();
      await page.getByText(/^No passkey was used/).waitFor();
    });
    expect(await look(page, '115-not-used')).toEqual([]);
    await device.recognizes(true);
  });

  test('logs in by the suggestions of the field for the address', async () => {
    expect(await page.getByLabel('E-mail').getAttribute('autocomplete')).toBe('username webauthn');
    await device.touched(async () => {
      await page.reload();
      await opened(page, 'Tell us about you');
    });
  });

  test('is a proof where a sensitive call wants one', async () => {
    await page.goto('/account');
    await refuseOnce(page, '**/api/auth/passkeys/*');
    await button('Remove My laptop').click();
    await dialog('Remove My laptop?').waitFor();
    expect(await look(page, '116-remove')).toEqual([]);
    await button('Remove it').click();
    await dialog('Is it you?')
      .getByText(/^Your device asks who you are/)
      .waitFor();
    expect(await look(page, '117-step-up')).toEqual([]);
    await device.touched(async () => {
      await button('Go on').click();
      await passkeys()
        .getByText(/^My laptop does not log you in any more/)
        .waitFor();
    });
    expect(await look(page, '118-removed')).toEqual([]);
  });

  test('that was removed is refused', async () => {
    await signOut();
    await device.touched(signByButton);
    await page.getByText(/^No account has this passkey any more/).waitFor();
    expect(await look(page, '119-refused')).toEqual([]);
    expect(trouble).toEqual([]);
    await context.close();
  });

  test.each<Spoken>(['de', 'pseudo'])('all of that is written in %s', async (language) => {
    const say = wordsIn(language);
    const somebody = newPerson();
    const names = ['Waymark', 'English', 'Deutsch', somebody.email, somebody.name, 'Ada', 'Chrome', 'Linux'];
    const there = await newDevice(browser, 'en-GB', NAMED_URL);
    const named = (name: string) => there.page.getByRole('button', { name: say(name), exact: true });
    const findings: string[] = [];
    const inspect = async (name: string): Promise<void> => {
      findings.push(
        ...(await untranslated(there.page, language, names)),
        ...(await clipped(there.page)),
        ...(await look(there.page, `12-${language}-${name}`)),
      );
    };
    const laptop = await VirtualAuthenticator.plugIn(there.page);
    await there.page.goto(`/sign-up?lang=${language}`);
    await there.page.getByRole('textbox', { name: say('Your name') }).fill(somebody.name);
    await there.page.getByRole('textbox', { name: say('E-mail') }).fill(somebody.email);
    await there.page.locator('input[type="password"]').fill(somebody.password);
    await named('Create account').click();
    await there.page.getByRole('heading', { level: 1, name: say('Check your mail') }).waitFor();
    await there.page.goto('/account');
    await laptop.touched(async () => {
      await named('Add a passkey').click();
      await there.page.getByRole('dialog', { name: say('Your passkey is ready') }).waitFor();
    });
    await inspect('name');
    await named('Not now').click();
    await laptop.touched(async () => {
      await named('Add a passkey').click();
      await there.page.getByText(say('This device has a passkey of your account already.')).waitFor();
    });
    await inspect('list');
    await there.page.locator('header [aria-haspopup="dialog"]').click();
    await named('Log out').click();
    await named('Log in with a passkey').waitFor();
    await inspect('log-in');
    expect(findings).toEqual([]);
    await there.context.close();
  });
});

/** The service answers the next call to remove something as it does where the last proof is too old. */
async function refuseOnce(page: Page, url: string): Promise<void> {
  await page.route(
    url,
    (route) =>
      route.request().method() === 'DELETE'
        ? route.fulfill({
            status: 403,
            contentType: 'application/problem+json',
            body: JSON.stringify({
              code: 'step_up_required',
              status: 403,
              step_up: { acr: 'aal1', max_age: 900, factors: ['password', 'passkey'] },
            }),
          })
        : route.fallback(),
    { times: 1 },
  );
}

/** Runs in the page: notes how the browser was last asked for a passkey, `conditional` or `optional`. */
function noteQuestions(): void {
  const ask = navigator.credentials.get.bind(navigator.credentials);
  navigator.credentials.get = (options) => {
    document.documentElement.dataset['asked'] = options?.mediation ?? 'optional';
    return ask(options);
  };
}
