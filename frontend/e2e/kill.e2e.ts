import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { becauseOf, launch, newDevice, watchForTrouble } from './browser';
import { Cluster, reasonToSkip } from './cluster';
import { shoot } from './looks';
import { newPerson, opened, signUp } from './people';

const TEMPLATE = readFileSync(join(import.meta.dirname, 'templates', 'guided.toml'), 'utf8');

describe.skipIf(reasonToSkip !== undefined)(
  `the instance that serves a person is killed while they type${becauseOf(reasonToSkip)}`,
  () => {
    let browser: Browser;
    let cluster: Cluster;
    let page: Page;
    let trouble: string[];
    let serving = '';
    const failed: string[] = [];

    const noteAnswer = (answer: Response): void => {
      if (!answer.url().includes('/api/')) return;
      serving = answer.headers()['x-instance-id'] ?? serving;
      if (answer.status() >= 500) failed.push(`${answer.status()} ${answer.url()}`);
    };

    beforeAll(async () => {
      browser = await launch();
      cluster = await Cluster.start({ 'guided.v1.toml': TEMPLATE });
      ({ page } = await newDevice(browser, 'en-GB', cluster.frontend));
      trouble = watchForTrouble(page);
      page.on('response', noteAnswer);
      page.on('requestfailed', (request) => failed.push(`${request.failure()?.errorText} ${request.url()}`));
      await signUp(page, newPerson(), 'About yourself');
    }, 120_000);

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await shoot(page, `failed: ${task.name}`);
    });

    afterAll(async () => {
      await browser?.close();
      await cluster?.stop();
    }, 60_000);

    /** Types a text, half of it before and half after the instance that gave the last answer dies; then leaves the field. */
    async function typeOver(field: Locator, text: string): Promise<void> {
      const half = Math.ceil(text.length / 2);
      await field.fill('');
      await field.pressSequentially(text.slice(0, half), { delay: 20 });
      const name = serving;
      const pid = cluster.kill(name);
      await field.pressSequentially(text.slice(half), { delay: 20 });
      await field.press('Tab');
      await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
      await cluster.replaced(name, pid);
    }

    /** Leaves a field, and kills as soon as its text is on its way: perhaps the instance that has it. */
    async function killOnTheWay(field: Locator, text: string): Promise<void> {
      const name = serving;
      await field.fill(text);
      const killed = page
        .waitForRequest((request) => request.method() === 'PUT')
        .then(() => cluster.kill(name));
      await field.press('Tab');
      const pid = await killed;
      await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
      await expect.poll(unsent).toBe(0);
      await cluster.replaced(name, pid);
    }

    /** How many steps have text that only this browser has. */
    const unsent = (): Promise<number> =>
      page.evaluate(() => Object.keys(localStorage).filter((slot) => slot.includes('draft')).length);

    test.each([
      ['person', 'About yourself', 'Nickname', 'Countess', 'Your story', 'Once upon a time'],
      ['work', 'Your work', 'Area of work', 'Weaving by cards', 'Years of experience', '12'],
      [
        'rules',
        'House rules',
        'Anything else?',
        'A loom of my own',
        'Anything else?',
        'Two looms, and punched cards',
      ],
    ] as const)(
      'on the page %s: every letter is kept, and nothing is said to have failed',
      async (key, heading, first, text, second, other) => {
        await page.goto(`/onboarding/${key}`);
        await opened(page, heading);
        const field = (name: string) => page.getByLabel(name).first();
        await typeOver(field(first), text);
        await killOnTheWay(field(second), other);
        expect(await page.getByRole('alert').filter({ hasText: /\S/ }).count()).toBe(0);
        // Nothing is left in the browser, so what the page shows now comes from the service.
        await page.reload();
        await opened(page, heading);
        await expect.poll(() => field(second).inputValue()).toBe(other);
        expect(await field(first).inputValue()).toBe(first === second ? other : text);
        expect([...failed, ...trouble]).toEqual([]);
      },
    );
  },
);
