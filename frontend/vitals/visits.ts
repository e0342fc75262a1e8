import type { Page } from 'playwright-core';
import { newPerson, opened, register } from '../e2e/people';

/** One page of a person's way: its address, when it is there, and what a person does on it. */
export interface Visit {
  path: string;
  heading: string;
  use?: (page: Page) => Promise<void>;
}

const PERSON = newPerson();

/** Pages of somebody who is new. */
export const AS_A_STRANGER: Visit[] = [
  {
    path: '/sign-up',
    heading: 'Create your account',
    use: async (page) => {
      await page.getByLabel('Your name').click();
      await page.keyboard.type(PERSON.name);
      await page.getByLabel('E-mail').click();
      await page.keyboard.type('ada@');
      await page.getByLabel('Password', { exact: true }).click();
      await page.keyboard.type('short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('Use at least 8 characters.').waitFor();
    },
  },
  {
    path: '/log-in',
    heading: 'Welcome back',
    use: async (page) => {
      await page.getByLabel('E-mail').click();
      await page.keyboard.type(PERSON.email);
      await page.getByLabel('Password', { exact: true }).click();
      await page.keyboard.type('not it');
    },
  },
];

/** Pages of somebody who is under way. */
export const AS_A_PERSON: Visit[] = [
  {
    path: '/onboarding/profile',
    heading: 'Tell us about you',
    use: async (page) => {
      await page.getByLabel('Job title').click();
      await page.keyboard.type('Mathematician');
      await page.getByRole('combobox', { name: 'Country' }).click();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type('united');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    },
  },
  {
    path: '/onboarding/organization',
    heading: 'Where do you work?',
    use: async (page) => {
      await page.getByRole('textbox', { name: 'Name' }).click();
      await page.keyboard.type('Analytical Engines');
      await page.getByRole('radio', { name: '11 to 50 people' }).check();
    },
  },
  { path: '/onboarding/preferences', heading: 'Make it yours' },
  { path: '/onboarding/review', heading: 'One last look' },
  { path: '/', heading: 'Hello, Ada' },
  { path: '/account', heading: 'Your account' },
];

/** Signs a new person up, the mail left for later. */
export async function begin(page: Page, site: string): Promise<void> {
  await register(page, newPerson(), site);
  await page.getByRole('link', { name: 'Do this later' }).click();
  await opened(page, 'Tell us about you');
}
