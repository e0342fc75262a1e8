import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, reasonToSkip } from './browser';
import { shoot } from './looks';
import { mailTo, reasonForNoMails } from './mails';
import { newPerson } from './people';
import { finish } from './shortcuts';
import { OTHER_LANGUAGES, Walk } from './walk';

const reason = reasonToSkip ?? reasonForNoMails;

describe.skipIf(reason !== undefined).each(OTHER_LANGUAGES)(
  `the dashboard and the organization, in %s${becauseOf(reason)}`,
  (language) => {
    const people = [newPerson(), newPerson('Grace Hopper')] as const;
    const [ada, grace] = people;
    const [owner, colleague] = [new Walk(language, people), new Walk(language, people)];
    let browser: Browser;
    let page: Page;
    let invitation = '';

    beforeAll(async () => {
      browser = await launch();
      page = await owner.takeDevice(browser);
      await owner.register(ada);
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await shoot(page, `failed: ${language} ${task.name}`);
    });

    afterAll(async () => {
      await browser?.close();
    });

    test('the dashboard, and a colleague who is invited', async () => {
      await finish(ada);
      await owner.go('/');
      await owner.text('First tasks').waitFor();
      await owner.text('Nobody is invited so far.').waitFor();
      await owner.inspect('dashboard');
      await owner.field('E-mail of a colleague').fill('grace@');
      await owner.button('Invite').click();
      await owner.text('Use an address like name@example.com.').waitFor();
      await owner.inspect('dashboard-errors');
      await owner.field('E-mail of a colleague').fill(grace.email);
      await owner.button('Invite').click();
      await page.getByRole('list', { name: owner.say('Invitations') }).waitFor();
      await owner.inspect('invited');
      ({ link: invitation } = await mailTo(grace.email, 'invitation'));
      expect(owner.found()).toEqual([]);
    });

    test('the invitation, taken and over', async () => {
      const theirs = await colleague.takeDevice(browser);
      await colleague.go(invitation);
      await colleague.button('Create account and join').click();
      await colleague.text('Tell us your name.').waitFor();
      await colleague.inspect('invitation');
      await colleague.field('Your name').fill(grace.name);
      await theirs.locator('input[type="password"]').fill(grace.password);
      await colleague.button('Create account and join').click();
      await colleague.opened('Tell us about you');
      await colleague.go('/onboarding/organization');
      await colleague.link('Continue').waitFor();
      await colleague.inspect('joined');
      await colleague.go(invitation);
      await colleague.opened('This invitation has done its work');
      await colleague.inspect('invitation-used');
      expect(colleague.found()).toEqual([]);
    });

    test('the organization’s page and its questions', async () => {
      await owner.go('/organization');
      await owner.opened('Your organization');
      const members = page.getByRole('list', { name: owner.say('Members') });
      await members.getByText(grace.name).waitFor();
      await owner.button('Claim it').click();
      await owner.inspect('organization');
      await members.getByRole('button').first().click();
      await page.getByRole('dialog').waitFor();
      await owner.inspect('member');
      await owner.button('Pass my ownership on').click();
      await owner.button('Pass it on').waitFor();
      await owner.inspect('pass-on');
      await owner.button('Cancel').click();
      await owner.button('Remove from the organization').click();
      await owner.button('Remove').waitFor();
      await owner.inspect('remove');
      await owner.button('Remove').click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await owner.button('Leave the organization').click();
      await owner.button('Leave').waitFor();
      await owner.inspect('leave');
      await owner.button('Leave').click();
      await owner.button('Make it').click();
      await owner.text('What is your organization called?').waitFor();
      await owner.inspect('no-organization');
      expect(owner.found()).toEqual([]);
    });
  },
);
