import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DIR = process.env['SCREENSHOT_DIR'];

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1440, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1440, height: 900 },
  { name: 'phone', colorScheme: 'light', width: 360, height: 740 },
  { name: 'phone-dark', colorScheme: 'dark', width: 360, height: 740 },
  { name: 'wide', colorScheme: 'light', width: 1920, height: 1080 },
] as const;

/** Each light on each size; all of them where pictures are asked for. */
const looks = DIR ? LOOKS : LOOKS.slice(0, 4);

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: Array<{ target: string[]; failureSummary: string }>;
}

/**
 * Looks at the page as it is now in each light and on each width: takes a picture where `SCREENSHOT_DIR` is set,
 * and gives what axe-core finds wrong, and whether anything is wider than the screen.
 */
export async function look(page: Page, name: string): Promise<string[]> {
  const findings: string[] = [];
  for (const { name: kind, colorScheme, ...size } of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    await painted(page, colorScheme);
    await shoot(page, `${name}-${kind}`);
    findings.push(...(await audit(page)).map((finding) => `${name}, ${kind}: ${finding}`));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) findings.push(`${name}, ${kind}: ${overflow} px wider than the screen`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1280, height: 800 });
  return findings;
}

/** Waits until the page has taken on the colours and is drawn in them. */
async function painted(page: Page, colorScheme: string): Promise<void> {
  // Pages that are not of Mantine follow the browser at once.
  if (await page.locator('html[data-mantine-color-scheme]').count()) {
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: 'attached' });
  }
  await page.evaluate(async () => {
    await document.fonts.ready;
    // A colour that is inherited changes level by level, each a short transition that starts when the one above ends.
    for (let still = 0; still < 2; still += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const running = document
        .getAnimations()
        .filter((animation) => animation.effect?.getTiming().iterations !== Infinity);
      if (running.length > 0) still = -1;
      await Promise.all(running.map((animation) => animation.finished.catch(() => undefined)));
    }
  });
}

/** A picture of the whole page, where `SCREENSHOT_DIR` asks for them. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!DIR) return;
  mkdirSync(DIR, { recursive: true });
  await page.screenshot({ path: join(DIR, `${name.replaceAll(/[^\w-]+/g, '-')}.png`), fullPage: true });
}

/** What axe-core has to say, one line for each kind of violation. */
async function audit(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (options: object) => Promise<{ violations: Violation[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await axe.run({ runOnly: { type: 'tag', values: tags } })).violations;
  });
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map(
      (node) => `${node.target.join(' ')} (${node.failureSummary.replaceAll('\n', ' ')})`,
    );
    return `${id}: ${help} at ${where.join('; ')}`;
  });
}
