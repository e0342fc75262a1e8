import type { Page } from 'playwright-core';

export interface Credentials {
  name: string;
  email: string;
  password: string;
}

/** Somebody who never was here. */
export function newPerson(name = 'Ada Lovelace', domain = 'example.com'): Credentials {
  const unique = `${Date.now()}.${Math.floor(Math.random() * 1e6)}`;
  return {
    name,
    email: `${name.split(' ')[0]?.toLowerCase()}.${unique}@${domain}`,
    password: 'analytical engine 1843',
  };
}

export async function opened(page: Page, heading: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}

/** Up to the mail that is to be looked at; on another site than the one of the device, where that is given. */
export async function register(page: Page, person: Credentials, site = ''): Promise<void> {
  await page.goto(`${site}/sign-up`);
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await opened(page, 'Check your mail');
}

/** Up to the first step, the mail left for later. */
export async function signUp(page: Page, person: Credentials, step = 'Tell us about you'): Promise<void> {
  await register(page, person);
  await page.getByRole('link', { name: 'Do this later' }).click();
  await opened(page, step);
}

export async function logIn(page: Page, person: Credentials): Promise<void> {
  await page.goto('/log-in');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await opened(page, 'Tell us about you');
}

/** The word beside the buttons of a step that says whether its text is at the service. */
export async function saveWord(page: Page, word: string): Promise<void> {
  await page.getByRole('status').filter({ hasText: word }).waitFor();
}
