import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newAdmin, reasonForNoAdmins } from './admins';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { logIn, newPerson, opened, register, signUp } from './people';

const reason = reasonToSkip ?? reasonForNoAdmins;

describe.skipIf(reason !== undefined)(`the admin area${becauseOf(reason)}`, () => {
  const ada = newPerson();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];

  const table = (name: string) => page.getByRole('table', { name });
  const dialog = () => page.getByRole('dialog');
  const go = (name: string) =>
    page.getByRole('navigation', { name: 'Admin area' }).getByRole('link', { name }).click();

  beforeAll(async () => {
    browser = await launch();
    const other = await newDevice(browser);
    await signUp(other.page, ada);
    await other.context.close();
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    await logIn(page, newAdmin());
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await context?.close();
    await browser?.close();
  });

  test('is not there for others', async () => {
    const other = await newDevice(browser);
    await register(other.page, newPerson());
    await other.page.goto('/admin/people');
    await opened(other.page, 'The path ends here');
    expect(await other.page.getByRole('navigation', { name: 'Admin area' }).count()).toBe(0);
    await other.context.close();
  });

  test('is led to by the menu, and lists people', async () => {
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('link', { name: 'Admin area' }).click();
    await opened(page, 'People');
    await table('People').getByRole('link', { name: 'Grace Hopper' }).first().waitFor();
    expect(await look(page, '80-people')).toEqual([]);
  });

  test('finds somebody, and the address keeps what was asked', async () => {
    await page.getByLabel('Address or name').fill(ada.email);
    await expect.poll(() => page.url()).toContain(`q=${encodeURIComponent(ada.email)}`);
    await page.getByText('1 in all').waitFor();
    await page.reload();
    await page.getByText('1 in all').waitFor();
    expect(await page.getByLabel('Address or name').inputValue()).toBe(ada.email);
    await table('People').getByRole('link', { name: ada.name }).click();
    await opened(page, ada.name);
    await page.getByText('Account made').waitFor();
    expect(await look(page, '81-person')).toEqual([]);
  });

  test('suspends somebody for a reason, by the keyboard alone, and takes it back', async () => {
    await page.getByRole('button', { name: 'Suspend …' }).focus();
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    expect(await look(page, '82-suspend')).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Suspend …');
    await page.keyboard.press('Enter');
    await dialog().getByLabel('Why?').focus();
    await page.keyboard.type('sends spam');
    await page.keyboard.press('Enter');
    await page.getByText('The account is suspended').waitFor();
    await page.getByRole('button', { name: 'Restore …' }).waitFor();
    expect(await look(page, '83-suspended')).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('The account can be used again.').waitFor();
    await page.getByText('Reason: Taken back: sends spam').waitFor();
  });

  test('has all of it in the audit log', async () => {
    await page.getByRole('link', { name: 'All of it in the audit log' }).click();
    await opened(page, 'Audit log');
    await table('Audit log').getByText('The account was suspended').waitFor();
    await page.getByLabel('What').selectOption('user.suspended');
    await page.getByText('1 in all').waitFor();
    expect(await look(page, '84-audit')).toEqual([]);
  });

  test('counts how far people are, by step and by week', async () => {
    await go('Funnel');
    await opened(page, 'Funnel');
    await page.getByRole('heading', { name: 'Step by step: Everybody' }).waitFor();
    await page.getByLabel('Tell apart by').selectOption('week');
    await page.getByRole('heading', { name: 'By week of registration' }).waitFor();
    await page
      .getByRole('button', { name: /^\d{4}-W\d{2}$/ })
      .first()
      .click();
    await page.getByRole('heading', { name: /Step by step: \d{4}-W/ }).waitFor();
    expect(await look(page, '85-funnel')).toEqual([]);
  });

  test('shows mails that were sent, to whom and when', async () => {
    await go('Mails');
    await opened(page, 'Mails');
    await page.getByLabel('State').selectOption('sent');
    await table('Mails').getByRole('link', { name: ada.email }).first().waitFor();
    expect(await look(page, '86-mails')).toEqual([]);
  });

  test('says where nothing is: no event, no claim', async () => {
    await go('Webhooks');
    await page.getByText('Nothing was written yet.').waitFor();
    expect(await look(page, '87-webhooks')).toEqual([]);
    await go('Domains');
    await page.getByText('No claim waits.').waitFor();
    expect(await look(page, '88-domains')).toEqual([]);
  });

  test('shows the cluster as it runs, and what each instance has answered', async () => {
    await go('Cluster');
    await opened(page, 'Cluster');
    const instances = page.getByRole('region', { name: 'Instances' });
    await instances.getByRole('heading', { name: 'backend-1' }).waitFor();
    await expect.poll(() => instances.getByText('Takes traffic').count()).toBeGreaterThan(0);
    await instances
      .getByText(/\d+ of \d+ in use/)
      .first()
      .waitFor();
    await page
      .getByRole('img', { name: /^Requests\. all: [\d.]+\/s now/ })
      .first()
      .waitFor();
    await page.getByLabel('Over the last').selectOption('60');
    await expect.poll(() => page.url()).toContain('minutes=60');
    await page.getByLabel('Over the last').selectOption('5');
    expect(await look(page, '89-cluster')).toEqual([]);
    expect(trouble).toEqual([]);
  });
});
