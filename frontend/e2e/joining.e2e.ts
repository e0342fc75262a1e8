import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newAdmin, reasonForNoAdmins } from './admins';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look } from './looks';
import { mailTo, reasonForNoMails } from './mails';
import { logIn, newPerson, opened, register, signUp } from './people';
import { finish } from './shortcuts';

const reason = reasonToSkip ?? reasonForNoMails ?? reasonForNoAdmins;

describe.skipIf(reason !== undefined)(`joining by the mail domain${becauseOf(reason)}`, () => {
  const domain = `engines-${Date.now()}.example.org`;
  const ada = newPerson('Ada Lovelace', domain);
  const grace = newPerson('Grace Hopper', domain);
  let browser: Browser;
  let owner: Page;
  let colleague: Page;
  const trouble: string[][] = [];

  /** A page of its own for somebody. */
  async function newPage(): Promise<Page> {
    const { page } = await newDevice(browser);
    trouble.push(watchForTrouble(page));
    return page;
  }
  const offer = () => colleague.getByText('Has the domain of your address, and 1 member');
  async function seesNoOffer(): Promise<void> {
    const offers = colleague.waitForResponse((answer) => answer.url().endsWith('/api/organizations/offers'));
    await colleague.goto('/organization');
    await offers;
    await colleague.getByRole('button', { name: 'Make it' }).waitFor();
    expect(await offer().count()).toBe(0);
  }

  beforeAll(async () => {
    browser = await launch();
    owner = await newPage();
    colleague = await newPage();
    await signUp(owner, ada);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('an owner claims the domain of their address, and an admin approves it', async () => {
    await finish(ada);
    await owner.goto('/organization');
    const domains = owner.getByRole('region', { name: 'Domains' });
    expect(await domains.getByLabel('Domain of your mail addresses').inputValue()).toBe(domain);
    await domains.getByRole('button', { name: 'Claim it' }).click();
    await domains.getByText('Claimed. An admin of this service looks at it').waitFor();
    const admin = await newPage();
    await logIn(admin, newAdmin());
    await admin.goto('/admin/domains');
    await admin.getByRole('button', { name: `Approve ${domain} for Analytical Engines` }).click();
    await admin.getByLabel('Why?').fill('Their own domain');
    await admin.getByRole('button', { name: 'Approve it' }).click();
    await admin.getByText(`${domain} belongs to Analytical Engines now.`).waitFor();
    await owner.reload();
    await domains.getByText(/^Yours since/).waitFor();
  });

  test('a colleague is offered it once the address is confirmed, and joins without an invitation', async () => {
    await register(colleague, grace);
    await seesNoOffer();
    await colleague.goto('/verify-email');
    const { code } = await mailTo(grace.email, 'verify-email');
    await colleague.getByLabel('Digit 1 of 6').pressSequentially(code ?? '');
    await opened(colleague, 'Your address is confirmed');
    await colleague.goto('/onboarding/organization');
    await offer().waitFor();
    expect(await look(colleague, '99-offer')).toEqual([]);
    await colleague.getByRole('button', { name: 'Join', exact: true }).click();
    await opened(colleague, 'Make it yours');
    await colleague.goto('/onboarding/organization');
    await colleague.getByText('You belong to Analytical Engines').waitFor();
    await owner.reload();
    await owner.getByRole('region', { name: 'Members' }).getByText('Grace Hopper').waitFor();
  });

  test('whoever has an address elsewhere is offered nothing', async () => {
    const stranger = newPerson('Charles Babbage');
    colleague = await newPage();
    await register(colleague, stranger);
    const { code } = await mailTo(stranger.email, 'verify-email');
    await colleague.getByLabel('Digit 1 of 6').pressSequentially(code ?? '');
    await opened(colleague, 'Your address is confirmed');
    await seesNoOffer();
    expect(trouble.flat()).toEqual([]);
  });
});
