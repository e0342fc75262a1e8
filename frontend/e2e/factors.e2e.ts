import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { newPerson, opened, signUp } from './people';
import { totp } from './totp';

describe.skipIf(reasonToSkip !== undefined)(`the second step of the log-in${becauseOf(reasonToSkip)}`, () => {
  const person = newPerson();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];
  let secret = '';
  let recoveryCodes: string[] = [];

  const type = (on: Page, code: string) => on.getByLabel('Digit 1 of 6').pressSequentially(code);
  async function givePassword(on: Page): Promise<void> {
    await on.goto('/log-in');
    await on.getByLabel('E-mail').fill(person.email);
    await on.getByLabel('Password', { exact: true }).fill(person.password);
    await on.getByRole('button', { name: 'Log in' }).click();
  }

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

  test('is set up by a QR code or its key, and brings ten recovery codes', async () => {
    await page.goto('/account');
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
    secret = (await page.locator('code').innerText()).replaceAll(' ', '');
    expect(await look(page, '80-totp')).toEqual([]);
    await type(page, '000000');
    await page.getByText('These digits are not right').waitFor();
    expect(await look(page, '81-totp-wrong')).toEqual([]);
    await type(page, totp(secret, -1));
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
    expect(await look(page, '82-recovery-codes')).toEqual([]);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    recoveryCodes = readFileSync(await file.path(), 'utf8').match(/^[0-9A-Z-]{29}$/gm) ?? [];
    expect(recoveryCodes).toHaveLength(10);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Print' }).isVisible()).toBe(false);
    expect(await page.getByText(recoveryCodes[0] ?? '').isVisible()).toBe(true);
    await expect.poll(() => page.getByRole('heading', { level: 1 }).isVisible()).toBe(false);
    await page.emulateMedia({ media: null });
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByText('10 of 10 left').waitFor();
    expect(await look(page, '83-totp-on')).toEqual([]);
  });

  test('is asked for on another device, which is remembered where one wants', async () => {
    const other = await newDevice(browser);
    await givePassword(other.page);
    await opened(other.page, 'One more proof');
    expect(await look(other.page, '84-second-step')).toEqual([]);
    await other.page.getByLabel('Remember this device for 30 days').check();
    await type(other.page, totp(secret));
    await other.page.getByRole('button', { name: 'Log in' }).click();
    await opened(other.page, 'Tell us about you');
    await other.page.getByRole('button', { name: /Account of/ }).click();
    await other.page.getByRole('button', { name: 'Log out' }).click();
    await givePassword(other.page);
    await opened(other.page, 'Tell us about you');
    // It knows itself in the list; elsewhere it is one of many, and can be forgotten.
    await other.page.goto('/account');
    const remembered = (on: Page) =>
      on.getByRole('list', { name: 'Remembered devices' }).getByRole('listitem');
    await remembered(other.page).getByText('This device').waitFor();
    expect(await look(other.page, '84-remembered')).toEqual([]);
    await page.reload();
    await remembered(page).first().waitFor();
    expect(await remembered(page).getByText('This device').count()).toBe(0);
    await remembered(page)
      .getByRole('button', { name: /^Forget Chrome/ })
      .click();
    await page.getByText('None: each log-in asks for a code.').waitFor();
    await other.page.getByRole('button', { name: /Account of/ }).click();
    await other.page.getByRole('button', { name: 'Log out' }).click();
    await givePassword(other.page);
    await opened(other.page, 'One more proof');
    await other.context.close();
  });

  test('a recovery code does as well, once', async () => {
    const other = await newDevice(browser);
    const give = async (): Promise<void> => {
      await givePassword(other.page);
      await other.page.getByRole('button', { name: 'Use a recovery code' }).click();
      await other.page.getByLabel('Recovery code').fill(recoveryCodes[0]?.toLowerCase() ?? '');
      await other.page.getByRole('button', { name: 'Log in' }).click();
    };
    await give();
    await opened(other.page, 'Tell us about you');
    await other.page.getByRole('button', { name: /Account of/ }).click();
    await other.page.getByRole('button', { name: 'Log out' }).click();
    await opened(other.page, 'Welcome back');
    await give();
    await other.page.getByText('This recovery code is not right, or was used before.').waitFor();
    expect(await look(other.page, '85-recovery-code')).toEqual([]);
    await other.context.close();
  });

  test('a sensitive call asks for a proof in a session of the password alone, and then goes on', async () => {
    const other = await newDevice(browser);
    const troubleThere = watchForTrouble(other.page);
    await page.getByRole('button', { name: 'Switch it off' }).click();
    expect(await look(page, '86-switch-off')).toEqual([]);
    await page.getByRole('button', { name: 'Yes, switch it off' }).click();
    await page.getByText('It is switched off.').waitFor();
    await givePassword(other.page);
    await opened(other.page, 'Tell us about you');
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
    secret = (await page.locator('code').innerText()).replaceAll(' ', '');
    await type(page, totp(secret, -1));
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await other.page.goto('/account');
    await other.page.getByRole('button', { name: 'New recovery codes' }).click();
    const dialog = other.page.getByRole('dialog', { name: 'Is it you?' });
    await dialog.waitFor();
    expect(await look(other.page, '87-step-up')).toEqual([]);
    await other.page.keyboard.press('Escape');
    await other.page.getByText('Nothing was changed').waitFor();
    await other.page.getByRole('button', { name: 'New recovery codes' }).click();
    await type(other.page, totp(secret));
    await other.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
    expect(troubleThere).toEqual([]);
    expect(trouble).toEqual([]);
    await other.context.close();
    await context.close();
  });
});
