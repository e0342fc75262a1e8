import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { look } from './looks';

interface Document {
  paths: Record<string, Record<string, { operationId: string }>>;
}

describe.skipIf(reasonToSkip !== undefined)(`the API's own page${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];

  const call = (id: string): Locator => page.locator(`details#${id}`);

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    await page.goto('/api/docs');
    await page.getByRole('heading', { name: 'Accounts and sessions' }).waitFor();
  });

  afterEach(async () => {
    await context.close();
  });

  test('has an example with curl for every call', async () => {
    const document = (await (await page.request.get('/api/openapi.json')).json()) as Document;
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map((one) => one.operationId),
    );
    const examples = await page.evaluate(async (all: string[]) => {
      const nodes = all.map((id) => window.document.getElementById(id) as HTMLDetailsElement);
      for (const node of nodes) node.open = true;
      await new Promise((done) => setTimeout(done, 500));
      return nodes.map((node) => node.querySelector('pre')?.textContent ?? '');
    }, ids);
    expect(ids.length).toBeGreaterThan(60);
    const origin = new URL(page.url()).origin;
    const isGood = (example: string): boolean =>
      example.startsWith('curl ') &&
      example.includes(`'${origin}/`) &&
      !/[{](id|key|token|provider)[}]|undefined|null'/.test(example);
    expect(ids.filter((_, index) => !isGood(examples[index] ?? ''))).toEqual([]);
    expect(examples[ids.indexOf('login')]).toMatch(/--data '\{\s+"email": "[^"]+@/);
    expect(examples[ids.indexOf('me')]).toContain('--header "Authorization: Bearer $ACCESS_TOKEN"');
    expect(examples[ids.indexOf('put_step')]).toContain('--header "Idempotency-Key: $(uuidgen)"');
    expect(trouble).toEqual([]);
  });

  test('is searched, and each call and shape has an address', async () => {
    await page.getByRole('searchbox').fill('step_is_automatic');
    await page.getByText('1 call found').waitFor();
    await expect.poll(() => call('put_step').isVisible()).toBe(true);
    expect(await call('login').isVisible()).toBe(false);
    await page.goto('/api/docs#login');
    await page.getByRole('heading', { name: 'Accounts and sessions' }).waitFor();
    await call('login').getByRole('heading', { name: 'With curl' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.parentElement?.id)).toBe('login');
    expect(await call('login').evaluate((node) => node.getBoundingClientRect().top)).toBeLessThan(200);
    await call('login').getByRole('link', { name: 'Problem' }).first().click();
    await page.locator('details#shape-Problem').getByRole('heading', { name: 'Example' }).waitFor();
    expect(trouble).toEqual([]);
  });

  test('explains authentication, and looks well in each light and on each width', async () => {
    await page.getByRole('heading', { name: 'Authentication' }).waitFor();
    expect(await look(page, '50-api')).toEqual([]);
    await page.goto('/api/docs#put_step');
    await page.reload();
    await call('put_step').getByText('Try it').click();
    await call('put_step').getByRole('button', { name: 'Send' }).waitFor();
    expect(await look(page, '51-api-call')).toEqual([]);
    await page.goto('/api/docs#shape-OnboardingBody');
    await page.reload();
    await page.locator('details#shape-OnboardingBody').getByRole('heading', { name: 'Example' }).waitFor();
    expect(await look(page, '52-api-shape')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('tries calls out by keyboard, without a token and with one', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto('/api/docs#me');
    await page.reload();
    const form = call('me').locator('form');
    await call('me').getByText('Try it').focus();
    await page.keyboard.press('Enter');
    await form.getByRole('button', { name: 'Send' }).focus();
    await page.keyboard.press('Enter');
    await form.getByText(/^401 /).waitFor();
    await form.getByText('token_missing').waitFor();

    const email = `reader.${Date.now()}@example.com`;
    const password = 'analytical engine 1843';
    const data = { email, password, full_name: 'Ada Lovelace' };
    const registered = await page.request.post('/api/auth/register', { data });
    expect(registered.status()).toBe(201);
    await page.getByLabel('E-mail', { exact: true }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Logged in: the calls below are sent with your access token.').waitFor();
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByText(/^200 /).waitFor();
    expect(await form.locator('pre').first().innerText()).toContain(`"email": "${email}"`);
    const origin = new URL(page.url()).origin;
    expect(asked.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
    expect(trouble).toEqual([]);
  });
});
