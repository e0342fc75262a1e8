import type { Page } from 'playwright-core';

/** Lighthouse's "slow 4G", and a processor four times slower than this one. */
const SLOW_4G = {
  offline: false,
  latency: 150,
  downloadThroughput: (1638.4 * 1000) / 8,
  uploadThroughput: (750 * 1000) / 8,
};
const CPU_SLOWDOWN = 4;

/** A task is long, and a person feels it, from here on (W3C Long Tasks). */
const LONG_TASK_MS = 50;

/** What a person meets while one page loads and is used: times in ms, CLS without a unit (web.dev/vitals). */
export interface Vitals {
  /** Largest Contentful Paint. */
  lcp: number;
  /** Cumulative Layout Shift: the sum over the whole time, without windows, so never less than CLS itself. */
  cls: number;
  /** Interaction to Next Paint: the slowest interaction, to 8 ms; `undefined` where there was none. */
  inp: number | undefined;
  /** Total Blocking Time: what long tasks take beyond 50 ms, from the first paint on. */
  tbt: number;
}

/** The page as on a slow phone in a slow network; `false` for the machine as it is. */
export async function throttle(page: Page, slow: boolean): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: slow ? CPU_SLOWDOWN : 1 });
  const network = slow
    ? SLOW_4G
    : { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  await session.send('Network.emulateNetworkConditions', network);
}

/** Forgets all files that the browser has kept, as at a first visit; cookies stay. */
export async function emptyCache(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
}

interface Seen {
  lcp: number;
  cls: number;
  inp: number;
  tbt: number;
  interactions: number;
}

/** Begins to watch every document that the page opens from now on. */
export async function watch(page: Page): Promise<void> {
  await page.addInitScript((longTask: number) => {
    const seen: Seen = { lcp: 0, cls: 0, inp: 0, tbt: 0, interactions: 0 };
    (window as unknown as { vitals: Seen }).vitals = seen;
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page, where nothing else of here is
    const observe = (type: string, each: (entry: never) => void, more: object = {}): void => {
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) each(entry as never);
      });
      observer.observe({ type, buffered: true, ...more });
    };
    observe('largest-contentful-paint', (entry: PerformanceEntry) => {
      seen.lcp = Math.max(seen.lcp, entry.startTime);
    });
    observe('layout-shift', (entry: { value: number; hadRecentInput: boolean }) => {
      if (!entry.hadRecentInput) seen.cls += entry.value;
    });
    observe('longtask', (entry: PerformanceEntry) => {
      seen.tbt += Math.max(0, entry.duration - longTask);
    });
    const interaction = (entry: PerformanceEventTiming & { interactionId?: number }): void => {
      if (!entry.interactionId) return;
      seen.interactions += 1;
      seen.inp = Math.max(seen.inp, entry.duration);
    };
    observe('event', interaction, { durationThreshold: 16 });
    observe('first-input', interaction);
  }, LONG_TASK_MS);
}

/** What was seen of the document that is open, once nothing loads any more. */
export async function vitals(page: Page): Promise<Vitals> {
  await page.waitForLoadState('networkidle');
  // Observers are told at leisure.
  await page.waitForTimeout(300);
  const seen = await page.evaluate(() => (window as unknown as { vitals: Seen }).vitals);
  return { lcp: seen.lcp, cls: seen.cls, tbt: seen.tbt, inp: seen.interactions ? seen.inp : undefined };
}
