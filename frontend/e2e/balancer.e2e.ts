import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Balancer, becauseOf, reasonToSkip, Upstream } from './balancer';
import { launch, watchForTrouble } from './browser';
import { look } from './looks';

describe.skipIf(reasonToSkip !== undefined)(`the balancer's own page${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let upstreams: Upstream[] = [];
  let balancer: Balancer;
  let trouble: string[];

  const row = (name: string): Locator =>
    page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  const text = (selector: string): Promise<string> => page.locator(selector).innerText();
  const dialog = (): Locator => page.getByRole('dialog');

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    trouble = watchForTrouble(page);
  });

  afterEach(async () => {
    await context.close();
    await balancer?.stop();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
    upstreams = [];
  });

  /** A balancer with so many servers, `backend-1` and so on, and its page. */
  async function open(count: number, token?: string, routes?: string): Promise<void> {
    upstreams = await Promise.all(Array.from({ length: count }, () => Upstream.start()));
    const servers = Object.fromEntries(
      upstreams.map((upstream, index) => [`backend-${index + 1}`, upstream]),
    );
    balancer = await Balancer.start(servers, token, routes);
    await page.goto(balancer.admin);
    await page.getByText('healthy', { exact: true }).waitFor();
  }

  test('errors of the balancer itself are counted, told in words, and lead to an explanation', async () => {
    await open(1);
    await page.getByText('All servers that should take traffic do').waitFor();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
    await balancer.until((status) => status.pools[0]?.servers[0]?.state !== 'up');
    const statuses = await balancer.ask(5, '/api/people/ada@example.com?secret=1');
    expect(statuses.every((status) => status >= 502)).toBe(true);
    await expect.poll(() => text('#errors')).toBe('5');
    expect(await text('#errors-own')).toBe('5 by the balancer itself');
    const verdict = await text('#verdict');
    expect(verdict).toContain('No server of pool backend can take traffic.');
    expect(verdict).toMatch(
      /Every request of the last .* failed, always with an answer of the balancer's own\./,
    );
    await page.getByText(/^since .*by (traffic|health checks): /).waitFor();
    const failed = page.getByRole('button', { name: 'GET /api/people/…' });
    await expect.poll(() => failed.count(), { timeout: 15_000 }).toBe(5);
    expect(await page.content()).not.toContain('secret');
    await failed.first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'GET /api/people/…' }).waitFor();
    await page.locator('#explanation').getByText('X-Request-Id').waitFor();
    expect(await look(page, '40-balancer-failing')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('what has happened, and the figures of the last minutes, survive a reload of the page', async () => {
    await open(3);
    await balancer.ask(40);
    await expect.poll(() => text('#requests-sum')).toMatch(/^40 in/);
    // A chart has a slot for each 5 s.
    const line = page.locator('#chart-requests polyline.all');
    await line.first().waitFor({ state: 'attached', timeout: 20_000 });
    await upstreams[0]?.stop();
    await page
      .locator('#event-list')
      .getByText(/backend-1 (is down|was put out by failing traffic)/)
      .first()
      .waitFor();
    await page.reload();
    await page.locator('#event-list').getByText('The load balancer has started').waitFor();
    await page
      .locator('#event-list')
      .getByText(/backend-1 (is down|was put out by failing traffic)/)
      .first()
      .waitFor();
    await line.first().waitFor({ state: 'attached' });
    expect(await text('#requests-sum')).toMatch(/^4\d in/);
    expect(await text('#p99')).toMatch(/^[\d.]+ (ms|s)$/);
    const labels = await page.locator('#chart-latency text').allTextContents();
    expect(labels.filter((label) => /^\d\d:\d\d$/.test(label)).length).toBeGreaterThan(1);
    await page.getByRole('img', { name: /^Requests and errors per second/ }).focus();
    await page.keyboard.press('ArrowLeft');
    expect(await text('#chart-requests .readout')).toMatch(/^\d\d:\d\d:\d\d: requests /);
    await page.getByRole('radio', { name: '15 min' }).first().check();
    await page.reload();
    expect(await page.locator('input[name="minutes"]:checked').inputValue()).toBe('15');
    expect(await look(page, '41-balancer-degraded')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('a server is drained by keyboard with its reason, and that is undone', async () => {
    await open(2);
    await page.getByRole('button', { name: 'Change backend-1' }).focus();
    await page.keyboard.press('Enter');
    await dialog()
      .getByRole('radio', { name: /^Active/ })
      .focus();
    await page.keyboard.press('ArrowDown');
    expect(await dialog().getByRole('alert').isVisible()).toBe(false);
    expect(await look(page, '42-balancer-change')).toEqual([]);
    await dialog().getByLabel('Reason').fill('disk is full');
    await page.keyboard.press('Enter');
    await page.getByText('backend-1 is being drained.').waitFor();
    await row('backend-1')
      .getByText(/^since .* by operator at 127\.0\.0\.1: disk is full$/)
      .waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      'Change backend-1',
    );
    expect(await look(page, '43-balancer-drained')).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await balancer.until((status) => status.pools[0]?.servers[0]?.admin_state === 'active');
    await page.getByText('Undone.').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    expect(trouble).toEqual([]);
  });

  test('taking the last server out is warned of, and a removed one comes back by undo', async () => {
    await open(2);
    await page.getByRole('button', { name: 'Change backend-2' }).click();
    await dialog()
      .getByRole('radio', { name: /^Remove/ })
      .check();
    await dialog().getByRole('button', { name: 'Apply' }).click();
    await page.getByText('backend-2 is removed.').waitFor();
    await expect.poll(() => row('backend-2').count()).toBe(0);
    await page.getByRole('button', { name: 'Change backend-1' }).click();
    await dialog().getByRole('radio', { name: /^Out/ }).check();
    await dialog()
      .getByText('No other server of pool backend can take traffic: without backend-1, every request fails.')
      .waitFor();
    await dialog().getByRole('button', { name: 'Apply' }).click();
    expect(await dialog().isVisible()).toBe(true);
    expect(await look(page, '44-balancer-last-server')).toEqual([]);
    await page.keyboard.press('Escape');
    expect((await balancer.status()).pools[0]?.servers[0]?.admin_state).toBe('active');
    await page.getByRole('button', { name: 'Undo' }).click();
    await row('backend-2').getByText('up', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Change backend-1' }).click();
    await dialog()
      .getByRole('radio', { name: /^Drain/ })
      .check();
    await dialog().getByLabel('Weight').fill('7');
    await dialog().getByRole('button', { name: 'Apply' }).click();
    await balancer.until(({ pools }) => pools[0]?.servers[0]?.weight === 7);
    expect(trouble).toEqual([]);
  });

  test('a circuit that has opened is told in words, in its row and in the events', async () => {
    const breaker = '{ consecutive_failures = 3, open_for = "1h" }';
    await open(
      2,
      undefined,
      `[[routes]]\npath = "/api/reports"\npool = "backend"\ncircuit_breaker = ${breaker}\n`,
    );
    const [broken] = upstreams;
    if (broken) broken.status = 500;
    await balancer.ask(10, '/api/reports');
    await page.getByText('The circuit of backend-1 on /api/reports is open.').waitFor();
    await row('backend-1').getByText('circuit open').waitFor();
    await row('backend-1')
      .getByText(/^on \/api\/reports since .*: 3 failures in a row; tried again in/)
      .waitFor();
    expect(await row('backend-2').getByText('circuit').count()).toBe(0);
    await page.locator('#event-list').getByText('The circuit of backend-1 has opened').waitFor();
    await page
      .locator('#routes')
      .getByText("a server's circuit opens after 3 failures in a row, or with 50 % of at least 20")
      .waitFor();
    expect(await look(page, '47-balancer-circuit')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('the token is asked for, and a wrong one is told', async () => {
    await open(2, 'sixteen-bytes-xyz');
    await page.getByRole('button', { name: 'Change backend-1' }).click();
    await dialog()
      .getByRole('radio', { name: /^Drain/ })
      .check();
    await dialog().getByRole('button', { name: 'Apply' }).click();
    await dialog().getByLabel('Admin token').fill('wrong-wrong-wrong');
    await page.keyboard.press('Enter');
    await dialog().getByText('That is not the token.').waitFor();
    expect(await look(page, '45-balancer-token')).toEqual([]);
    await dialog().getByLabel('Admin token').fill('sixteen-bytes-xyz');
    await page.keyboard.press('Enter');
    await page.getByText('backend-1 is being drained.').waitFor();
    expect(trouble).toEqual([]);
  });

  test('a balancer that is gone is told, with the time of what is shown', async () => {
    await open(1);
    await expect.poll(() => text('#updated')).toMatch(/^\d\d:\d\d:\d\d$/);
    await balancer.stop();
    await page
      .getByRole('alert')
      .filter({ hasText: /cannot be reached\. What is shown is as of \d\d:\d\d:\d\d\./ })
      .waitFor();
    await page.getByText('no connection').waitFor();
    expect(await page.locator('#verdict').isVisible()).toBe(false);
    expect(await look(page, '46-balancer-stale')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('nothing comes from elsewhere, and no script or style is inline', async () => {
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    await open(1);
    await expect.poll(() => page.locator('#limits li').count()).toBe(4);
    expect([...hosts]).toEqual([balancer.admin]);
    const policy = (await (await fetch(balancer.admin)).headers.get('content-security-policy')) ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(trouble).toEqual([]);
  });
});
