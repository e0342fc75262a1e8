import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip, watchForTrouble } from './browser';
import { newPerson, signUp } from './people';

interface SentSpan {
  traceId: string;
  spanId: string;
  name: string;
}
interface Message {
  resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
}

describe.skipIf(reasonToSkip !== undefined)(`traces of the page${becauseOf(reasonToSkip)}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let trouble: string[];
  /** What the page's server says, here in its place: which share of the calls is to be traced. */
  let share: string | undefined;
  const calls: { name: string; traceParent: string | undefined }[] = [];
  const scripts: string[] = [];
  const spans: SentSpan[] = [];

  beforeAll(async () => {
    browser = await launch();
    ({ context, page } = await newDevice(browser));
    trouble = watchForTrouble(page);
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/assets/')) scripts.push(pathname);
    });
    await replaceServer();
  });

  afterAll(async () => {
    // What is still on its way has nobody left to be answered.
    await page?.unrouteAll({ behavior: 'ignoreErrors' });
    await context?.close();
    await browser?.close();
  });

  async function replaceServer(): Promise<void> {
    await page.route('**/*', async (route) => {
      const isPage = route.request().resourceType() === 'document';
      const { pathname } = new URL(route.request().url());
      if (!isPage && !pathname.startsWith('/api/')) return route.fallback();
      if (!isPage) calls.push({ name: pathname, traceParent: route.request().headers()['traceparent'] });
      const response = await route.fetch();
      const headers = { ...response.headers() };
      delete headers['server-timing'];
      delete headers['x-traces-share'];
      if (share !== undefined && !isPage) headers['x-traces-share'] = share;
      return route.fulfill({ response, headers });
    });
    await page.route('**/otlp/v1/traces', async (route) => {
      const message = route.request().postDataJSON() as Message;
      spans.push(...message.resourceSpans.flatMap((of) => of.scopeSpans.flatMap((scope) => scope.spans)));
      await route.fulfill({ status: 200, contentType: 'application/json', body: '{}' });
    });
  }

  test('no call is marked, and nothing is loaded for it, as long as nobody asks for traces', async () => {
    await signUp(page, newPerson());
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.filter(({ traceParent }) => traceParent !== undefined)).toEqual([]);
    expect(scripts.filter((script) => script.includes('tracer'))).toEqual([]);
  });

  test('each call is a span of the page, and its traceparent names it', async () => {
    share = '1';
    // The first answer says so; the next visit knows it from the start.
    await page.waitForLoadState('networkidle');
    await page.reload({ waitUntil: 'networkidle' });
    await expect.poll(() => page.evaluate(() => localStorage.getItem('onboarding.traces'))).toBe('1');
    calls.length = 0;
    await page.reload();
    await expect.poll(() => calls.length).toBeGreaterThan(1);
    const named = (): string[] => spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    const marked = calls.map(({ traceParent }) => traceParent);
    expect(marked).not.toContain(undefined);
    await expect.poll(named, { timeout: 10_000 }).toEqual(expect.arrayContaining(marked));
    expect(spans.map(({ name }) => name)).toContain('GET /api/onboarding');
    expect(scripts.some((script) => script.includes('tracer'))).toBe(true);
    expect(trouble).toEqual([]);
  });
});
