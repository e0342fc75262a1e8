// Takes the pictures of docs/pictures from a running system: `just screenshots`.
//
// BASE_URL is the address of the page, CLUSTER_JSON the file in which local-cluster says where everything is.
// A person signs up and comes to the second step; then the balancer answers requests while its own page is open.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { executable, FLAGS } from './chromium.mjs';

const OUT = resolve(import.meta.dirname, '../../docs/pictures');
const LOAD_SECONDS = 8;

const required = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`just screenshots\``);
  return value;
};
const page_url = required('BASE_URL');
const cluster = JSON.parse(readFileSync(required('CLUSTER_JSON'), 'utf8'));

/** A WebP of what is visible, about a quarter of a PNG's size. */
async function shoot(page, name) {
  await page.evaluate(() => document.fonts.ready);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  writeFileSync(join(OUT, `${name}.webp`), Buffer.from(data, 'base64'));
  console.log(`docs/pictures/${name}.webp`);
}

async function shootOnboarding(page) {
  await page.goto(`${page_url}/sign-up`);
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill(`ada.${Date.now()}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('analytical engine 1843');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('link', { name: 'Do this later' }).click();
  await page.getByRole('heading', { level: 1, name: 'Tell us about you' }).waitFor();
  await shoot(page, 'onboarding');
}

/** Asks again as soon as it was answered, until the time is over. */
async function ask(url, until) {
  if (Date.now() >= until) return;
  await (await fetch(url)).text();
  await ask(url, until);
}

async function shootBalancer(page) {
  await page.goto(cluster.admin);
  const until = Date.now() + LOAD_SECONDS * 1000;
  const clients = Array.from({ length: 8 }, () => ask(`${cluster.load_balancer}/api/health`, until));
  await Promise.all(clients);
  await shoot(page, 'load-balancer');
}

mkdirSync(OUT, { recursive: true });
const browser = await chromium.launch({
  executablePath: executable,
  args: FLAGS,
});
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 820 } });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await shootOnboarding(page);
  await page.setViewportSize({ width: 1200, height: 620 });
  await shootBalancer(page);
} finally {
  await browser.close();
}
