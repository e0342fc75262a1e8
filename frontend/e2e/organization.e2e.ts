import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look, shoot } from './looks';
import { mailTo, reasonForNoMails } from './mails';
import { newPerson, opened, signUp } from './people';
import { finish } from './shortcuts';

const reason = reasonToSkip ?? reasonForNoMails;

describe.skipIf(reason !== undefined)(`the dashboard and the organization${becauseOf(reason)}`, () => {
  const ada = newPerson();
  const grace = newPerson('Grace Hopper');
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];

  const region = (name: string) => page.getByRole('region', { name });

  beforeAll(async () => {
    browser = await launch();
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    await signUp(page, ada);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('the dashboard has tasks, the organization and what was told', async () => {
    await finish(ada);
    await page.goto('/');
    await opened(page, 'Hello, Ada');
    await region('First tasks').getByRole('link', { name: 'Invite a colleague' }).waitFor();
    await region('Analytical Engines').getByText('1 member · You are an owner.').waitFor();
    await region('What you told us').getByText('Mathematician').waitFor();
    await page.getByText('Nobody is invited so far.').waitFor();
    expect(await look(page, '90-dashboard')).toEqual([]);
  });

  test('a colleague is invited from there', async () => {
    const card = region('Analytical Engines');
    await card.getByLabel('E-mail of a colleague').fill(grace.email);
    await card.getByRole('button', { name: 'Invite' }).click();
    await card.getByText('A mail is on its way to').waitFor();
    await card.getByText('Invited. The link works until').waitFor();
    expect(await look(page, '91-invited')).toEqual([]);
    await card.getByRole('button', { name: /^Send again:/ }).click();
    await card.getByText('Wait ten minutes').waitFor();
  });

  test('whoever comes by the invitation finds the step of the organization done', async () => {
    const { link } = await mailTo(grace.email, 'invitation');
    const other = await newDevice(browser);
    await other.page.goto(link);
    await opened(other.page, 'Join Analytical Engines');
    await other.page.getByLabel('Your name').fill(grace.name);
    await other.page.getByLabel('Password', { exact: true }).fill(grace.password);
    await other.page.getByRole('button', { name: 'Create account and join' }).click();
    await opened(other.page, 'Tell us about you');
    await other.page.getByRole('link', { name: /Organization/ }).click();
    await other.page.getByText('You belong to Analytical Engines').waitFor();
    expect(await look(other.page, '92-joined')).toEqual([]);
    await other.page.getByRole('link', { name: 'Continue' }).click();
    await opened(other.page, 'Make it yours');
    await other.context.close();
  });

  test('the organization’s page shows who joined, and what an owner can do', async () => {
    await page.reload();
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('link', { name: 'Your organization' }).click();
    await opened(page, 'Your organization');
    await region('Invite colleagues').getByText('Joined', { exact: true }).waitFor();
    await region('Members').getByText('Grace Hopper').waitFor();
    expect(await look(page, '93-organization')).toEqual([]);
    await page.getByRole('button', { name: 'Change what Grace Hopper may do' }).click();
    await page.getByRole('dialog', { name: 'Grace Hopper' }).waitFor();
    expect(await look(page, '94-member')).toEqual([]);
    await page.getByRole('button', { name: 'Make an owner' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => region('Members').getByText('Owner', { exact: true }).count()).toBe(2);
    await page.getByRole('button', { name: 'Change what Grace Hopper may do' }).click();
    await page.getByRole('button', { name: 'Remove from the organization' }).click();
    expect(await look(page, '95-remove')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('a domain is claimed, and waits for an admin', async () => {
    const domains = region('Domains');
    await domains.getByLabel('Domain of your mail addresses').fill('gmail.com');
    await domains.getByRole('button', { name: 'Claim it' }).click();
    await domains.getByRole('alert').waitFor();
    await domains.getByLabel('Domain of your mail addresses').fill('example.com');
    await domains.getByRole('button', { name: 'Claim it' }).click();
    await domains.getByText('Claimed. An admin of this service looks at it').waitFor();
    expect(await look(page, '96-domain')).toEqual([]);
  });

  test('the ownership is passed on, after which the organization is left', async () => {
    await page.getByRole('button', { name: 'Change what Grace Hopper may do' }).click();
    await page.getByRole('button', { name: 'Pass my ownership on' }).click();
    await page.getByRole('button', { name: 'Pass it on' }).click();
    await page.getByText('You are a member of Analytical Engines.').waitFor();
    expect(await look(page, '97-as-member')).toEqual([]);
    await page.getByRole('button', { name: 'Leave the organization' }).click();
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByRole('button', { name: 'Make it' }).waitFor();
    expect(await look(page, '98-no-organization')).toEqual([]);
    expect(trouble).toEqual([]);
    await context.close();
  });
});
