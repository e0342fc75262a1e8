import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { executable, FLAGS } from '../scripts/chromium.mjs';

/** `BASE_URL` as it was given to the runner. */
const FRONTEND_URL = process.env['FRONTEND_URL'] || undefined;

/** The same by a name: passkeys are bound to a domain, and browsers know that this one is the machine itself. */
export const NAMED_URL = FRONTEND_URL?.replace('//127.0.0.1', '//localhost');

/** Why the tests in a browser cannot run here; `undefined` where they can. */
export const reasonToSkip =
  executable === undefined
    ? 'no Chromium found (set CHROMIUM to its path)'
    : FRONTEND_URL === undefined
      ? 'BASE_URL is not set (the address of a running frontend)'
      : undefined;

/** Names the reason in the title of what is skipped. */
export const becauseOf = (reason: string | undefined): string => (reason ? ` (skipped: ${reason})` : '');

/** Starts a browser with a profile that is new and thrown away. */
export function launch(): Promise<Browser> {
  if (executable === undefined) throw new Error(reasonToSkip);
  return chromium.launch({ executablePath: executable, args: FLAGS });
}

/** A page on a device of its own: no cookie, no storage. */
export async function newDevice(
  browser: Browser,
  locale = 'en-GB',
  baseURL = FRONTEND_URL as string,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    baseURL,
    locale,
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(15_000);
  return { context, page: await context.newPage() };
}

/** Collects what must not be on a console: exceptions, and violations of the content security policy. */
export function watchForTrouble(page: Page): string[] {
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('console', (message) => {
    const refusedByService = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !refusedByService) trouble.push(message.text());
  });
  return trouble;
}
