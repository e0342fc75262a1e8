import type { Browser, Page } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, reasonToSkip } from '../e2e/browser';
import { opened } from '../e2e/people';
import { reasonToSkip as reasonForNoNginx, type Site, startSite } from '../nginx/site';
import { emptyCache, throttle, type Vitals, vitals, watch } from './measure';
import { type Row, writeReport } from './report';
import { AS_A_PERSON, AS_A_STRANGER, begin, type Visit } from './visits';

const ROUNDS = 3;
const LIMITS = { lcp: 2500, cls: 0.02, inp: 200 };
const PAGE = join(import.meta.dirname, '..', 'dist');

const reason = reasonToSkip ?? reasonForNoNginx();

describe.skipIf(reason !== undefined)(`the page on a slow phone${becauseOf(reason)}`, () => {
  let browser: Browser;
  let site: Site;
  const rows: Row[] = [];

  beforeAll(async () => {
    browser = await launch();
    const { load_balancer } = JSON.parse(readFileSync(process.env['CLUSTER_JSON'] as string, 'utf8'));
    site = await startSite({ balancers: [Number(new URL(load_balancer).port)], root: PAGE });
  });

  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    writeReport(rows, LIMITS, PAGE);
  });

  async function phone(): Promise<Page> {
    const { page } = await newDevice(browser);
    page.setDefaultTimeout(60_000);
    await page.setViewportSize({ width: 360, height: 740 });
    await watch(page);
    return page;
  }

  /** Loads the page as at a first visit, uses it, and gives what a person met. */
  async function meet(page: Page, visit: Visit): Promise<Vitals> {
    await emptyCache(page);
    await page.goto(`${site.base}${visit.path}`);
    await opened(page, visit.heading);
    await page.waitForLoadState('networkidle');
    await visit.use?.(page);
    return vitals(page);
  }

  test.each(AS_A_STRANGER)('$path', async (visit) => {
    const rounds = await inTurn(ROUNDS, async () => {
      const page = await phone();
      await throttle(page, true);
      const met = await meet(page, visit);
      await page.context().close();
      return met;
    });
    expect(kept(visit.path, rounds)).toEqual([]);
  });

  describe('under way', () => {
    let person: Page;

    beforeAll(async () => {
      person = await phone();
      await begin(person, site.base);
      await throttle(person, true);
    });

    test.each(AS_A_PERSON)('$path', async (visit) => {
      const rounds = await inTurn(ROUNDS, () => meet(person, visit));
      expect(kept(visit.path, rounds)).toEqual([]);
    });
  });

  /** Keeps the row for the report; gives what is beyond its limit. */
  function kept(path: string, rounds: Vitals[]): string[] {
    const row = {
      path,
      lcp: median(rounds.map(({ lcp }) => lcp)) ?? 0,
      cls: Math.max(...rounds.map(({ cls }) => cls)),
      tbt: median(rounds.map(({ tbt }) => tbt)) ?? 0,
      inp: median(rounds.flatMap(({ inp }) => inp ?? [])),
    };
    rows.push(row);
    return (['lcp', 'cls', 'inp'] as const)
      .filter((figure) => (row[figure] ?? 0) > LIMITS[figure])
      .map((figure) => `${figure} ${row[figure]}, at most ${LIMITS[figure]}`);
  }
});

/** Does the same `times` times, one after the other. */
async function inTurn<T>(times: number, each: () => Promise<T>): Promise<T[]> {
  if (times === 0) return [];
  const first = await each();
  return [first, ...(await inTurn(times - 1, each))];
}

/** `undefined` of nothing. */
function median(values: number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
